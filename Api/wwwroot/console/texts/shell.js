// UI texts of the shell and of the Upload screen's first view. "Safe" is only said of bytes that the service has
// acknowledged. Every other screen has a file of its own here.
import { bytes, bytesOf, duration, number } from '../format.js'

export const files = (count) => (count === 1 ? '1 file' : `${number(count)} files`)
const retries = (count) => (count === 0 ? 'no retries' : count === 1 ? '1 retry' : `${number(count)} retries`)

export const t = /** @type {const} */ ({
  skip: 'Skip to the content',
  back: 'Back',
  again: 'Try again',
  cancel: 'Cancel',
  close: 'Close',
  copy: 'Copy',
  copySha: 'Copy the SHA-256',
  pause: 'Pause',
  resume: 'Resume',
  listFault: 'The list could not be loaded.',
  copied: 'Copied',
  copyByHand: 'Select and copy it by hand',
  undo: 'Undo',
  curl: 'Copy as curl',
  theme: 'Light or dark',
  screenFault: 'This page could not be loaded.',
  screenAway: 'The service does not answer. What is safe stays safe.',
  stillSignedIn: 'You are still signed in.',
  nav: {
    main: 'Main', side: 'Places', accounts: 'Accounts', manage: 'Manage', operate: 'Operate', upload: 'Upload',
    files: 'Files',
    links: 'Links', uploads: 'Uploads', history: 'History', overview: 'Overview', jobs: 'Jobs', networks: 'Networks',
    nodes: 'Nodes', tenants: 'Tenants',
    webhooks: 'Webhooks', system: 'System', people: 'People', keys: 'Keys', limits: 'Limits', audit: 'Audit',
    spaces: 'Spaces',
    account: 'Account', sessions: 'Sessions and devices', more: 'More', failed: 'failed',
    transfers: 'Transfers', syncs: 'Syncs', connections: 'Connections', device: 'Program', projects: 'Projects',
    devices: 'Devices'
  },
  tabs: { here: 'Here', all: 'All uploads', history: 'History' },
  new: 'New',
  me: {
    nobody: 'This machine', key: 'Operator key', signedIn: 'Signed in',
    roles: { operator: 'Operator', admin: 'Administrator', member: 'Member', viewer: 'Viewer', guest: 'Guest' },
    open: 'No sign-in needed'
  },
  spaces: { mine: 'My files', shared: 'Shared files', other: 'Another space' },
  find: { open: 'Search', hint: 'Search files and uploads' },
  nothingCalled: (text) => `Nothing is called “${text}”`,
  live: {
    live: 'Live',
    offline: 'Offline',
    late: (seenAt) => `Last seen ${duration((Date.now() - seenAt) / 1000)} ago`
  },
  away: { title: 'The service does not answer', text: 'This page continues by itself when it answers again.' },
  signedOut: { lead: 'You are signed out.', text: 'Uploading stops until you sign in again; nothing is lost.',
    act: 'Sign in' },

  drop: {
    title: 'Drop files or folders here', titleTouch: 'Send files',
    big: 'Any size. If the network breaks, the upload continues where it stopped.',
    how: 'Drop files or folders anywhere on this page, or paste.',
    goes: 'They go to ', paste: '. You can also paste.',
    inSpace: (space, path) => (path ? `${space} / ${path}` : space),
    files: 'Choose files',
    folder: 'Choose folder', camera: 'Take a picture',
    release: 'Let go to upload',
    chooseTarget: 'Change where they go'
  },
  ways: {
    terminal: { title: 'From a terminal', text: 'One command sends a file.' },
    app: { title: 'From an app', text: 'Any tus client, such as Uppy or TUSKit.' },
    guest: { title: 'From a guest or a phone', text: 'A link for one folder, without an account.',
      act: 'Make an upload link' }
  },
  offline: {
    lead: 'This device is offline.',
    text: (safe) => `${bytes(safe)} are safe on the server. Uploading goes on by itself when the network is back.`
  },
  secret: { show: 'Show what you typed', hide: 'Hide what you typed' },
  tryNow: 'Try now',
  foot: 'You may close this page. What is safe stays safe, and the rest goes on when you come back.',
  footOfTab: 'Keep this page open: this browser cannot resume after a reload. What is safe stays safe on the server.',
  clear: 'Clear finished',
  moreWait: (count) => `${number(count)} more wait in the queue.`,

  sum: {
    safe: (safe, all) => `${bytesOf(safe, all)} safe`,
    files: (count, share) => `${files(count)}, ${share}`,
    total: 'total', left: 'left', pause: 'Pause all', resume: 'Resume all'
  },
  state: {
    waiting: 'Waiting', uploading: 'Uploading', paused: 'Paused', offline: 'No connection', held: 'Waiting',
    'signed-out': 'Signed out',
    verifying: 'Verifying', checking: 'Checking',
    done: 'Done', failed: 'Failed', choose: 'Choose again', cancelled: 'Cancelled', elsewhere: 'In another tab'
  },
  reason: {
    waiting: 'in the queue',
    resent: (count) => (count === 1 ? '1 request sent again' : `${number(count)} requests sent again`),
    paused: 'by you',
    pausedElsewhere: 'by another user; what is safe stays safe',
    tries: (count) => (count > 0 ? `${ordinal(count)} try; what is safe stays safe` : ''),
    signedOut: 'goes on when you have signed in',
    verifying: 'all bytes are safe', checking: 'all bytes are safe; it is published when the check lets it pass',
    choose: (safe) => (safe > 0 ? `the browser lost it; ${bytes(safe)} stay safe` : 'the browser lost it'),
    cancelled: 'in another place', elsewhere: 'in another tab',
    done: (size, took, count, name) => `${bytes(size)} in ${took}, ${retries(count)}${name && `, as ${name}`}`,
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
    choose: 'Choose', send: 'Send again', show: 'Show in Files', share: 'Share', sha: 'SHA-256',
    pending: 'being computed',
    progress: (name) => `Progress of ${name}`
  }
})

function ordinal(count) {
  const suffix = { 1: 'st', 2: 'nd', 3: 'rd' }[count % 10]
  return `${count}${suffix && ![11, 12, 13].includes(count % 100) ? suffix : 'th'}`
}
