// UI texts of ../uploads.
import { bytes, duration, number } from '../format.js'
import { t as common } from './shell.js'
import { limitedBy } from './advice.js'
import { causes } from './causes.js'
import { t as upload } from './upload.js'

export const t = /** @type {const} */ ({
  ...common,
  ...upload,

  uploads: {
    title: 'All uploads', filter: 'Filter by state', find: 'Search uploads',
    filters: {
      unfinished: 'Unfinished', uploading: 'Open', paused: 'Paused', verifying: 'Verifying', done: 'Done',
      failed: 'Ended early'
    },
    protocol: { session: 'chunks', put: 'one request', tus: 'tus', ietf: 'IETF', transfer: 'transfer' },
    sorts: { '-createdAt': 'Newest first', createdAt: 'Oldest first', name: 'By name', '-size': 'Largest first' },
    broke: (count) => (count === 1 ? 'broke off once' : `broke off ${number(count)} times`),
    brokeLast: (count) => (count === 1 ? 'the last try broke' : `${number(count)} tries broke`),
    noByte: (when) => `last byte ${when}`, noByteYet: 'no byte yet', unknown: ' safe, size not known yet',
    sum: (count, speed) => [`${count} ${count === '1' ? 'upload' : 'uploads'}`, speed].filter(Boolean).join(', '),
    first: (count) => `The first ${number(count)}`,
    actFault: 'The upload was not changed.',
    emptyTitle: 'No uploads run', empty: 'New uploads appear here by themselves. Send a file from a terminal:',
    none: 'There are none', noneHint: 'Choose another filter above, or another part of a name.'
  },
  detail: {
    copyId: 'Copy the id', started: (at, ago) => `started ${at}, ${ago}`,
    safe: 'Safe', speed: 'Speed', left: 'Left', broke: 'Broke off', lost: 'Lost in breaks',
    saved: 'Saved by resuming',
    speeds: (average, peak) => [average && `mean ${average}`, peak && `peak ${peak}`].filter(Boolean).join(', '),
    about: (at) => `about ${at}`, inARow: (count) => `${number(count)} in a row`, noneInARow: 'not the last request',
    ofAll: (share) => `${share} of what came`, fromBroken: 'kept from broken requests',
    by: (name) => `by ${name}`, kept: (at) => `kept until ${at} unless a byte comes`,
    took: (time) => `took ${time}`, done: 'all of it',
    map: 'Chunks', recolour: 'Colours show', byState: 'State', byAge: 'Age', byTries: 'Tries',
    cellIs: (size) => `a cell is ${size}`,
    ageHint: 'Deeper is newer.', triesHint: 'Paler took more tries.',
    broken: 'Broke off here', cell: (index, offset, length) =>
      `Cell ${number(index + 1)} at ${bytes(offset)}, ${bytes(length)}`,
    chunk: (length, tries) => `chunk of ${bytes(length)}, ${tries === 1 ? '1 try' : `${number(tries)} tries`}`,
    network: 'Network', link: 'Link', lostTime: (time) => `${time} lost per request`, breaks: 'Breaks',
    client: 'Client', way: 'Protocol', type: 'Type',
    rate: (bitsPerSecond) => `${(bitsPerSecond / 1e6).toPrecision(3)}\u00a0Mbit/s`,
    every: (seconds) => `one per ${duration(seconds)}`, noBreak: 'none seen', notMeasured: 'not measured yet',
    advice: 'Advice', confidence: (word) => `confidence ${word}`,
    noAdvice: 'Nothing was advised: no request has brought bytes yet.',
    notAdvised: 'Nothing was advised.',
    of: (streams, size) => `${streams} × ${bytes(size)}`,
    limitedBy,
    timeline: 'Timeline', newest: 'newest first',
    speedChart: 'Speed and chunk size', speedLabel: 'Bytes per second that became safe, over the time of the upload',
    chunkSize: 'Chunk size', asTable: 'Show as a table',
    classes: { slow: 'slow', medium: 'medium', fast: 'fast', steady: 'steady', unsteady: 'unsteady',
      unstable: 'unstable' },
    requests: 'Requests', filters: { all: 'All', broken: 'Broke off' }, moreRequests: 'Show more', time: 'Time',
    bytesAt: 'Bytes',
    requestsOf: (count, broken) => [number(count), broken > 0 && `${number(broken)} broke off`].filter(Boolean)
      .join(', '),
    answer: 'Answer', accepted: (tries) => (tries > 1 ? `Safe, ${number(tries)} tries` : 'Safe'),
    keptHead: 'Kept', tookHead: 'Took', noneBroke: 'None broke off.', noRequest: 'No request has ended yet.',
    onlyBroken: 'None broke off. Those that went well are listed for chunks only.',
    story: {
      created: 'Created', first: 'First byte', completed: 'Done', paused: 'Paused', resumed: 'Resumed',
      takeover: 'Taken over',
      completing: 'All bytes are safe', failed: 'Failed', expired: 'Expired', cancelled: 'Cancelled',
      deleted: 'Deleted',
      checking: 'Checking', broke: 'Broke off', open: 'Open'
    },
    createdWith: (size, way) => [size === null ? 'size not known yet' : bytes(size), way].join(', '),
    keptOf: (kept, came) => `${bytes(kept)} of ${bytes(came)} kept`,
    gone: 'There is no such upload', goneHint: 'It was removed, or it is not yours.', toList: 'Show all uploads',
    noMap: 'No byte has arrived yet.',
    kinds: (kind) => causes[kind] ?? kind.replaceAll(/[_-]/g, ' ')
  }
})
