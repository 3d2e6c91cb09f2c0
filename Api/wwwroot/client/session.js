import { persist } from './attempt.js'
import { changed } from './hasher.js'
import { aborted } from './http.js'
import { Ranges } from './ranges.js'

const STEP = 64 << 10
// A browser holds a chunk in memory while it hashes it.
const LARGEST = 32 << 20
// The session itself lists up to this many missing ranges; /missing has all of them, in pages.
const LISTED = 100
// Near the end, a chunk is at least this fraction (1/16) of the bytes sent in a second.
const LEAST_SHARE = 16
// How often the service may refuse the content of one chunk before the file counts as changed.
const WRONG = 3
// States in which the bytes are sent again, and the code of a session that the service does not know any more.
const GONE = ['not_found', 'expired', 'failed']

/**
 * Sends a file by the session API: chunks in parallel, each verified by its SHA-256; a chunk that broke off goes on where it broke.
 * @param {import('./upload.js').Upload} upload
 * @param {AbortSignal} signal
 * @returns {Promise<any>} the completed session
 */
export const sendInChunks = (upload, signal) => upload.orAnew(() => send(upload, signal), GONE)

async function send(upload, signal) {
  const call = (method, path, options) => upload.request(method, `api/sessions${path}`, { signal, ...options })
  let view = await openSession(upload, signal, call)
  for (let before = ''; view.state === 'open' || view.state === 'completing';) {
    const missing = await missingOf(upload, view, signal, call)
    upload.know(missing, view.advice)
    // A round that brought nothing means that the chunks and the file contradict each other.
    const now = `${missing.total} ${upload.uploader.limit}`
    if (missing.total > 0 && now === before) throw changed()
    before = now
    await sendRanges(upload, missing, signal, call)
    upload.enter('verifying')
    try {
      const answer = await persist(upload, signal, () => call('POST', `/${upload.session}/complete`, { stallMs: 60_000 }))
      view = answer.body
      while (view.state === 'completing' || answer.status === 202 && view.state === 'open') {
        await upload.uploader.alarm.wait(1000, signal)
        view = (await persist(upload, signal, () => call('GET', `/${upload.session}`))).body
      }
    } catch (error) {
      if (error.code === 'already_completed') return (await call('GET', `/${upload.session}`)).body
      if (error.code !== 'missing_ranges') throw error
      upload.enter('uploading')
      view = (await persist(upload, signal, () => call('GET', `/${upload.session}`))).body
    }
  }
  if (['completed', 'checking'].includes(view.state)) return view
  throw endedBy(view.state)
}

function endedBy(state) {
  const cancelled = ['cancelled', 'deleted'].includes(state)
  return Object.assign(new Error(`The upload is ${state}.`), cancelled ? { name: 'Cancelled' } : { code: state })
}

/** The upload's session: a new one, or the one it had, resumed. */
async function openSession(upload, signal, call) {
  if (upload.session) {
    const { body } = await persist(upload, signal, () => call('GET', `/${upload.session}`))
    if (body.state !== 'paused') return body
    try {
      return (await persist(upload, signal, () => call('POST', `/${upload.session}/resume`))).body
    } catch (error) {
      // Links cannot resume: the upload stays paused.
      throw error.status === 404 ? Object.assign(error, { code: 'paused' }) : error
    }
  }
  const body = JSON.stringify({
    path: upload.path, space: upload.space ?? undefined, size: upload.size, contentType: upload.type || undefined,
    conflict: upload.conflict,
    modifiedAt: upload.modifiedAt
  })
  // The key makes a repeated creation find the session of the first.
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `${upload.id}-${upload.restarts}` }
  // Its answer is awaited even by who cancels: else the session would stay.
  const { body: view } = await persist(upload, signal, () => call('POST', '', { headers, body, signal: undefined }))
  upload.session = view.id
  await upload.save()
  if (signal.aborted) throw aborted()
  return view
}

