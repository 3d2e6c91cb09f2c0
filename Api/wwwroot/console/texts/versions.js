// UI texts of ../files/versions.js and ../access/policy.js.
import { bytes, number, visible, when } from '../format.js'

const count = (n, one, many) => (n === 1 ? `one ${one}` : `${number(n)} ${many}`)

/** "a day", "3 days", "a month", "a year". @param {number} n @param {'hour' | 'day' | 'week'} unit */
function span(n, unit) {
  const known = { hour: { 24: 'a day', 168: 'a week' },
    day: { 7: 'a week', 30: 'a month', 31: 'a month', 365: 'a year' },
    week: { 4: 'a month', 52: 'a year', 53: 'a year' } }[unit][n]
  return known ?? (n === 1 ? `${unit === 'hour' ? 'an' : 'a'} ${unit}` : `${number(n)} ${unit}s`)
}

/**
 * What a policy keeps, in words.
 * @param {{last: number | null, hours: number, days: number, weeks: number, bytes: number | null}} policy
 */
export function keeps({ last, hours, days, weeks, bytes: most }) {
  const parts = [
    last === null ? 'as many as fit' : last > 0 && (last === 1 ? 'the last one' : `the last ${number(last)}`),
    hours > 0 && `one an hour for ${span(hours, 'hour')}`, days > 0 && `one a day for ${span(days, 'day')}`,
    weeks > 0 && `one a week for ${span(weeks, 'week')}`
  ].filter(Boolean)
  return (parts.join(', ') || 'none for longer than a day') + (most === null ? ''
    : `, at most ${bytes(most)} of each file`)
}

export const t = /** @type {const} */ ({
  tabs: 'About this file', about: 'About', versions: 'Versions',
  present: 'Present', restore: 'Restore', compare: (time) => `Compare with ${time}`,
  more: (time) => `More for ${time}`,
  open: 'Download', name: 'Name', rename: 'Change the name', unname: 'Remove the name', remove: 'Delete',
  showMore: 'Show earlier ones',
  by: (who, how) => (how ? `${who}, ${how}` : who), named: (name) => `“${visible(name)}”, kept`,
  lost: 'replaced by a concurrent upload', until: (at) => `until ${when(at)}`,
  how: {
    console: 'in the console', cu: 'by cu', rclone: 'by rclone', curl: 'by curl', dav: 'by WebDAV', tus: 'by tus',
    ietf: 'by an app',
    transfer: 'by a transfer', other: (program) => `by ${visible(program)}`
  },
  kept: (policy) => `Kept: ${keeps(policy)}.`,
  keptInTrash: 'Kept: what was replaced, as long as the trash keeps it.',
  change: 'Change',
  nameTitle: 'Name this version', nameText: 'A version with a name stays as long as the file.', nameField: 'Name',
  nameAct: 'Name it',
  removeTitle: (time) => `Delete the version of ${time}?`,
  removeText: 'It cannot be restored any more. Its space is freed soon.',
  diff: {
    with: ' with ', lines: (n) => `: ${count(n, 'line differs', 'lines differ')}`,
    same: ': no line differs', sides: 'Side by side', below: 'One below the other', region: 'What changed',
    skipped: (n) => `${count(n, 'line', 'lines')} the same`,
    tooLarge: 'Texts above 1 MiB are not compared here.', tooDifferent: 'Too much differs to show it line by line.',
    none: 'Only texts and pictures are compared here.'
  },
  policy: {
    title: (name) => `Versions in ${name}`, act: 'Versions', set: 'Set', remove: 'Remove the policy',
    text: 'What is kept of earlier contents of each file. A version is kept if any of the rules keeps it. Named '
      + 'versions are always kept.',
    last: 'The newest ones', hours: 'One an hour, for hours', days: 'One a day, for days',
    weeks: 'One a week, for weeks',
    bytes: 'At most, in MiB of each file', anyBytes: 'any',
    now: (policy) => `Now: ${keeps(policy)}.`,
    service: (policy) => `The policy of the service applies: ${keeps(policy)}.`,
    none: 'There is no policy: the trash keeps replaced files for its time.',
    uses: (size) => `Earlier versions take up ${bytes(size)} in this space.`,
    leaves: (n, size) => `${count(n, 'version', 'versions')} (${bytes(size)}) will be removed within a week.`,
    settles: (at) => `Until ${when(at)}, versions that existed when the policy was set are kept.`,
    stricter: 'Versions that a stricter policy removes are kept for seven more days.',
    folder: 'Only for this folder in it', wholeSpace: 'the whole space',
    ofFolder: (path, policy) => `${visible(path)}: ${keeps(policy)}.`,
    changed: (name) => `The policy of ${name} is saved.`,
    wrong: 'Enter whole numbers; at least one of them.'
  }
})
