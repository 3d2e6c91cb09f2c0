// UI texts of ../parts/stale.js.
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,

  stale: { lead: 'The service does not answer.',
    text: (at) => `You see what was true at ${at}. It continues by itself.` }
})
