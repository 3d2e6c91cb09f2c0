// UI texts of ../frame/signout.js.
import { bytesOf } from '../format.js'
import { files } from './shell.js'

export const t = /** @type {const} */ ({
  signOut: {
    title: 'Pause the uploads and sign out?',
    text: (count, safe, all) => `${files(count)} ${count === 1 ? 'is'
      : 'are'} not completely uploaded: ${bytesOf(safe, all)} safe. `
      + 'What is safe stays safe, and you can resume after your next sign-in in this browser.',
    yes: 'Pause and sign out', stay: 'Stay signed in'
  }
})
