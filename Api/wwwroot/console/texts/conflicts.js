// UI texts for names that are taken and for what cannot be read.
import { number } from '../format.js'

export const t = {
  unread: {
    lead: (count) => (count === 1 ? '1 item could not be read and is not uploaded:'
      : `${number(count)} items could not be read and are not uploaded:`),
    text: (paths, more) => `${paths.join(', ')}${more > 0 ? ` and ${number(more)} more` : ''}.`
  },
  conflict: {
    title: (count) => (count === 1 ? 'The name is taken' : `${number(count)} names are taken`),
    text: (path, from) => `There is something at ${path} already${from && `; the one to move comes from ${from}`}.`,
    and: (count) => `And ${number(count)} more.`,
    replace: 'Replace', keep: 'Keep both', skip: 'Skip',
    note: 'Replaced files lie in the trash for a while. The answer is for all of them.',
    each: 'Choose for each', eachTitle: 'What to do with each file?', eachNote: 'Replaced files lie in the trash for a while.',
    goOn: 'Go on',
    rest: (count) => `For ${number(count)} more, both are kept.`, from: (place) => `from ${place}`,
    of: (name, from) => `What to do with ${name}${from && ` from ${from}`}`
  }
}
