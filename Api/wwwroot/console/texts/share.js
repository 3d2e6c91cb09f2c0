// UI texts of ../parts/share.js.
import { number } from '../format.js'
import { t as common } from './shell.js'

const HOUR = 3600

export const t = /** @type {const} */ ({
  ...common,

  share: {
    title: 'Title', top: 'Files', ends: 'Ends in', stays: 'Stays as it is',
    times: {
      [HOUR]: '1 hour', [24 * HOUR]: '1 day', [7 * 24 * HOUR]: '7 days', [30 * 24 * HOUR]: '30 days',
      [365 * 24 * HOUR]: '1 year'
    },
    any: 'any', downloads: 'Downloads at most', files: 'Files at most', size: 'MiB of a file at most',
    types: 'Kinds of files',
    typeWords: { all: 'All', images: 'Pictures', media: 'Pictures, films, sound', documents: 'Texts and PDF' },
    password: 'Password (optional)', newPassword: 'Another password',
    downloadTitle: (name) => `Share ${name}`,
    downloadText: 'Anyone who has the link can download it without signing in.',
    uploadTitle: 'Ask for files',
    uploadText: (path) => `People with the link can send files into ${path}, and see nothing of what is there.`,
    make: 'Make the link', made: (title) => `Link for ${title}`,
    fetchWith: 'The address is shown only here. Copy it, or let a phone read the code.',
    sendWith: 'The address is shown only here. It is a page for people, and an upload address for tus clients and '
      + 'curl.',
    qr: 'The link as a QR code', done: 'Done', copy: 'Copy the link', save: 'Save',
    links: 'Share links', share: 'Share', end: 'Ends', used: 'Used', secret: 'Password', isSet: 'set', none: 'none',
    changeIt: 'Change',
    of: (used, most) => (most === null ? number(used) : `${number(used)} of ${number(most)}`),
    revoke: 'Revoke', revokeTitle: (title) => `Revoke ${title}?`,
    revokeText: 'The link stops working for everyone who has it.',
    change: (title) => `Change ${title || 'the link'}`,
    limitStays: 'A limit cannot be lifted, only changed. Give a higher number, or make another link.'
  }
})
