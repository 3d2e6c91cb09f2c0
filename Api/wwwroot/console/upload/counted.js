// Gets the number of failed requests of an upload from the service. The page itself knows only the requests since it
// was loaded, and it also counts those that never arrived.
import { call } from '../api.js'

// The service is asked at most once in this time.
const AGAIN_MS = 2_000

/** @type {WeakMap<object, {breaks: number | null, retries: number, at: number}>} */
const known = new WeakMap()

/**
 * Returns the number of requests that broke, and asks the service again if the page has noticed another break. For an
 * upload without a session, the page's own number is returned.
 * @param {import('../../client/upload.js').Upload} upload
 */
export function breaksOf(upload) {
  if (!upload.session) return upload.retries
  const one = known.get(upload) ?? { breaks: null, retries: -1, at: 0 }
  known.set(upload, one)
  if (one.retries !== upload.retries && Date.now() - one.at > AGAIN_MS) {
    Object.assign(one, { retries: upload.retries, at: Date.now() })
    call('GET', `api/sessions/${upload.session}`).then(({ failures }) => { one.breaks = failures.count },
      () => { one.retries = -1 })
  }
  return one.breaks ?? 0
}

/**
 * Returns the breaks, the start and the end of a completed upload.
 * @param {import('../../client/upload.js').Upload} upload
 * @returns {[breaks: number, began: number, ended: number]} times in milliseconds since 1970
 */
export function countedOf({ result, retries, startedAt, endedAt }) {
  const { session } = result ?? {}
  return session?.completedAt
    ? [session.failures.count, new Date(session.createdAt).getTime(), new Date(session.completedAt).getTime()]
    : [retries, startedAt, endedAt]
}
