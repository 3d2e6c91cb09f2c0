// Loads data that rarely changes and may need an operator: the certificate, webhooks and limits.
import { call } from '../api.js'

/**
 * Loads the parts. A part that cannot be loaded keeps its former value, so that its problems do not disappear.
 * @typedef {{system: any, hooks: any[], limits: any[]}} SetUp
 * @param {SetUp} former
 * @returns {Promise<SetUp>}
 */
export async function loadSetUp(former) {
  const load = (path, former, of) => call('GET', path).then(of, () => former)
  const [system, hooks, limits] = await Promise.all([
    load('api/system', former.system, (answer) => answer), load('api/webhooks', former.hooks, ({ items }) => items),
    load('api/limits', former.limits, ({ items }) => items)
  ])
  return { system, hooks, limits }
}
