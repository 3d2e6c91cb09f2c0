// One request. XMLHttpRequest where there is one: fetch does not tell how much of a body was sent.

/** The service has answered with an error; its fields are those of the answer (docs/errors.md). */
export class Problem extends Error {
  /** @param {number} status @param {any} body @param {(name: string) => string | null} header */
  constructor(status, body, header) {
    super(body?.detail ?? `The service answered with ${status}.`)
    this.status = status
    this.code = body?.code ?? header('X-Error-Code') ?? `http_${status}`
    const seconds = Number(header('Retry-After'))
    this.retryAfterMs = body?.retryAfterMs ?? (seconds > 0 ? seconds * 1000 : 0)
    // A proxy's answer has no body of ours.
    this.retryable = body?.retryable ?? (status >= 500 || [408, 423, 429].includes(status))
    this.advice = body?.advice ?? null
    this.body = body
  }
}

/** No answer came: the connection broke, or nothing moved for too long. */
export class Broken extends Error {}

export const aborted = () => Object.assign(new Error('The request was given up.'), { name: 'AbortError' })

/**
 * `onSent` gets the bytes of the body that were sent, `onText` the answer so far, of any type; the request is given up when nothing moves
 * for `stallMs`.
 * @param {string} method @param {string} url
 * @param {{headers?: Record<string, string>, body?: Blob | string | null, signal?: AbortSignal, onSent?: (sent: number) => void,
 *   onText?: (text: string) => void, stallMs?: number}} [options]
 * @throws {Problem | Broken}
 */
export async function request(method, url, options = {}) {
  if (options.signal?.aborted) throw aborted()
  const send = globalThis.XMLHttpRequest ? byXhr : (await import('./fetch.js')).byFetch
  const { status, text, header } = await send(method, url, options)
  let body = null
  if (/\bjson\b/.test(header('Content-Type') ?? '')) {
    // An answer that is cut in its middle is no answer.
    try { body = text ? JSON.parse(text) : null } catch { throw new Broken('The answer is not complete.') }
  }
  if (status >= 400) throw new Problem(status, body, header)
  if (options.onText) options.onText(text)
  else if (text && !body) throw new Broken('Something else than the service has answered.')
  return { status, body, header }
}

/**
 * @param {string} method @param {string} url @param {Parameters<typeof request>[2]} options
 * @returns {Promise<{status: number, text: string, header: (name: string) => string | null}>}
 */
function byXhr(method, url, { headers = {}, body = null, signal, onSent, onText, stallMs = 15_000 }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    let timer = 0
    const end = (settle) => (value) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      settle(value)
    }
    const fail = end(reject)
    const stop = () => { xhr.abort(); fail(aborted()) }
    const moved = (ms) => {
      clearTimeout(timer)
      timer = setTimeout(() => { xhr.abort(); fail(new Broken('Nothing moved for too long.')) }, ms)
    }
    xhr.open(method, url)
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value)
    if (body !== null) {
      xhr.upload.onprogress = ({ loaded }) => { moved(stallMs); onSent?.(loaded) }
      // The sent bytes may still wait in buffers on the way.
      xhr.upload.onload = () => moved(Math.max(30_000, 3 * stallMs))
    }
    xhr.onprogress = () => { moved(stallMs); if (xhr.status < 400) onText?.(xhr.responseText) }
    xhr.onerror = () => fail(new Broken('The connection broke.'))
    xhr.onload = () => end(resolve)({ status: xhr.status, text: xhr.responseText, header: (name) => xhr.getResponseHeader(name) })
    signal?.addEventListener('abort', stop)
    moved(Math.max(stallMs, body === null ? 15_000 : 0))
    xhr.send(body)
  })
}
