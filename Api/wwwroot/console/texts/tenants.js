// UI texts of ../frame/tenants.js.
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,
  tenant: { switch: (name) => `Tenant: ${name}. Change` }
})
