import { aborted, Broken } from './http.js'

/** One request where there is no XMLHttpRequest, as in node. @returns what http.js needs */
export async function byFetch(method, url, { headers, body = null, signal, onSent }) {
  try {
    const answer = await fetch(url, { method, headers, body, signal, redirect: 'error' })
    const text = method === 'HEAD' ? '' : await answer.text()
    onSent?.(body?.size ?? 0)
    return { status: answer.status, text, header: (name) => answer.headers.get(name) }
  } catch (error) {
    if (signal?.aborted) throw aborted()
    throw new Broken('The connection broke.', { cause: error })
  }
}
