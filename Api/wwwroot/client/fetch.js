import { aborted, Broken } from './http.js'

/**
 * Sends one request where there is no XMLHttpRequest, as in node.
 * @param {string} method @param {string} url
 * @param {{headers?: Record<string, string>, body?: Blob | string | null, signal?: AbortSignal, onSent?: (sent: number) => void,
 *   onText?: (text: string) => void, stallMs?: number}} options
 */
export async function byFetch(method, url, { headers, body = null, signal, onSent }) {
  try {
    const answer = await fetch(url, { method, headers, body, signal, redirect: 'error' })
    const text = method === 'HEAD' ? '' : await answer.text()
    onSent?.(body instanceof Blob ? body.size : 0)
    return { status: answer.status, text, header: (name) => answer.headers.get(name) }
  } catch (error) {
    if (signal?.aborted) throw aborted()
    throw new Broken('The connection broke.', { cause: error })
  }
}
