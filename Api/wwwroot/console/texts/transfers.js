// UI texts of ../transfers. "Safe" is only said of bytes that the destination has acknowledged.
import { bytes, bytesOf, duration, number, speed } from '../format.js'
import { files, t as common } from './shell.js'
import { t as storage } from './storage.js'

const transfers = (count) => (count === 1 ? '1 transfer' : `${number(count)} transfers`)
const filesOf = (part, whole) => `${number(part)} of ${files(whole)}`

export const t = /** @type {const} */ ({
  ...common,
  ...storage,

  transfers: {
    title: 'Transfers', find: 'Search transfers', filter: 'Transfers by state', list: 'Transfers',
    filters: { active: 'Active', waiting: 'Waiting', done: 'Done', scheduled: 'Scheduled', templates: 'Templates' },
    new: 'New transfer', pauseAll: 'Pause all', more: 'Show more',
    unnamed: 'Without a name', name: 'Name', toList: 'Show all transfers',
    state: {
      queued: 'Queued', scanning: 'Scanning', planned: 'Planned', running: 'Running', done: 'Done',
      partly_done: 'Partly done', failed: 'Failed', cancelled: 'Cancelled', paused: 'Paused'
    },
    wait: {
      sign_in: 'Waiting for sign-in', quota: 'Waiting for quota', rate_limit: 'Rate limit',
      daily_limit: 'Daily limit',
      window: 'Waiting for its window', space: 'Waiting for room', network: 'Waiting for the network',
      rights: 'Waiting for rights', worker: 'Waiting for a node',
      node: 'Waiting for a machine'
    },
    sum: (speed, waiting) =>
      [speed, waiting > 0 && (waiting === 1 ? '1 waits' : `${number(waiting)} wait`)].filter(Boolean).join(', '),
    of: (name) => `From or to ${name}`, ofAll: 'Show all',
    empty: ['Nothing is on its way',
      'Pick files in one storage and a place in another. The service moves them, also when this page is closed, and '
      + 'continues where it stopped.'],
    noneWaits: ['Nothing waits',
      'Transfers that need a sign-in, room or a pause are listed here until they continue.'],
    noneDone: ['None has ended yet',
      'Completed, failed and cancelled transfers are listed here, with their reports.'],
    nothing: 'Choose another filter above, or another part of a name.',
    select: (name) => `Select ${name}`, selected: (count) => `${number(count)} selected`,
    clearSelection: 'Clear the selection',
    pauseOf: (name) => `Pause ${name}`, resumeOf: (name) => `Resume ${name}`, moreOf: (name) => `More for ${name}`,
    tryNow: 'Try now', resumeOne: 'Resume', cancelOne: 'Cancel', retry: 'Try again what failed',
    goOn: 'Continue after all',
    reportCsv: 'Report, CSV',
    reportJson: 'Report, JSON', open: 'Details', again: 'New one like it',
    cancelTitle: (name) => `Cancel ${name}?`, cancelSeveral: (count) => `Cancel ${transfers(count)}?`,
    cancelText: 'Transferred files stay at the destination. Files on their way are cancelled.',
    keep: 'Keep it', keepSeveral: 'Keep them', cancelIt: 'Cancel it', cancelThem: 'Cancel them',
    failedSome: (count, sentence) => (count === 1 ? `1 was not changed: ${sentence}`
      : `${number(count)} were not changed. ${sentence}`),
    actFault: 'It was not changed.',
    route: (from, to) => `from ${from} to ${to}`,
    progress: (name) => `Progress of ${name}`
  },
  row: {
    /** @returns {[figure: string, word: string]} */
    safe: (part, whole) => [bytesOf(part, whole), ' safe'],
    /** @returns {[figure: string, word: string]} */
    allSafe: (all) => [bytes(all), ' all safe'],
    /** @returns {[figure: string, word: string]} */
    found: (all) => [bytes(all), ' found so far'],
    nothing: ['Nothing', ' had to be sent'], noneSafe: ['Nothing', ' arrived'], none: '–', left: 'left',
    goesOn: 'goes on', mean: 'mean'
  },
  why: {
    queued: 'begins in a moment', planned: 'starts when you have seen its plan',
    scanning: (count) => `${files(count)} so far`,
    running: ({ all, done, skipped, failed }) => [
      filesOf(done, all), skipped > 0 && `${number(skipped)} left out`, failed > 0 && `${number(failed)} failed`
    ].filter(Boolean).join(', '),
    safe: ({ all, done }) => `${number(done)} of ${files(all)} ${done === 1 || all === 1 ? 'is' : 'are'} safe`,
    since: (when) => `since ${when}`, goesOn: (when) => `goes on ${when}`,
    done: ({ done, skipped }, took) => [
      done > 0 || skipped === 0 ? [files(done), took && `in ${took}`].filter(Boolean).join(' ') : '',
      skipped > 0 && `${files(skipped)} left out`].filter(Boolean).join(', '),
    partly: ({ all, failed }) => `${number(failed)} of ${files(all)} failed`,
    cancelled: ({ all, done }) => (done === 0 ? '' : `${filesOf(done, all)} ${all === 1 ? 'stays' : 'stay'} there`)
  },

  detail: {
    gone: 'There is no such transfer', goneHint: 'It was removed, or it is not yours.',
    notYours: 'Only the owner can see the files. You may pause and cancel the transfer.',
    notMoved: 'Not moved',
    report: 'Report', csv: 'CSV', json: 'JSON', reportHint: 'every file, its result, its digest',
    closed: 'You may close this page: the service goes on by itself.',
    wait: {
      sign_in: (name) => `The sign-in of ${name} has ended. What is safe stays safe; the rest goes on by itself `
        + `after you sign in.`,
      quota: 'The destination is full. The transfer continues by itself when there is room, which is checked '
        + 'every 15 minutes.',
      rate_limit: 'The storage asked for a pause. All files of this account wait together.',
      daily_limit: 'The account has reached its daily limit.',
      network: 'The storage does not answer. The service tries again until it does.',
      window: 'It runs only at the times that were chosen.', person: 'It waits for a decision.',
      space: 'A disk of the machine on which this service runs is full. This is checked every 15 minutes.',
      rights: 'Its owner is disabled, or no longer has the right to transfers. It continues when that is changed.',
      worker: 'No machine of this service takes work at the moment. It continues by itself when one does; tell the '
        + 'people who run the service.',
      node: 'It continues by itself when the machine that has the folder takes work again.'
    },
    until: (when) => `Next try ${when}.`, lead: (word, when) => `${word} since ${when}.`,
    figures: { safe: 'Safe', files: 'Files', speed: 'Speed', left: 'Left', again: 'Sent again', failed: 'Failed' },
    filesOf: (part, whole) => (part === whole ? number(whole) : `${number(part)} of ${number(whole)}`),
    leftOut: (count) => `and ${number(count)} left out`,
    folders: (count) => (count === 1 ? 'in 1 folder' : `in ${number(count)} folders`),
    soFar: 'so far', mean: (speed) => `mean ${speed}`, about: (when) => `about ${when}`,
    took: (time) => `took ${time}`,
    onceOn: (time) => `${time} after it is resumed`, noneAgain: 'no byte twice',
    ofMoved: (share) => `${share} of what was sent`,
    noneFailed: 'no file', retryHint: 'can be tried again',
    phases: { scan: 'Scan', copy: 'Copy', verify: 'Verify' }, phasesTitle: 'Phases and files',
    phase: { now: 'now', waits: 'waits', paused: 'paused', ended: 'ended', next: 'next', asTheyCome: 'as they come',
      off: 'off' },
    scanned: (count, size) => `${files(count)}, ${bytes(size)}`,
    verified: { digest: 'the digests of both ends are compared', read_back: 'compared, and read again there',
      none: 'you asked for no comparison' },
    items: 'Files', itemsMap: 'All files',
    cellIs: (count) => (count === 1 ? 'a cell is one file, in the order of the queue'
      : `a cell is ${number(count)} files, by their states`),
    mapLabel: ({ all, done }) => `${number(done)} of ${files(all)} are safe`,
    legend: { safe: 'Safe', soft: 'Left out', way: 'On the way', failed: 'Failed', waiting: 'Waiting' },
    itemFilters: { all: 'All', running: 'On the way', failed: 'Failed', skipped: 'Left out', done: 'Safe' },
    itemState: {
      ready: 'Waiting', queued: 'Waiting', running: 'On the way', done: 'Safe', skipped: 'Left out', failed: 'Failed',
      cancelled: 'Cancelled'
    },
    file: 'File', state: 'State', bytes: 'Bytes', tries: 'Tries', folderMade: 'folder',
    restarted: (count) => (count === 1 ? 'began again once' : `began again ${number(count)} times`),
    verifiedBy: (digest) => `${digest} is equal at both ends`,
    digests: { sha256: 'SHA-256', quick_xor: 'quickXor', md5: 'MD5', sha1: 'SHA-1' },
    noItems: { all: 'No file is known yet.', running: 'None is on its way.', failed: 'None has failed.',
      skipped: 'None was left out.',
      done: 'None has arrived yet.' },
    shown: (count) => `The first ${number(count)}`,
    timeline: 'Timeline', newest: 'newest first', noStory: 'Nothing has happened yet.',
    story: {
      made: 'Made', taken_over: 'Taken over after a restart',
      scanning: 'Scanning', scanned: 'Scanned', tried_again: 'Tried again', goes_on: 'Went on', skipped: 'Left out',
      failed: 'Failed', pause: 'Paused', resume: 'Resumed', cancel: 'Cancelled', retry: 'Tried again what failed',
      done: 'Done',
      planned: 'Planned', approve: 'Started by its owner', deadline: 'Its deadline has passed',
      partly_done: 'Partly done', cancelled: 'Ended'
    },
    times: (count) => `${number(count)} times`,
    calls: 'Calls to the providers', callFilters: { all: 'All', failed: 'Not accepted' }, time: 'Time', call: 'Call',
    answer: 'Answer',
    took1: 'Took', requestId: 'Request id', noAnswer: 'no answer',
    noCalls: 'No call was made yet.', noneFailedCalls: 'All were accepted.',
    sides: { source: 'source', destination: 'destination' },
    faults: {
      transient: 'no success', throttled: 'slow down', daily_limit: 'daily limit', full: 'full', space: 'no room',
      sign_in: 'sign-in ended',
      approval: 'needs approval', app_secret: 'application refused', session_lost: 'session lost',
      source_changed: 'changed',
      integrity: 'wrong bytes', taken: 'taken', gone: 'gone', refused: 'refused'
    },
    facts: 'Facts', owner: 'Owner', priority: 'Priority', made: 'Made', from: 'From', to: 'To', id: 'Id',
    copyId: 'Copy the id',
    priorities: { low: 'low', normal: 'normal', high: 'high' },
    include: 'Only', exclude: 'Left out', unticked: 'Unticked', untickedCount: (count) => number(count),
    bounds: 'Sizes and ages', docs: 'Documents', structure: 'Folders', bandwidth: 'Bandwidth', deadline: 'Ends'
  },

  options: {
    title: 'Options',
    taken: 'When a name is taken', takenShort: 'Name taken',
    takens: {
      keep_both: ['keep both', 'the new file gets a number after its name'],
      replace_older: ['replace if newer', 'otherwise the existing file stays'],
      replace: ['replace', 'the existing file goes to the trash or to its versions'],
      skip: ['leave out', 'the existing file stays, and the new one is not sent']
    },
    equal: 'Count as equal', equalShort: 'Equal',
    equals: {
      checksum: ['same checksum', 'the size, and a digest that both storages know'],
      time: ['same size and time', 'the time of the last change'],
      size: ['same size', 'quick, but the content may differ'], exists: ['same name', 'whatever its content']
    },
    export: 'Documents without bytes', exports: {
      office: ['as Word and Excel files', 'such as those of Google Docs; drawings become PDF'],
      open_document: ['as files of LibreOffice', 'drawings become PDF'], pdf: ['as PDF', 'to read and print'],
      none: ['leave out', 'with the reason']
    },
    exportShort: { office: 'Word and Excel', open_document: 'LibreOffice', pdf: 'PDF', none: 'left out' },
    structure: 'Folders', structures: {
      true: ['as at the source', 'with everything in them'],
      false: ['all files into one', 'names that are taken get a number']
    },
    act: 'What it does', acts: {
      copy: ['copy', 'the source keeps everything'],
      move: ['move', 'files that arrived with the same digest go to the trash of the source'],
      check: ['only compare', 'nothing changes; the report names the differences']
    },
    atOnce: 'Files at once', atOnceHint: 'as there is room', smallest: 'At least so large',
    largest: 'At most so large', sizeHint: '10M',
    badSize: 'A size is a number of bytes, such as 500, 10M or 1.5 GiB',
    days: 'Changed in the last days', from: (size) => `from ${size}`, to: (size) => `up to ${size}`,
    within: (time) => `changed within ${time}`, before: (time) => `not changed for ${time}`,
    bandwidth: 'Bandwidth and times', bandwidthLabel: 'Bytes a second, or a timetable', bandwidthHint: '20M',
    bandwidthText: 'Such as 20M, or 08:00,2M 18:00,off for two speeds in a day. With "stop" nothing is sent '
      + 'at that time: 08:00,stop 20:00,off sends only at night. A day before the time limits it to that day: '
      + 'Sat-00:00,off.',
    noLimit: 'no limit', deadline: 'Ends', deadlineLabel: 'At the latest',
    deadlineText: 'Files that are not done by then fail, and can be '
      + 'tried again.', noDeadline: 'when all is done',
    verify: 'Afterwards', verifyShort: 'Afterwards',
    verifies: { digest: ['compare digests', 'of both storages, where they name them'],
      read_back: ['read again', 'every file is read once more at the destination'],
      none: ['nothing', 'trust the storages'] },
    patterns: 'Which files', include: 'Only these', exclude: 'Not these', patternHint: '*.tmp, ~$*',
    patternText: 'Patterns with * and ?, separated by commas. With a / they are compared with paths, else with '
      + 'names.',
    all: 'all', only: (list) => `only ${list}`, not: (list) => `not ${list}`,
    priority: 'Priority', priorities: { normal: ['normal', 'in turn with your other transfers'],
      high: ['high', 'before the others'],
      low: ['low', 'after the others'] }
  },

  when: {
    title: 'When', at: 'At', time: 'Time', day: 'Day', cron: 'Cron expression',
    cronHint: 'Minutes, hours, day of the month, month, day of the week; name the days: 30 2 * * MON-FRI.',
    kinds: {
      now: ['at once', 'as soon as you start it'], once: ['at a time', 'once'], daily: ['every day', 'at this time'],
      weekly: ['every week', 'on this day'], cron: ['by a cron expression', 'for all other times'],
      arrival: ['when something arrives', 'files that are uploaded into the folder are transferred by themselves']
    },
    days: { MON: 'Monday', TUE: 'Tuesday', WED: 'Wednesday', THU: 'Thursday', FRI: 'Friday', SAT: 'Saturday',
      SUN: 'Sunday' }
  },

  arrival: {
    whose: 'Whose uploads', own: 'your uploads', mine: 'My own uploads',
    link: (name) => (name ? `link ${name}` : 'an upload link'),
    untitled: 'without a title', nobody: 'Choose whose uploads are transferred',
    oneFolder: 'For what arrives, choose one folder of this service as the source',
    text: 'Only the uploads of those who are ticked are transferred over your connections. Files that arrive '
      + 'within a short time are sent in one transfer, with the folders below the chosen one.'
  },

  schedule: {
    title: 'Schedule', gone: 'There is no such schedule', edit: 'Change', save: 'Save',
    editTitle: (name) => `Change ${name}`,
    next: 'Next', last: 'Last runs', runs: 'Runs', time: 'Time', result: 'Result', why: 'Reason',
    arrivals: 'Last arrivals', noArrivals: ['Nothing has arrived yet',
      'Files that are uploaded into the folder from now on are listed here.'],
    file: 'File', by: 'By', arrived: 'Arrived', states: { waiting: 'Waits', begun: 'Went on', left_out: 'Left out' }
  },

  equal: {
    title: 'This transfer is running already', open: 'Open it', another: 'Begin another one',
    text: 'A transfer from the same source to the same folder with the same options has not ended. A second one '
      + 'would find its files there.'
  },

  kept: {
    arrival: 'on arrival', below: (name) => `below ${name}`, onArrival: 'by itself',
    lastRuns: (count, failed) => `Last ${count === 1 ? 'run' : `${number(count)} runs`}: ${number(failed)} failed`,
    enabled: 'On', enabledOf: (name) => `${name} is on`, run: 'Run now', remove: 'Delete', keep: 'Keep it',
    removeTitle: (name) => `Delete ${name}?`,
    removeText: { schedule: 'Transfers that it has begun go on.',
      template: 'Transfers that were made from it stay.' },
    results: { begun: 'Begun', skipped: 'Left out', refused: 'Did not begin' }, notYet: 'not yet', once: 'once',
    off: 'does not begin', skipped: (count) => (count === 1 ? '1 left out so far'
      : `${number(count)} left out so far`),
    overlap: 'If the last run has not ended when the next one is due, the next run is skipped and listed here.',
    noSchedules: ['Nothing is scheduled',
      'In a new transfer, choose When: at a time, every day, when something arrives.'],
    noTemplates: ['No templates yet',
      'A new transfer can be saved as a template: source, destination and options under a name.'],
    sum: (on, all) => `${number(on)} of ${number(all)} are on`,
    templatesHint: 'Source, destination and options under a name'
  },

  plan: {
    title: 'Plan', look: 'To look at', start: 'Start',
    new: 'New', replace: 'Will be replaced', number: 'Get a number', skip: 'Left out', room: 'Free there',
    takes: 'Takes about',
    notKnown: 'not known', unlimited: 'no limit reported', after: (size) => `${bytes(size)} after it`,
    short: (size) => `${bytes(size)} too little`, bySpeed: 'as earlier ones went', nothing: 'none',
    folders: (count) => (count === 1 ? 'and 1 folder' : `and ${number(count)} folders`),
    fates: { fail: 'Will fail', replace: 'Replaced', number: 'Gets a number', skip: 'Left out', new: 'New' },
    none: 'Nothing of this kind.', more: (count) => `and ${files(count)} more`,
    looked: (when) =>
      `The places were read ${when}. Nothing is sent before you start it. If a file changes before its turn, it is `
      + 'decided again.'
  },

  attempts: {
    title: 'Trying again', asUsual: 'as usual',
    names: { refused: 'Attempts after a refusal', restarts: 'How often a file starts again',
      network: 'Attempts without an answer',
      longestPause: 'Longest pause, in seconds', fullPause: 'Pause while it is full, in minutes',
      dailyPause: 'Pause for a limit of the day, in minutes' },
    usual: { refused: '3', restarts: '3', network: 'without an end', longestPause: '60', fullPause: '15',
      dailyPause: '60' },
    short: {
      refused: (count) => `${number(count)} where refused`,
      restarts: (count) => `begins again ${number(count)} times`,
      network: (count) => `${number(count)} without an answer`,
      longestPause: (seconds) => `pauses up to ${duration(seconds)}`,
      fullPause: (minutes) => `${duration(minutes * 60)} while full`,
      dailyPause: (minutes) => `${duration(minutes * 60)} at a daily limit`
    },
    text: 'Empty fields use the defaults of the service. Attempts are counted only while nothing is sent; the count '
      + 'starts again with each piece that arrives.'
  },

  tell: {
    title: 'Tell me', ways: { notice: 'here', mail: 'by mail' },
    occasions: { done: 'done', failed: 'failed', needsOwner: 'waits for you' },
    when: { done: 'When it is done', failed: 'When it has failed, or a part of it',
      needsOwner: 'When it waits for you' },
    short: (occasion, ways) => `${occasion}: ${ways.length > 0 ? ways.join(' and ') : 'not'}`,
    text: 'Here: on every page, until you have seen it. By mail: to the address of your account, if it has one '
      + 'and the service sends mails. It waits for you when it needs a sign-in, room or a decision.'
  },

  figures: {
    title: (days) => `What the last ${number(days)} days moved`,
    sum: (count, days, size) => `${number(count)} in ${number(days)} days, ${bytes(size)}`,
    moved: 'Moved', failed: 'Failed', verified: 'Compared', waited: 'Waited', files,
    route: (from, to) => `${from} to ${to}`, csv: 'By day and route as CSV',
    amount: (count, size, perSecond, retries) => [bytes(size), files(count), perSecond && speed(perSecond),
      retries > 0 && (retries === 1 ? '1 try again' : `${number(retries)} tries again`)].filter(Boolean).join(', '),
    equal: (digest) => `${digest} is equal`, by: { none: 'Not compared', changed: 'Changed by the storage' },
    nothing: 'Nothing yet.', noneFailed: 'No file.', noWaits: 'For nothing.'
  },

  make: {
    title: 'New transfer', steps: ['From', 'To', 'Options'], stepLabel: 'Steps',
    step: (number, word) => `${number} of 3, ${word}`, stepWords: ['from where', 'to where', 'options'],
    from: 'From', to: 'To', choose: 'Choose a storage',
    chooseOf: (side, name) => `${side} ${name}: choose another storage`,
    openOf: (name) => `Open ${name}`, closeOf: (name) => `Close ${name}`, loading: 'Looking',
    more: (count) => `Show more than ${number(count)}`,
    emptyFolder: 'Nothing here', noFolders: 'No folder here',
    chosen: 'chosen', comes: 'comes here', clear: 'Clear', swap: 'Swap source and destination',
    nothingChosen: 'Choose files or folders', chosenSum: (fileCount, folderCount, size) => [
      folderCount > 0 && (folderCount === 1 ? '1 folder' : `${number(folderCount)} folders`),
      fileCount > 0 && `${files(fileCount)}, ${bytes(size)}`].filter(Boolean).join(' and '),
    without: (count) => `without ${number(count)}`,
    tooMany: (most) => `Choose at most ${number(most)} at once; a folder counts as one.`,
    noPlace: 'Choose a folder', sameFolder: 'Choose another folder than the one the files are in.',
    intoItself: 'Choose a folder that is not inside the chosen items.',
    readOnly: 'It is read-only.', free: (free, all) => [`${bytes(free)} free`, ` of ${bytes(all)}`],
    newFolder: 'New folder',
    notKept: 'Web addresses may be secrets, so none are kept for later: start it at once',
    noAddress: 'Write addresses, one on each line',
    tooManyLeftOut: (most) => `At most ${number(most)} files and folders can be unticked.`,
    tooManyAddresses: (most) => `A transfer has at most ${number(most)} addresses.`,
    addresses: 'Addresses', addressesPlace: 'https://example.org/a.bin\nhttps://example.org/get?id=7 report.pdf',
    addressesText: 'One on each line; after a space, another name for the file if it needs one. A user name '
      + 'and a password go before the host, as in https://name:password@host/. Addresses are kept encrypted and '
      + 'never shown again.',
    plan: 'What is there', notAddress: 'Begin with https:// or http://.', sizeless: 'size not known',
    notResumable: 'cannot be resumed: after a break it is read again from its beginning',
    cannotGo: 'cannot go', label: 'Name of the transfer',
    labelOf: (name, more) => (more > 0 ? `${name} and ${number(more)} more` : name),
    back: 'Back', next: ['Next: to where', 'Next: options'], start: 'Start', makePlan: 'Make the plan',
    schedule: 'Schedule', pair: 'Keep in sync', template: 'Save as template', savedLead: 'Saved.',
    saved: 'It is among the templates.', starting: 'Looking at both ends',
    closed: 'You may close this page.', closedMore: 'The service continues, and resumes where it was interrupted.',
    fromTo: (what, from, to) => [what, ` from ${from} to ${to}.`],
    aloneLead: 'No storage that accepts files is connected.',
    alone: 'Files go from one of your spaces to another, and come from the web. Connect a storage to move them '
      + 'elsewhere.',
    fault: 'It was not started.', left: (seconds) => duration(seconds)
  }
})
