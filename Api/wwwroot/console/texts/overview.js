// UI texts of ../overview.
import { bytes, duration, number } from '../format.js'
import { t as common } from './shell.js'

const uploads = (count) => (count === 1 ? '1 upload' : `${number(count)} uploads`)

export const t = /** @type {const} */ ({
  ...common,

  overview: {
    title: 'Overview', now: 'Now',
    active: 'Active uploads', begun: (count) => `${number(count)} begun in 24\u00a0h`,
    speed: 'Accepted now', peak: (speed) => `peak ${speed}`,
    success: 'Succeeded, 24\u00a0h', successOf: (done, all) => (all === 0 ? 'none has ended'
      : `${number(done)} of ${number(all)}`),
    today: 'Accepted today',
    than: (change, day) => (change >= 1000 ? `${number(Math.round(change / 100) + 1)} × last ${day}`
      : `${change > 0 ? '+' : change < 0 ? '−' : '±'}${number(Math.abs(change))}\u00a0% on last ${day}`),
    noBefore: (day) => `nothing last ${day}`,
    saved: 'Saved by resuming',
    breaks: (count) => `${count === 0 ? 'no break' : count === 1 ? '1 break'
      : `${number(count)} breaks`} in 24\u00a0h`,
    store: 'Store', storeOf: (used) => `${used} used`, unknown: 'not known',
    needs: 'Needs you', problems: 'History of problems', nothing: 'Nothing needs you.',
    more: (count) => `Show ${number(count)} more`,
    chart: 'Accepted, last 24\u00a0h', chartLabel: 'Accepted bytes per second over the last 24 hours',
    cuts: 'Requests broken per 10\u00a0min', cutsLabel: 'Requests that broke, of uploads that ended',
    perSecond: 'Accepted per second',
    asTable: 'Show as a table', time: 'Time',
    recent: 'Recent', history: 'History', noneYet: 'No upload has ended yet',
    noneYetHint: 'Drop a file on the Upload page to begin.',
    done: (size) => `done, ${size}`, ended: { failed: 'failed', cancelled: 'cancelled', expired: 'expired' },
    fault: 'The figures could not be loaded.', notYours: 'Only operators see the overview',
    notYoursHint: 'Ask the operator of this service.',
    stale: 'The service does not answer.',
    staleText: (at, next) => `This page shows the state of ${at}. Next try in ${next}\u00a0s.`
  },
  problem: {
    writes: 'No writes', database: 'No database', full: 'Nearly full', failed: 'Failed', late: 'Overdue',
    breaking: 'Breaking',
    ends: 'Ends soon', ended: 'Ended', paused: 'Paused', checker: 'Checker away', damaged: 'Damaged', isFull: 'Full',
    store: 'The store', ledger: 'The database', certificate: 'The TLS certificate', tenant: 'This tenant',
    work: 'Work waits', workLead: 'Nothing is worked on.', nodes: 'See the nodes',
    bucket: 'Bucket', bucketLead: 'The bucket cannot be used.',
    takesNone: (why) => `cannot be written: ${why}`,
    room: (free, all) => `has ${bytes(free)} free of ${bytes(all)}.`,
    job: (when, why) => `${when}: ${why}`, overdue: (time) => `has been due for ${time}. Is Jobs:Enabled on?`,
    uploads: (count, most) => `did not finish in 24\u00a0h${most ? `, most often: ${most}` : ''}.`,
    uploadsLead: uploads,
    breaks: (count) => `broke ${number(count)} times in a row. What is safe stays safe.`,
    ending: (seconds) =>
      (seconds > 0 ? `received nothing for long; the first expires in ${duration(seconds)}.`
        : 'received nothing for too long.'),
    certificateEnds: (at, ahead) =>
      `${ahead ? 'ends' : 'ended'} ${at}. Replace its file; the service then reads the new one by itself.`,
    limits: { storedBytes: 'stored bytes', files: 'files', openUploads: 'unfinished uploads' },
    used: (word, used, limit) => `has ${used} of ${limit} ${word}.`,
    hook: (since) => `${since ? `has received nothing since ${since}`
      : 'receives nothing'}: its address failed for too long.`,
    checks: (count) => `${count === 1 ? 'waits' : 'wait'} for a verdict of the checker; what is safe stays safe.`,
    files: (count) => (count === 1 ? '1 file' : `${number(count)} files`),
    quarantined: (count) => `${count === 1 ? 'is' : 'are'} damaged and no longer served.`,
    settings: 'See the settings', seeLimits: 'See the limits',
    health: 'See health', run: 'See the run', jobs: 'See the jobs', show: 'Show them', one: 'Show it'
  }
})
