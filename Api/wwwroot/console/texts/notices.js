// UI texts of ../parts/notices.js.
import { number } from '../format.js'
import { t as common } from './shell.js'

export const t = {
  ...common,

  notices: {
    unnamed: 'A transfer', show: 'Show', showAll: 'Show all',
    lead: {
      done: (name) => `${name} is done.`,
      failed: (name, state) => (state === 'partly_done' ? `${name} is done in part.` : `${name} has failed.`),
      needs_owner: (name) => `${name} waits for you.`
    },
    more: (count) => (count === 1 ? 'There is news of 1 more transfer.' : `There is news of ${number(count)} more transfers.`)
  }
}
