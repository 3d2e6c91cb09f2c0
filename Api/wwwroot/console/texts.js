// Every text that a person reads. Plain verbs; "safe" is only said of bytes that the service has acknowledged.
import { bytes, bytesOf, countdown, duration, exactBytes, number, when } from './format.js'

const files = (count) => (count === 1 ? '1 file' : `${number(count)} files`)
const items = (count) => (count === 1 ? '1 item' : `${number(count)} items`)
const retries = (count) => (count === 0 ? 'no retries' : count === 1 ? '1 retry' : `${number(count)} retries`)
const folders = (count) => (count === 1 ? '1 folder' : `${number(count)} folders`)

export const t = {
  skip: 'Skip to the content',
  back: 'Back',
  again: 'Try again',
  cancel: 'Cancel',
  close: 'Close',
  copy: 'Copy',
  copied: 'Copied',
  undo: 'Undo',
  curl: 'Copy as curl',
  theme: 'Light or dark',
  screenFault: 'This page could not be loaded.',
  nav: {
    main: 'Main', upload: 'Upload', files: 'Files', operate: 'Operate', service: 'Service', uploads: 'Uploads', jobs: 'Jobs',
    health: 'Health', terminal: 'Terminal and apps', api: 'API', more: 'More'
  },
  me: {
    nobody: 'This machine', key: 'Operator key', signedIn: 'Signed in',
    roles: { operator: 'Operator', admin: 'Administrator', member: 'Member', viewer: 'Viewer' },
    open: 'No sign-in needed', signOut: 'Sign out'
  },
  find: { open: 'Search', hint: 'Search files' },
  live: {
    live: 'Live',
    offline: 'Offline',
    late: (seenAt) => `Last seen ${duration((Date.now() - seenAt) / 1000)} ago`
  },
  away: { title: 'The service does not answer', text: 'This page goes on by itself when it does.' },
  signedOut: { lead: 'You are signed out.', text: 'Uploading stops until you sign in again; nothing is lost.', act: 'Sign in' },

  drop: {
    title: 'Drop files or folders here',
    big: 'Any size. If the network breaks, the upload goes on where it stopped.',
    how: 'Drop files or folders anywhere on this page, or paste.',
    goes: 'They go to ',
    top: '/ (the top folder)',
    files: 'Choose files',
    folder: 'Choose folder',
    release: 'Let go to upload',
    chooseTarget: 'Change where they go',
    reading: 'Reading the folder',
    nothing: 'There is no file in it.'
  },
  ways: {
    terminal: { title: 'From a terminal', text: 'One command sends a file.' },
    app: { title: 'From an app', text: 'Any tus client, such as Uppy or TUSKit.' },
    more: { title: 'In chunks, or in your own program', text: 'Examples with curl, and every call of the API.', act: 'Show how' }
  },
  plain: {
    lead: 'This address is not https.',
    text: 'The browser then offers no file handles and no fast SHA-256: hashing is slower, and after a reload you may have to choose '
      + 'large files again. What is safe stays safe.'
  },
  offline: {
    lead: 'This device is offline.',
    text: (safe) => `${bytes(safe)} are safe on the server. Uploading goes on by itself when the network is back.`
  },
  tryNow: 'Try now',
  foot: 'You may close this page. What is safe stays safe, and the rest goes on when you come back.',
  footOfTab: 'Keep this page open: this browser keeps nothing of it. What is safe stays safe on the server.',
  clear: 'Clear finished',
  moreWait: (count) => `${number(count)} more wait in the queue.`,

  sum: {
    safe: (safe, all) => `${bytesOf(safe, all)} safe`,
    files: (count, share) => `${files(count)}, ${share}`,
    total: 'total', left: 'left', pause: 'Pause all', resume: 'Resume all'
  },
  state: {
    waiting: 'Waiting', uploading: 'Uploading', paused: 'Paused', offline: 'No connection', held: 'Waiting', 'signed-out': 'Signed out',
    verifying: 'Verifying', done: 'Done', failed: 'Failed', choose: 'Choose again', cancelled: 'Cancelled', elsewhere: 'In another tab'
  },
  reason: {
    waiting: 'in the queue',
    resent: (count) => (count === 1 ? '1 request sent again' : `${number(count)} requests sent again`),
    paused: 'by you',
    pausedElsewhere: 'by someone else; what is safe stays safe',
    tries: (count) => `${ordinal(count)} try; what is safe stays safe`,
    signedOut: 'goes on when you have signed in',
    verifying: 'all bytes are safe',
    choose: (safe) => (safe > 0 ? `the browser lost it; ${bytes(safe)} stay safe` : 'the browser lost it'),
    cancelled: 'in another place',
    done: (size, took, count) => `${bytes(size)} in ${took}, ${retries(count)}`,
    changed: 'the file changed while it was sent',
    unfiled: (why) => `kept without a place: ${why}`
  },
  row: {
    safe: (safe, all) => [bytesOf(safe, all), ' safe'],
    allSafe: (all) => [bytes(all), ' all safe'],
    peak: (speed) => `peak ${speed}`,
    left: 'left', next: 'next try', none: '–',
    pause: (name) => `Pause ${name}`, resume: (name) => `Resume ${name}`, cancel: (name) => `Cancel ${name}`,
    remove: (name) => `Remove ${name} from this list`, open: (name) => `Details of ${name}`,
    choose: 'Choose', send: 'Send again', show: 'Show in Files', link: 'Copy link', sha: 'SHA-256', pending: 'being computed',
    progress: (name) => `Progress of ${name}`
  },
  cancelUpload: {
    title: (name) => `Cancel ${name}?`,
    text: (safe) => (safe > 0
      ? `${bytes(safe)} that are safe on the server are deleted. This cannot be undone.` : 'Nothing of it has arrived yet.'),
    keep: 'Keep uploading', yes: 'Cancel and delete'
  },
  chooseAgain: {
    wrong: (name, size) => `This is not the same file. It must be ${name} with ${exactBytes(size)}, unchanged.`
  },
  map: {
    name: (name) => `Map of ${name}. Use the arrow keys to look at single cells.`,
    safe: 'Safe', way: 'On the way', again: 'Sending again', failed: 'Failed', waiting: 'Waiting', soft: 'Partly safe',
    cell: (index, offset, length, state) => `Cell ${number(index + 1)} at ${bytes(offset)}, ${bytes(length)}: ${state}`
  },
  advice: {
    first: 'The first chunks show what the link can do.',
    of: (streams, size) => `${streams} × ${bytes(size)}:`
  },
  conflict: {
    title: (count) => (count === 1 ? 'The name is taken' : `${number(count)} names are taken`),
    text: (path) => `There is something at ${path} already.`,
    and: (count) => `And ${number(count)} more.`,
    replace: 'Replace', keep: 'Keep both', skip: 'Skip',
    note: 'What is replaced lies in the trash for a while. The answer is for all of them.'
  },

  files: {
    title: 'Files', trash: 'Trash', top: 'Files',
    newFolder: 'New folder', upload: 'Upload', name: 'Name', size: 'Size', modified: 'Modified', owner: 'Added by',
    all: 'Select all', pick: (name) => `Select ${name}`, open: (name) => `Show ${name}`,
    selected: (count) => `${number(count)} selected`,
    sum: (folderCount, fileCount, total) =>
      [folderCount > 0 && folders(folderCount), fileCount > 0 && `${files(fileCount)}, ${bytes(total)}`].filter(Boolean).join(', ')
        || 'Empty',
    arriving: (count) => `${number(count)} arriving`,
    moreRows: 'Show more',
    zip: 'Download ZIP', zipShort: 'ZIP', download: 'Download', move: 'Move', rename: 'Rename', remove: 'Delete', details: 'Details',
    closeSelection: 'Clear the selection',
    emptyTitle: 'Nothing here yet', empty: 'Drop files or folders on this page, or send them from a terminal:',
    found: (count, text, more) => `${number(count)}${more ? '+' : ''} found for “${text}”`,
    none: (text) => `Nothing is called “${text}”`, noneHint: 'Names are searched in this folder and all folders below it.',
    short: 'Type at least 3 characters.',
    fault: 'The list could not be loaded.',
    noFolder: 'There is no such folder', noFolderHint: 'It was moved, renamed or deleted.', toTop: 'Go to the top folder',
    folderName: 'Name of the folder', newName: 'New name', make: 'Make folder', renameTitle: (name) => `Rename ${name}`,
    moveTitle: (count, name) => (count === 1 ? `Move ${name}` : `Move ${items(count)}`),
    moveHere: 'Move here', goesTo: 'Upload to', choose: 'Use this folder', into: (path) => `Into ${path}`,
    folderEmpty: 'No folders in it.',
    link: (target) => `Link to ${target}`,
    folder: 'Folder'
  },
  removed: {
    lead: (count, name) => (count === 1 ? name : items(count)),
    text: (count) => `${count === 1 ? 'is' : 'are'} in the trash.`
  },
  restored: { text: 'is back in its place.' },
  failedSome: (count, sentence) => `${items(count)} could not be changed. ${sentence}`,
  moved: { text: (place) => `moved to ${place}` },
  panel: {
    type: 'Type', size: 'Size', modified: 'Modified', owner: 'Added by', arrived: 'Arrived', version: 'Version', id: 'Id',
    sha: 'SHA-256', computing: 'It is being computed.', none: 'No preview', download: 'Download', more: 'More',
    items: 'Items', close: 'Close the details', copySha: 'Copy the SHA-256', curl: 'From a terminal', cut: (shown, all) =>
      `The first ${bytes(shown)} of ${bytes(all)}`
  },
  trash: {
    was: 'Was in', removed: 'Deleted', by: 'by', freed: 'Freed', restore: 'Restore', forever: 'Delete for good', empty: 'Empty the trash',
    emptyTitle: 'The trash is empty', emptyText: 'What you delete or replace stays here for a while.',
    earlier: (version) => `version ${version}`, lost: 'its folder is gone',
    foreverTitle: (name) => `Delete ${name} for good?`, foreverText: 'It cannot be restored any more. Its space is freed soon.',
    allTitle: 'Empty the trash?', allText: 'Nothing in it can be restored any more. Its space is freed soon.',
    keep: 'Keep', soon: (at) => when(at), restoreTo: 'Restore to', restoreTitle: (name) => `Restore ${name}`,
    restoreFault: 'Its folder is gone, or its name is taken. Choose another place.'
  },
  jobs: {
    title: 'Jobs', filter: 'Filter by state', job: 'Job', schedule: 'Schedule, UTC', last: 'Last run', next: 'Next', acts: 'Actions',
    filters: { all: 'All', running: 'Running', failed: 'Failed', paused: 'Paused' },
    state: {
      running: 'Running', succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Cut off', paused: 'Paused', waiting: 'Not run yet'
    },
    hangfire: 'Hangfire',
    lastFew: (count) => `Last ${count}`,
    lastRuns: (count, failed) => `Last ${count} runs: ${failed} failed`,
    cron: (expression) => `${expression} (seconds, minutes, hours, day, month, weekday; UTC)`,
    daily: (time) => `daily ${time}`, onDays: (days, time) => `${days} ${time}`, everyMinute: 'every minute',
    everyMinutes: (count) => `every ${count}\u00a0min`, hourly: (minute) => `hourly at :${minute}`,
    everyHours: (count, minute) => `every ${count}\u00a0h at :${minute}`,
    run: 'Run now', runName: (name) => `Run ${name} now`, pauseWord: 'Pause', resumeWord: 'Resume',
    pause: (name) => `Pause ${name}`, resume: (name) => `Resume ${name}`, more: (name) => `More for ${name}`,
    seeRuns: 'See the runs',
    soon: 'begins in a moment',
    since: (time) => `for ${time}`,
    after: (at, time) => `${at}, after ${time}`,
    progress: (done, total, what) =>
      [total === null ? `${number(done)} done` : `${number(done)} of ${number(total)}`, what].filter(Boolean).join(', '),
    pulse: (when) => `The last run ended ${when}`,
    nothingRuns: 'No jobs run.',
    overdue: (name, time) => `${name} has been due for ${time}. Look at the service's log and whether Jobs:Enabled is on.`,
    fault: 'The jobs could not be loaded.', actFault: (name) => `${name} is as it was.`,
    none: {
      all: 'There are no jobs', running: 'No job runs now', failed: 'No job has failed in its last run', paused: 'No job is paused'
    },
    noneHint: 'Jobs run by their schedules; each can be run by hand, too.',
    notYours: 'Only operators see the jobs', notYoursHint: 'Ask who runs this service.',
    unknown: 'There is no such job', unknownHint: 'The page before lists all of them.',
    runs: 'Runs', older: 'Show older runs', began: 'Began', result: 'Result', took: 'Took', deed: 'What it did', byHand: 'by hand',
    noRuns: 'It has not run yet', noRunsHint: 'Run it now, or wait for its schedule.'
  },

  uploads: {
    title: 'Uploads', filter: 'Filter by state', find: 'Search uploads',
    filters: {
      unfinished: 'Unfinished', uploading: 'Open', paused: 'Paused', verifying: 'Verifying', done: 'Done', failed: 'Ended early'
    },
    state: {
      uploading: 'Uploading', waiting: 'Waiting', broken: 'No connection', paused: 'Paused', completing: 'Verifying', completed: 'Done',
      failed: 'Failed', cancelled: 'Cancelled', expired: 'Expired', deleted: 'Deleted'
    },
    protocol: { session: 'chunks', put: 'one request', tus: 'tus', ietf: 'IETF' },
    sorts: { '-createdAt': 'Newest first', createdAt: 'Oldest first', name: 'By name', '-size': 'Largest first' },
    broke: (count) => (count === 1 ? 'broke off once' : `broke off ${number(count)} times`),
    brokeLast: (count) => (count === 1 ? 'the last request broke off' : `the last ${number(count)} requests broke off`),
    noByte: (when) => `last byte ${when}`, noByteYet: 'no byte yet', unknown: ' safe, size not known yet',
    sum: (count, speed) => [`${count} ${count === '1' ? 'upload' : 'uploads'}`, speed].filter(Boolean).join(', '),
    first: (count) => `The first ${number(count)}`,
    actFault: 'The upload is as it was.',
    emptyTitle: 'No uploads run', empty: 'What anybody sends shows up here by itself. Send something from a terminal:',
    none: 'There are none', noneHint: 'Choose another filter above, or another part of a name.'
  },
  detail: {
    copyId: 'Copy the id', started: (at, ago) => `started ${at}, ${ago}`,
    safe: 'Safe', speed: 'Speed', left: 'Left', broke: 'Broke off', requests: 'Requests', ends: 'Kept until',
    speeds: (average, peak) => [average && `mean ${average}`, peak && `peak ${peak}`].filter(Boolean).join(', '),
    about: (at) => `about ${at}`, inARow: (count) => `${number(count)} in a row`, noneInARow: 'not the last request',
    chunks: (count) => (count === 1 ? '1 chunk safe' : `${number(count)} chunks safe`),
    unlessByte: 'unless a byte comes', noLimit: 'it is not removed',
    took: (time) => `took ${time}`, done: 'all of it',
    map: 'Chunks', recolour: 'Colours show', byState: 'State', byAge: 'Age', byTries: 'Tries',
    cellIs: (size) => `a cell is ${size}`,
    ageHint: 'Deeper is newer.', triesHint: 'Paler took more tries.',
    broken: 'Broke off here', cell: (index, offset, length) => `Cell ${number(index + 1)} at ${bytes(offset)}, ${bytes(length)}`,
    chunk: (length, tries) => `chunk of ${bytes(length)}, ${tries === 1 ? '1 try' : `${number(tries)} tries`}`,
    network: 'Network', link: 'Link', lost: 'Lost per request', breaks: 'Breaks', way: 'Protocol', type: 'Type', limited: 'Chunk size',
    rate: (bitsPerSecond) => `${(bitsPerSecond / 1e6).toPrecision(3)}\u00a0Mbit/s`,
    every: (seconds) => `one per ${duration(seconds)}`, noBreak: 'none seen', notMeasured: 'not measured yet',
    advice: 'Advice', confidence: (word) => `confidence ${word}`, noAdvice: 'Nothing was advised: no request has brought bytes yet.',
    of: (streams, size) => `${streams} × ${bytes(size)}`,
    limitedBy: {
      'cold-start': 'first try, nothing measured', growth: 'grows from what went well', 'failure-rate': 'requests break on this link',
      corruption: 'bytes came wrong', 'min-duration': 'smaller would not pay', 'max-duration': 'a request may not take longer',
      'min-size': 'the smallest allowed', 'max-size': 'the largest allowed', remaining: 'what is left', policy: 'set by the service',
      over: 'the upload has ended'
    },
    timeline: 'Timeline', newest: 'newest first', requestsBroke: 'Requests that broke off', time: 'Time', bytesAt: 'Bytes', why: 'Why',
    came: 'Came', kept: 'Kept', tookHead: 'Took', noneBroke: 'None broke off.',
    story: {
      created: 'Created', first: 'First byte', completed: 'Done', paused: 'Paused', resumed: 'Resumed', takeover: 'Taken over',
      completing: 'All bytes are safe', failed: 'Failed', expired: 'Expired', cancelled: 'Cancelled', deleted: 'Deleted',
      checking: 'Checking', broke: 'Broke off', open: 'Open'
    },
    createdWith: (size, way) => [size === null ? 'size not known yet' : bytes(size), way].join(', '),
    keptOf: (kept, came) => `${bytes(kept)} of ${bytes(came)} kept`,
    gone: 'There is no such upload', goneHint: 'It was removed, or it is not yours.', toList: 'Show all uploads',
    noMap: 'No byte has come yet.',
    kinds: (kind) => kind.replaceAll(/[_-]/g, ' ')
  },

  nextTry: (milliseconds) => countdown(milliseconds)
}

function ordinal(count) {
  const suffix = { 1: 'st', 2: 'nd', 3: 'rd' }[count % 10]
  return `${count}${suffix && ![11, 12, 13].includes(count % 100) ? suffix : 'th'}`
}