async function missingOf(upload, view, signal, call) {
  if ((view.missing?.length ?? 0) < LISTED) return new Ranges(view.missing ?? [])
  const missing = new Ranges()
  for (let cursor = ''; cursor !== null;) {
    const query = `?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const { body } = await persist(upload, signal, () => call('GET', `/${upload.session}/missing${query}`))
    for (const range of body.items) missing.add(range.offset, range.length)
    cursor = body.nextCursor
  }
  return missing
}

async function sendRanges(upload, missing, signal, call) {
  const stop = new AbortController()
  const onAbort = () => stop.abort()
  signal.addEventListener('abort', onAbort)
  const plan = new Plan(upload, missing)
  const lanes = new Set()
  try {
    for (;;) {
      while (lanes.size < upload.streams) {
        const chunk = plan.next(lanes.size - upload.waiters)
        if (!chunk) break
        const lane = sendChunk(upload, chunk, stop.signal, call).finally(() => lanes.delete(lane))
        lanes.add(lane)
      }
      if (lanes.size === 0) return
      await Promise.race(lanes)
    }
  } finally {
    stop.abort()
    signal.removeEventListener('abort', onAbort)
    await Promise.allSettled(lanes)
  }
}

/** Which bytes the next chunk has. */
class Plan {
  #upload
  #missing
  #begun

  /** @param {import('./upload.js').Upload} upload @param {Ranges} missing */
  constructor(upload, missing) {
    this.#upload = upload
    this.#missing = new Ranges(missing.items)
    // Chunks that an earlier page has begun: the service may have kept a part of each.
    this.#begun = upload.begun.filter(({ offset, length }) => missing.within(offset, length) === length)
    for (const { offset, length } of this.#begun) this.#missing.remove(offset, length)
    upload.begun = []
  }

  /** The advised size. What is left is advised in equal parts for all streams; where fewer run, each gets more, and none so little
   * that the beginning of a request takes longer than its bytes. */
  get #size() {
    const { advice, streams, speed } = this.#upload
    return advice.why?.limitedBy === 'remaining' ? Math.max(advice.chunkSize * advice.concurrency / streams, speed / LEAST_SHARE)
      : advice.chunkSize
  }

  /** @param {number} busy requests that run now */
  next(busy) {
    const begun = this.#begun.shift()
    if (begun) return { ...begun, sent: 0, kept: 0, tries: 0, again: true }
    const [gap] = this.#missing.items
    if (!gap) return null
    // Staggered, so that streams that begin together do not end together.
    const share = Math.min(1, (Math.max(0, busy) + 1) / this.#upload.streams)
    // Proxies may take no more than the service has ever advised.
    const most = Math.min(this.#upload.most || LARGEST, LARGEST, this.#upload.uploader.limit)
    let length = Math.min(Math.max(STEP, Math.floor(this.#size * share / STEP) * STEP), most)
    if (gap.length - length < length / 8 && gap.length <= most) length = gap.length
    const { offset } = gap
    this.#missing.remove(offset, length)
    return { offset, length, sent: 0, kept: 0, tries: 0, again: false }
  }
}

async function sendChunk(upload, chunk, signal, call) {
  const path = `/${upload.session}/chunks/${chunk.offset}`
  upload.begin(chunk)
  try {
    const blob = upload.file.slice(chunk.offset, chunk.offset + chunk.length)
    chunk.digest = await upload.uploader.hasher.digest(blob, signal)
    let wrong = 0
    await persist(upload, signal, async (attempt) => {
      if (attempt > 0) upload.retry(chunk)
      if (chunk.again && await askKept(chunk, path, call, signal)) { upload.received(chunk.offset, chunk.length); return }
      chunk.again = true
      try {
        await upload.uploader.slots.run(upload.rank, signal, () => put(upload, chunk, blob, path, call, signal))
      } catch (error) {
        if (error.code === 'digest_mismatch' && ++wrong >= WRONG) throw changed(error)
        // A proxy takes less.
        if (error.code === 'http_413' && chunk.length > STEP) upload.uploader.limit = Math.min(upload.uploader.limit, chunk.length >> 1)
        // Other bytes of the file were received there meanwhile: what is missing is asked for once this round is over.
        else if (error.code !== 'overlap') throw error
      }
    })
    upload.end(chunk)
  } catch (error) {
    upload.end(chunk, true)
    throw error
  }
}

/** Asks how much of a chunk is kept. True when all of it is there. */
async function askKept(chunk, path, call, signal) {
  try {
    const { header } = await call('HEAD', path, { signal })
    const whole = Number(header('Upload-Length'))
    chunk.kept = Number(header('Upload-Offset')) || 0
    chunk.sent = 0
    return chunk.kept >= chunk.length && whole === chunk.length
  } catch (error) {
    if (error.status !== 404 || error.code !== 'no_such_chunk') throw error
    chunk.kept = 0
    return false
  }
}

async function put(upload, chunk, blob, path, call, signal) {
  // A part that another attempt left behind may be longer than this chunk; then it is of no use.
  const from = chunk.kept < chunk.length ? chunk.kept : 0
  const headers = { 'X-Chunk-SHA256': chunk.digest, 'Content-Type': 'application/octet-stream' }
  if (from > 0) headers['Content-Range'] = `bytes ${chunk.offset + from}-${chunk.offset + chunk.length - 1}/*`
  chunk.sent = 0
  const onSent = (sent) => upload.moved(chunk, sent)
  const { body } = await call('PUT', path, { signal, headers, body: blob.slice(from), onSent, stallMs: upload.advice.stallTimeoutMs })
  upload.advise(body.advice)
  upload.received(chunk.offset, chunk.length)
}
