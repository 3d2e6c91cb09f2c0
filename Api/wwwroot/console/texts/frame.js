// UI texts of the frame's menus, and of the page that has the navigation on a phone.
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,
  own: {
    account: 'Account', sessions: 'Sessions and devices', keys: 'My keys', limits: 'My limits',
    terminal: 'Terminal and apps', api: 'API',
    docs: 'Documents', theme: 'Light or dark', tenant: 'Change the tenant', signOut: 'Sign out', you: 'You'
  },
  progress: (share) => `${share} · `, underWay: (share, bytes) => `Uploads under way: ${share}, ${bytes} safe`,
  keys: {
    title: 'Keys',
    all: [['/', 'Search'], ['?', 'This list'], ['Esc', 'Close, or clear the selection']],
    files: [['↑ ↓', 'Move in the list'], ['A … Z', 'Go to a name'], ['Enter', 'Open'], ['Space', 'Select'],
      ['Ctrl A', 'Select all'], ['Ctrl C', 'Copy'], ['Ctrl X', 'Move'], ['Ctrl V', 'Paste into this folder'],
      ['F2', 'Rename'],
      ['Delete', 'Move to the trash'], ['Ctrl Z', 'Undo'], ['Shift F10', 'Menu of the row']]
  },
  make: {
    files: 'Upload files', folder: 'Upload folder', newFolder: 'Folder', transfer: 'Transfer', ask: 'Ask for files',
    askInto: 'Into which folder?', askHere: 'Into this folder', folderName: 'Name of the folder',
    make: 'Make the folder',
    into: (place) => `In ${place}`
  }
})
