// Parses and builds the addresses of screens, such as #/files/Projects/Raw?sort=-size. Browsers do not send the
// fragment to the service, so all screens are one document.

/** @typedef {{screen: string, path: string[], query: URLSearchParams}} Route */

/** @param {string} [hash] the fragment of a link @returns {Route} */
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
 * Returns the space of an address that names none: the user's own space if the user may upload, or null for the
 * tenant's space.
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
 * Sets the function that opens addresses; see overlay.js.
 * @param {(address: string, how: any) => void} way
 */
export const goBy = (way) => { enter = way }

// An address that was typed may contain a percent sign that encodes nothing.
function decode(text) {
  try { return decodeURIComponent(text) } catch { return text }
}
