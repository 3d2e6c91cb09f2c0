// UI texts of ../parts/stale.js.
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,

  stale: { lead: 'The service does not answer.',
    text: (at) => `This page shows the state of ${at}, and continues by itself.` }
})
