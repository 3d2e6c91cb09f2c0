// Calls the service's API. The address is relative, because a proxy may add a path prefix.
import { Problem, Broken, request } from '../client/http.js'

export { Problem, Broken }

/** The service's root. */
export const root = new URL('../', document.baseURI)

/**
 * Answers that were requested before the screen that needs them is loaded: see files/address.js.
 * @type {Map<string, Promise<any>>}
 */
export const foreseen = new Map()
/** @type {string | null} */
let token = null
let onSignedOut = () => {}
/** @type {(answered: boolean) => void} */
let onAsked = () => {}

/** @param {() => void} listener called when the browser is no longer signed in */
export function whenSignedOut(listener) { onSignedOut = listener }

/**
 * @param {(answered: boolean) => void} listener called after each call with a value that indicates whether the
 *   service answered
 */
export function whenAsked(listener) { onAsked = listener }

/**
 * Requests the signed-in user and the CSRF token that changing requests need.
 * @returns {Promise<import('./app.js').SignInState>}
 */
export async function signInState() {
  const { body } = await request('GET', new URL('signin/state', root).href)
  token = body.csrfToken
  return body
}

/** Returns the headers that each request of the page needs. @returns {Record<string, string>} */
export const headers = () => (token ? { 'X-CSRF-Token': token } : {})

/**
 * @param {string} method
 * @param {string} path below the root
 * @param {any} [json] a body
 * @param {Record<string, string>} [more] headers
 * @returns {Promise<any>} the answer's body
 * @throws {Problem | Broken}
 */
export const call = async (method, path, json, more) => (await ask(method, path, json, more)).body

/**
 * Calls the API and returns the answer with its headers.
 * @param {string} method
 * @param {string} path below the root
 * @param {any} [json] a body
 * @param {Record<string, string>} [more] headers
 * @returns {Promise<{body: any, header: (name: string) => string | null}>}
 * @throws {Problem | Broken}
 */
export async function ask(method, path, json, more) {
  const known = method === 'GET' && foreseen.get(path)
  if (foreseen.delete(path) && known) return known
  const send = () => request(method, new URL(path, root).href, {
    headers: { ...headers(), ...more, ...(json === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: json === undefined ? null : JSON.stringify(json)
  })
  try {
    const answer = await send()
    onAsked(true)
    return answer
  } catch (error) {
    onAsked(!(error instanceof Broken))
    if (error.status === 401) onSignedOut()
    if (error.code !== 'invalid_csrf_token') throw error
    await signInState()
    return await send()
  }
}

/** Returns a sentence that describes the error to the user. @param {Error} error */
export const sentenceOf = (error) => error.message

/** @param {Error & {code?: string}} error */
export const codeOf = (error) => error.code ?? (error instanceof Broken ? 'no_connection' : error.name)
