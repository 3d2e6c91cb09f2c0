// UI texts of ../files.
import { bytes, extension, number, when } from '../format.js'
import { t as common, files } from './shell.js'
import { t as conflicts } from './conflicts.js'

const items = (count) => (count === 1 ? '1 item' : `${number(count)} items`)
const folders = (count) => (count === 1 ? '1 folder' : `${number(count)} folders`)

const TYPES = {
  'application/gzip': 'gzip archive', 'application/json': 'JSON', 'application/pdf': 'PDF',
  'application/zip': 'ZIP archive',
  'image/svg+xml': 'SVG image', 'text/csv': 'CSV table', 'text/html': 'HTML page', 'text/markdown': 'Markdown',
  'text/plain': 'Plain text',
  'video/quicktime': 'QuickTime video'
}

export const t = /** @type {const} */ ({
  ...common,
  ...conflicts,

  /** A type in words; "XTF file" where it says nothing. */
  typeOf: (type, name) => {
    const [, kind, form] = /^(image|video|audio)\/(?:x-)?([a-z0-9]+)$/.exec(type) ?? []
    if (TYPES[type]) return TYPES[type]
    if (kind) return `${form.toUpperCase()} ${kind === 'audio' ? 'sound' : kind}`
    return type === 'application/octet-stream' ? (extension(name) === 'FILE' ? 'File' : `${extension(name)} file`)
      : type
  },

  files: {
    others: (count) => (count === 1 ? 'Files of another' : `Files of ${number(count)} others`),
    manage: 'Manage spaces', openIt: 'Open', menuOf: (name) => `More for ${name}`,
    title: 'Files', allSpaces: 'All spaces', trash: 'Trash', otherSpace: (now) => `${now}: choose another place`,
    send: 'Send to…', bring: 'Bring in…', keep: 'Keep in sync…',
    newFolder: 'New folder', upload: 'Upload', name: 'Name', size: 'Size', modified: 'Modified', owner: 'Added by',
    place: 'In',
    asTiles: 'Show as pictures', asList: 'Show as a list', view: 'Show large',
    sort: 'Sort', newest: 'Newest first', oldest: 'Oldest first', largest: 'Largest first',
    smallest: 'Smallest first',
    all: 'Select all', pick: (name) => `Select ${name}`, open: (name) => `Show ${name}`,
    selected: (count) => `${number(count)} selected`,
    sum: (folderCount, fileCount, total) =>
      [folderCount > 0 && folders(folderCount), fileCount > 0 && `${files(fileCount)}, ${bytes(total)}`].filter(
        Boolean).join(', ')
        || 'Empty',
    holds: ({ files: held, folders: inner, more }) => {
      if (more) return held > 0 ? `${number(held)}+ files` : `${number(inner)}+ folders`
      return held > 0 ? files(held) : inner > 0 ? folders(inner) : 'Empty'
    },
    /** Of everything below a folder. */
    below: ({ files: held, folders: inner, bytes: total, more }) =>
      (held + inner === 0 ? 'Empty' : `${more ? 'over ' : ''}${bytes(total)}`),
    /** Of what is selected. */
    much: ({ bytes: total, more }) => (total === 0 ? '' : `${more ? 'over ' : ''}${bytes(total)}`),
    arriving: (count) => `${number(count)} arriving`,
    moreRows: 'Show more', loading: 'Loading more',
    moreFolders: (count) => `The first ${count}; the list beside has all.`,
    searchUploads: 'Search uploads, too',
    zip: 'Download ZIP', zipShort: 'ZIP', download: 'Download', downloadShort: 'Save',
    move: 'Move', copy: 'Copy', rename: 'Rename', remove: 'Delete',
    details: 'Details', inFolder: 'Show in folder',
    share: 'Share', shareFolder: 'Share this folder', ask: 'Ask for files',
    closeSelection: 'Clear the selection',
    emptyTitle: 'Nothing here yet', empty: 'Drop files or folders on this page, or send them from a terminal:',
    emptyForReaders: 'You can view this folder, but not add files to it.',
    readOnly: 'You can view this space, but not change it.',
    emptyTouch: 'Choose files to put them into this folder.',
    found: (count, text, more) => `${number(count)}${more ? '+' : ''} found for “${text}”`,
    noneHint: 'Names are searched in this folder and all folders below it.',
    noneAnywhere: 'No space that you can read has such a name.',
    searchAll: 'Search all spaces',
    short: 'Type at least 3 characters.',
    notLoaded: 'This folder could not be loaded', notLoadedHint: 'Nothing in it has changed.',
    noFolder: 'There is no such folder', noFolderHint: 'It was moved, renamed or deleted.',
    toTop: 'Go to the top folder',
    folderName: 'Name of the folder', newName: 'New name', make: 'Make folder',
    renameTitle: (name) => `Rename ${name}`,
    moveTitle: (count, name) => (count === 1 ? `Move ${name}` : `Move ${items(count)}`),
    copyTitle: (count, name) => (count === 1 ? `Copy ${name}` : `Copy ${items(count)}`),
    moveHere: 'Move here', copyHere: 'Copy here', space: 'Space', into: (path) => `Into ${path}`,
    folderEmpty: 'No folders in it.',
    link: (target) => `Link to ${target}`,
    folder: 'Folder'
  },
  filters: {
    where: 'Where', here: 'In this folder', everywhere: 'In all spaces', type: 'Kind', any: 'Any kind',
    time: 'Changed',
    ever: 'At any time',
    types: {
      folder: 'Folders', image: 'Pictures', video: 'Films', audio: 'Sound', document: 'Documents', archive: 'Archives'
    },
    days: (days) => (days === 1 ? 'In the last day' : days === 365 ? 'In the last year' : `In the last ${days} days`)
  },
  inFolder: {
    holds: 'Holds', counting: 'Being counted.', atLeast: (sum) => `More than ${sum}`, last: 'Changed last',
    none: 'Nothing yet.',
    by: (name, when) => `${name}, ${when}`
  },
  removed: {
    lead: (count, name) => (count === 1 ? name : items(count)),
    text: (count) => `${count === 1 ? 'is' : 'are'} in the trash.`
  },
  restored: { text: 'is back in its place.' },
  renamed: (name) => `is now called ${name}`,
  copied: (place, leftOut) => `copied to ${place}${leftOut > 0 ? `, without ${items(leftOut)} that changed meanwhile`
    : ''}`,
  held: {
    copy: 'to copy. Open a folder and press Ctrl V.', move: 'to move. Open a folder and press Ctrl V.',
    paste: 'Into this folder'
  },
  doing: (verb, done, all) => `${verb}: ${number(done)} of ${number(all)}`,
  verbs: { move: 'Moving', copy: 'Copying', remove: 'Deleting', restore: 'Restoring' }, stop: 'Stop',
  stopped: 'You stopped it.',
  failedSome: (count, sentence) => `${items(count)} could not be changed. ${sentence}`,
  moved: { text: (place) => `moved to ${place}`,
    soon: (place) => `on the way to ${place}; what is in it appears there soon` },
  panel: {
    type: 'Type', size: 'Size', modified: 'Modified', owner: 'Added by', arrived: 'Arrived', version: 'Version',
    id: 'Id',
    sha: 'SHA-256', computing: 'It is being computed.', none: 'No preview', large: 'Show large', download: 'Download',
    more: 'More',
    arrivedIn: (took, breaks) =>
      [`in ${took}`, breaks > 0 && `${breaks === 1 ? '1 break' : `${number(breaks)} breaks`}, nothing lost`]
      .filter(Boolean).join(', '),
    locked: 'Locked', lockedBy: (who, until) => `by ${who} on a drive, until ${until}`,
    items: 'Items', close: 'Close the details', curl: 'From a terminal', cut: (shown, all) =>
      `The first ${bytes(shown)} of ${bytes(all)}`
  },
  trash: {
    was: 'Was in', removed: 'Deleted', by: 'by', freed: 'Kept until', restore: 'Restore',
    forever: 'Delete for good', empty: 'Empty the trash',
    emptyTitle: 'The trash is empty', emptyText: 'What you delete or replace stays here for a while.',
    earlier: (version) => `version ${version}`, lost: 'its folder was deleted',
    foreverTitle: (name) => `Delete ${name} for good?`,
    foreverText: 'It cannot be restored any more. Its space is freed soon.',
    allTitle: 'Empty the trash?', allText: 'Nothing in it can be restored any more. Its space is freed soon.',
    keep: 'Keep', soon: (at) => when(at), restoreTo: 'Restore to', restoreTitle: (name) => `Restore ${name}`,
    restoreFault: 'Its folder was deleted, or its name is taken. Choose another place.'
  }
})
