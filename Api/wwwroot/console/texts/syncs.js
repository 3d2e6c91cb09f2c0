// UI texts of ../syncs. A pair has a left and a right side everywhere, also on a phone.
import { ago, bytes, bytesOf, duration, number, when } from '../format.js'
import { files, t as common } from './shell.js'
import { t as storage } from './storage.js'

const items = (count) => (count === 1 ? '1 item' : `${number(count)} items`)
const differences = (count) => (count === 1 ? '1 difference' : `${number(count)} differences`)
const are = (count, text) => `${text} ${count === 1 ? 'is' : 'are'}`

export const t = /** @type {const} */ ({
  ...common,
  ...storage,

  syncs: {
    title: 'Syncs', find: 'Search syncs', list: 'Pairs', filter: 'Pairs by state', new: 'New pair',
    filters: { all: 'All', needs_you: 'Needs you', waiting: 'Waiting', in_step: 'In sync', paused: 'Paused' },
    columns: { 'route-of': 'From and to', 'pair-of': 'Pair', 'state-of': 'State', watched: 'Watched',
      last: 'Last scan', acts: 'Actions' },
    state: {
      looking: 'Scanning', copying: 'Copying', in_step: 'In sync', waiting: 'Waiting', needs_you: 'Needs you',
      paused: 'Paused'
    },
    wait: {
      sign_in: 'for sign-in', quota: 'for quota', rate_limit: 'the storage asked for a pause',
      daily_limit: 'for the next day',
      window: 'for its window', space: 'for room', network: 'for the network', rights: 'for rights',
      worker: 'for a node'
    },
    watched: (count) => `${items(count)} watched`,
    once: 'once', every: (seconds) => `every ${duration(seconds)}`,
    leftOut: (count) => `but for ${items(count)} left out`,
    asks: (removals, conflicts) => [
      removals > 0 && `${are(removals, items(removals))} gone at once`, conflicts > 0 && differences(conflicts)
    ].filter(Boolean).join(', '),
    copied: (done, all, part, whole) => `${number(done)} of ${files(all)}, ${bytesOf(part, whole)}`,
    looked: (at) => `scanned ${ago(at)}`, notYet: 'not scanned yet', inStepAt: (at) => `in sync ${when(at)}`,
    empty: ['No folders are kept in sync',
      'A pair has a left and a right folder. Changes of the left folder are applied to the right one '
      + 'automatically, as long as the pair exists.'],
    nothing: 'Choose another filter above, or another part of a name.',
    none: ['None is in this state', 'Choose another filter above.'],
    open: 'Details', run: 'Scan now', dryRun: 'Dry run', end: 'End the pair', toList: 'Show all pairs',
    pauseOf: (name) => `Pause ${name}`, resumeOf: (name) => `Resume ${name}`, moreOf: (name) => `More for ${name}`,
    endTitle: (name) => `End ${name}?`, endText: 'Neither folder changes. Running copies are cancelled.',
    ended: (name) => `${name} has ended.`, actFault: 'It was not changed.', answered: 'Your answer is recorded.',
    gone: 'There is no such pair', goneHint: 'It has ended, or it is not yours.'
  },

  question: {
    title: 'What it asks', see: (count) => `See the ${number(count)}`,
    text: (removals, conflicts, both) => (conflicts === 0
      ? `${are(removals, items(removals))} gone from one side at once. Nothing is removed on the other side until `
        + `you decide.`
      : both ? `Both sides changed the same items: ${differences(conflicts)}. Nothing is replaced until you decide.`
        : `The right side was changed by somebody else. ${differences(conflicts)}: nothing is replaced until you `
          + `decide.`),
    restored: (count) => `A backup was restored, and ${are(count,
      items(count))} on one side only. Nothing is removed or brought back `
      + 'until you decide.',
    remove: 'Remove them', copy: 'Copy them to the other side',
    rest: 'Everything else continues.',
    removeToo: 'Remove them too', keepThere: 'Keep them there', asLeft: 'Make the right like the left',
    leave: 'Leave the right as it is', bringBack: 'Bring them back', keepLeft: 'Keep left', keepRight: 'Keep right',
    keepBoth: 'Keep both',
    leaveBoth: 'Leave them different',
    kinds: {
      removal: 'gone from the left', removal_at_left: 'gone from the right', both_changed: 'changed on both sides',
      both_new: 'new on both sides, and different',
      only_at_left: 'on the left only', only_at_right: 'on the right only',
      back_and_forth: 'was copied three times in each direction within ten minutes',
      file_and_folder: 'a file on one side, a folder on the other', changed_at_destination: 'changed on the right',
      removed_at_destination: 'removed on the right'
    },
    path: 'Path', why: 'What happened', more: (count) => `and ${number(count)} more`
  },

  conflict: {
    title: 'What differs', kept: 'What is replaced is kept first.', left: 'Left', right: 'Right', nothing: 'nothing',
    folder: 'a folder',
    newer: 'newer', larger: 'larger', compare: (name) => `Compare both of ${name}`,
    compareFault: 'They were not compared.',
    download: { left: 'Download the left one', right: 'Download the right one' },
    more: 'More are listed after you have decided these.',
    decisions: 'Decisions', underWay: 'being carried out', takenBack: 'The decision is taken back.',
    takenBackAt: (at) => `taken back ${when(at)}`, takeOther: 'Take the other one', askAgain: 'Ask me again',
    answers: { left: 'Kept the left', right: 'Kept the right', both: 'Kept both', leave: 'Left different' },
    by: { owner: 'by you', rule: 'by the rule' }
  },

  pair: {
    left: (name) => `Left: ${name}`, right: (name) => `Right: ${name}`, places: 'The two places',
    ways: { left_to_right: 'one way, left to right', both: 'two ways' },
    since: (at) => `since ${when(at)}`, followed: 'the source',
    follows: 'the target; items that exist only here stay',
    each: 'its changes are also applied to the other side',
    figures: { items: 'In sync', leftOut: 'Left out', looked: 'Last scan', failing: 'Not copied' },
    noFailing: 'nothing failed', triedAgain: 'tried again by itself', leftOutHint: 'links, patterns, temporary files',
    itemsHint: 'files and folders',
    changes: 'Changes', noChanges: 'Nothing has happened yet.', newest: 'the last 30 days', more: 'Show more',
    time: 'Time', path: 'Path', what: 'What', top: 'top folder',
    kinds: {
      made: 'Made', copied: 'Copied', not_copied: 'Not copied', moved: 'Moved', removed: 'Removed', failed: 'Failed',
      left: 'Left as it is', in_step: 'In sync', waiting: 'Waiting', needs_you: 'Needs you', pause: 'Paused',
      resume: 'Resumed',
      run: 'Scanned on demand', apply: 'Decided: the left counts', leave: 'Decided: leave it',
      right: 'Decided: the right counts',
      both: 'Decided: keep both', taken_back: 'Decision taken back'
    },
    failing: 'Not copied', failingHint: 'The pause grows with each failure; “Scan now” tries immediately.',
    again: (at) => `again ${when(at)}`,
    rules: 'Rules', way: 'Way',
    rulesOf: {
      left_to_right: [['Changed on the right', 'ask me'], ['Removed on the left', 'removed on the right, and kept']],
      both: [['Removed', 'removed on the other side, and kept'], ['Changed and removed', 'the change stays']]
    },
    bothChanged: 'Both changed',
    conflictRules: {
      ask: 'ask me', newer: 'the newer counts', larger: 'the larger counts', left: 'the left counts',
      right: 'the right counts',
      both: 'keep both'
    },
    above: 'Ask above', aboveOf: '25 % or 50 items at once', only: 'Only',
    not: 'Left out',
    usual: 'temporary files', speed: 'Bandwidth', noLimit: 'no limit', look: 'Scan', made: 'Made'
  },

  plan: {
    title: (name) => `What a run of ${name} would do`, nothing: 'Nothing: both sides agree.',
    lines: {
      copies: (count, size) => `${files(count)} copied, ${bytes(size)}`,
      folders: (count) => (count === 1 ? '1 folder made' : `${number(count)} folders made`),
      moves: (count) => `${items(count)} moved`, removals: (count) => `${items(count)} removed on the right`,
      conflicts: (count) => `${differences(count)} asked about`, adopts: (count) => `${items(count)} found the same`
    },
    asks: 'You would be asked before anything is removed.',
    steps: { make_folder: 'Folder', copy: 'Copy', move: 'Move', remove: 'Remove' },
    from: (path) => `from ${path}`, more: (count) => `and ${number(count)} more`
  },

  make: {
    title: 'New pair', steps: ['Left', 'Right', 'Rules'], stepLabel: 'Steps',
    step: (count, word) => `${count} of 3, ${word}`, stepWords: ['source folder', 'target folder', 'rules'],
    left: 'Left', right: 'Right', rules: 'Rules', name: 'Name of the pair',
    nameOf: (left, right) => `${left} to ${right}`,
    include: 'Only these', exclude: 'Not these', patternHint: '*.tmp, old/*',
    patternText: 'Patterns with * and ?, separated by commas. '
      + 'Without “/” they are compared with names, else with paths below the left folder.',
    bandwidth: 'Bytes a second', bandwidthHint: '20M, or 08:00,stop 18:00,10M',
    picked: (count, name) => `${items(count)}${name ? ` in ${name}`
      : ''} are kept in sync, and nothing else of their folder.`,
    wholeFolder: 'Choose a folder instead', itemsOf: (count) => `${items(count)}`,
    exports: 'Google documents', exportFormats: [['office', 'As files of Word, Excel and PowerPoint'],
      ['open_document', 'As files of LibreOffice'], ['pdf', 'As PDF'], ['none', 'Left out']],
    when: 'When it scans',
    whens: [['often', 'As often as suits both storages'], ['interval', 'At a fixed interval'],
      ['cron', 'At certain times'],
      ['once', 'Once: then it pauses']],
    interval: 'Seconds between two scans', intervalHint: '30',
    cron: 'Minutes, hours, day of the month, month, day of the week', cronHint: '30 2 * * MON-FRI',
    swap: 'Swap left and right', back: 'Back', next: ['Next: target folder', 'Next: rules'], act: 'Keep in sync',
    busy: 'Scanning both folders',
    noLeft: 'Choose the left folder.', noRight: 'Choose the right folder.',
    same: 'Choose two separate folders.',
    ways: [['left_to_right', 'One way: items that exist only on the right stay'],
      ['both', 'Two ways: changes of each side are applied to the other']],
    way: 'Way', conflicts: 'When both sides changed a file',
    conflictRules: [['ask', 'Ask me'], ['newer', 'The newer one counts'], ['larger', 'The larger one counts'],
      ['left', 'The left one counts'], ['right', 'The right one counts'], ['both', 'Keep both']],
    sum: (left, right, both) => (both ? `Changes in ${left} are applied to ${right}, and vice versa.`
      : `Changes in ${left} are applied to ${right}. Items that exist only in ${right} stay.`),
    alone: 'Two folders of this service can be kept in sync. Connect Google Drive, OneDrive or an S3 bucket to '
      + 'keep a folder there in sync with one here. The operator can add folders of its machine '
      + '(Connections:Folders).',
    fault: 'The pair was not made.'
  }
})
