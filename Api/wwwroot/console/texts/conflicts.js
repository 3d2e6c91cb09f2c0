// UI texts for names that are taken and for what cannot be read.
import { number } from '../format.js'

export const t = /** @type {const} */ ({
  unread: {
    lead: (count) => (count === 1 ? '1 item could not be read and is not uploaded:'
      : `${number(count)} items could not be read and are not uploaded:`),
    text: (paths, more) => `${paths.join(', ')}${more > 0 ? ` and ${number(more)} more` : ''}.`
  },
  conflict: {
    title: (count) => `${number(count)} names are taken`, one: (name) => `${name} is there already`,
    moved: (from) => `The file to move comes from ${from}.`, there: 'There now', comes: 'New', folder: 'Folder',
    same: 'Both have the same content, so nothing has to be done.',
    replace: 'Replace', keep: 'Keep both', skip: 'Skip',
    eachNote: 'What is replaced stays in the trash for a while.', all: 'For all of them', goOn: 'Go on',
    rest: (count) => `The same is done with ${number(count)} more.`, from: (place) => `from ${place}`,
    of: (name, from) => `What to do with ${name}${from && ` from ${from}`}`
  }
})
