// UI texts of ../parts/notices.js.
import { number } from '../format.js'
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,

  notices: {
    unnamed: 'A transfer',
    lead: {
      done: (name) => `${name} is done.`,
      failed: (name, state) => (state === 'partly_done' ? `${name} is done in part.` : `${name} has failed.`),
      needs_owner: (name) => `${name} waits for you.`
    },
    sum: (notice, count) => ({
      needs_owner: count === 1 ? '1 transfer waits for you.' : `${number(count)} transfers wait for you.`,
      failed: count === 1 ? '1 transfer has failed.' : `${number(count)} transfers have failed.`,
      done: `${number(count)} transfers are done.`
    }[notice]),
    short: {
      needs_owner: (count) => `${number(count)} for you`, failed: (count) => `${number(count)} failed`,
      done: (count) => `${number(count)} done`
    },
    seen: 'I have seen this'
  }
})
