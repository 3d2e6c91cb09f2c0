import { Broken, Problem } from './http.js'
import { Backoff } from './retry.js'

/**
 * What `persist` needs of an upload.
 * @typedef {Pick<import('./upload.js').Upload, 'uploader' | 'advice' | 'advise'> & {
 *   waiting: (...wait: Parameters<import('./upload.js').Upload['waiting']>) => Promise<any>}} Waiting
 */

/**
 * Repeats work until it succeeds. Waits as advised after a break, as asked after a refusal that can pass, and without a limit where a
 * person has to sign in. Never gives up by count; what cannot succeed by repeating is thrown.
 * @param {Waiting} upload
 * @param {AbortSignal} signal
 * @param {(attempt: number) => Promise<any>} work
 */
export async function persist(upload, signal, work) {
  const { alarm, renew } = upload.uploader
  const backoff = new Backoff(() => upload.advice)
  let renewed = false
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (signal.aborted) throw error
      if (error instanceof Problem) {
        if (error.advice) upload.advise(error.advice)
        if (error.code === 'invalid_csrf_token' && !renewed) {
          renewed = await renew().then(() => true, () => false)
          if (renewed) continue
          error.retryable = true
        }
        if (error.status === 401) {
          await upload.waiting('signed-out', error, attempt, Infinity, () => alarm.wait(Infinity, signal))
          continue
        }
      }
      if (!(error instanceof Broken || (error instanceof Problem && error.retryable))) throw error
      const ms = backoff.next(error instanceof Problem ? error : undefined)
      await upload.waiting(error instanceof Broken ? 'offline' : 'held', error, attempt, ms, () => alarm.wait(ms, signal))
    }
  }
}
