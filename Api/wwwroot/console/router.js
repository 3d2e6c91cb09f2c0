// Addresses of screens: #/files/Projects/Raw?sort=-size. The fragment never reaches the service, so every page is the
// same file.

/** @typedef {{screen: string, path: string[], query: URLSearchParams}} Route */

/** @param {string} [hash] of a link @returns {Route} */
export function here(hash = location.hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [screen = '', ...names] = path.split('/').filter(Boolean).map(decode)
  return { screen, path: names, query: new URLSearchParams(query) }
}

/** @param {string} screen @param {string[]} [path] @param {Record<string, string | null | undefined>} [query] */
export function addressOf(screen, path = [], query = {}) {
  const given = Object.entries(query).filter(([, value]) => value)
  const text = given.length > 0 ? `?${new URLSearchParams(given)}` : ''
  return `#/${[screen, ...path].map(encodeURIComponent).join('/')}${text}`
}

/**
 * The space that an address without one means: the person's own, where there is one to fill; null is the tenant's.
 * @param {any} me
 */
export const homeOf = (me) => (me.scopes.includes('upload') ? me.space ?? null : null)

/** @type {(address: string, how: {replace?: boolean, laid?: boolean}) => void} */
let enter = (address, { replace }) => {
  if (!replace) { location.hash = address; return }
  history.replaceState(null, '', address)
  dispatchEvent(new HashChangeEvent('hashchange'))
}

/** @param {string} address @param {{replace?: boolean, laid?: boolean}} [how] */
export const go = (address, how = {}) => enter(address, how)

/**
 * What lies over a place has a way of its own through the history.
 * @param {(address: string, how: any) => void} way
 */
export const goBy = (way) => { enter = way }

// A hand-written address may have a lone percent sign.
function decode(text) {
  try { return decodeURIComponent(text) } catch { return text }
}
