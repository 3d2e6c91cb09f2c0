// UI texts of ../parts/stale.js.
import { t as common } from './shell.js'

export const t = {
  ...common,

  stale: { lead: 'The service does not answer.', text: (at) => `You see what was true at ${at}. It continues by itself.` }
}
