// UI texts of ../networks.
import { bytes, number } from '../format.js'
import { t as common } from './shell.js'

const networks = (count) => (count === 1 ? '1 network' : `${number(count)} networks`)

export const t = /** @type {const} */ ({
  ...common,

  networks: {
    title: 'Networks',
    hint: 'The service measures the link of each client and advises how large its next chunks should be, and how '
      + 'many at a time.',
    byClass: 'By class', list: 'All networks', find: 'Search networks', filter: 'Class', every: 'All classes',
    class: 'Class', speed: 'Speed', failed: 'Failed requests', breaks: 'Between two breaks', advice: 'Usual advice',
    network: 'Network', pause: 'Pause between requests', uploaded: 'Uploaded', seen: 'Last upload',
    words: {
      slow: 'Slow', medium: 'Medium', fast: 'Fast', unknown: 'Not measured yet'
    },
    hints: {
      slow: 'below 1 Mbit/s', medium: '1 to 10 Mbit/s', fast: 'above 10 Mbit/s',
      steady: 'breaks less than once in 5 minutes', unsteady: 'breaks every few minutes',
      unstable: 'breaks more than twice a minute'
    },
    count: (known, ended) => `${networks(known)}, ${ended === 1 ? '1 upload'
      : `${number(ended)} uploads`} ended in 7\u00a0days`,
    advised: (concurrency, chunkSize) => `${concurrency} × ${bytes(chunkSize)}`,
    noBreak: 'no break seen', share: (part, all) => (all === 0 ? '–'
      : `${(100 * part / all).toFixed(part === 0 ? 0 : 1)}\u00a0%`),
    of: (part, all) => `${number(part)} of ${number(all)} requests`,
    first: (count) => `The first ${number(count)} are shown.`,
    empty: ['No network is known yet', 'The service measures a network when a client uploads from it.'],
    nothing: ['No network matches', 'Choose another class, or search for something else.']
  }
})
