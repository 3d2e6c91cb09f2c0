import { persist } from './attempt.js'
import { Emitter } from './emitter.js'
import { Broken, request } from './http.js'
import { Ranges } from './ranges.js'
import { sendInChunks } from './session.js'
import { sendWhole } from './small.js'

const START = { chunkSize: 512 << 10, concurrency: 4, retryDelayMs: [125, 250], stallTimeoutMs: 8000 }
// The speed is measured over this time.
const WINDOW_MS = 5000
const DIGEST_MS = 120_000
// Nanoseconds since 1970 have 63 bits there.
const LATEST_MS = 9.2e12
// The longest time between two requests for the state of a file that is being checked.
const CHECK_MS = 10_000

/** States in which nothing happens any more. */
export const ENDED = ['done', 'failed', 'cancelled']

/** No connection; refused for now; signed out. */
const HELD = ['offline', 'held', 'signed-out']

/**
 * What the memory keeps of an upload: see README.md.
 * @typedef {{id: string, name: string, path: string, space?: string | null, size: number, type: string, lastModified: number,
 *   conflict: import('./index.d.ts').Conflict, addedAt: number, taken?: boolean, handle?: import('./index.d.ts').Chosen['handle'],
 *   session?: string | null, checking?: string | null, restarts?: number, begun?: import('./index.d.ts').Range[], tried?: boolean}} Record
 */

/** One file on its way. */
export class Upload extends Emitter {
  /** @type {import('./index.d.ts').UploadState} */
  state = 'waiting'
  /** @type {any} */
  error = null
  nextTryAt = 0
  failures = 0
  retries = 0
  restarts = 0
  safe = new Ranges()
  /** @type {Map<number, import('./index.d.ts').RunningChunk>} */
  running = new Map()
  /** @type {import('./index.d.ts').Range[]} */
  begun = []
  waiters = 0
  peak = 0
  startedAt = 0
  endedAt = 0
  /** @type {string | null} */
  session = null
  /** The id of a file that was sent whole and that a checker looks at. @type {string | null} */
  checking = null
  /** @type {import('./index.d.ts').Upload['result']} */
  result = null
  /** What sends it with others. @type {any} */
  pack = null
  /** @type {import('./index.d.ts').Advice} */
  advice = START
  /** The largest chunk that was advised. */
  most = 0
  /** @type {{at: number, bytes: number}[]} */
  #samples = []
  /** @type {AbortController | null} */
  #stop = null
  #ended = Promise.resolve()
  #pausing = /** @type {Promise<any>} */ (Promise.resolve())

  /** @param {import('./uploader.js').Uploader} uploader @param {Record} record @param {File | null} file */
  constructor(uploader, record, file) {
    super()
    this.uploader = uploader
    this.file = file
    this.id = record.id
    this.name = record.name
    this.path = record.path
    this.space = record.space ?? null
    this.size = record.size
    this.type = record.type
    this.lastModified = record.lastModified
    this.conflict = record.conflict
    this.taken = record.taken
    this.handle = record.handle
    this.addedAt = record.addedAt
    this.session = record.session ?? null
    this.checking = record.checking ?? null
    this.restarts = record.restarts ?? 0
    this.begun = record.begun ?? []
    /** Its place among the uploads of the page. */
    this.rank = 0
    /** Whether a request with the whole file was made; it may have succeeded without an answer. */
    this.tried = record.tried ?? false
  }

  get sent() {
    let sent = this.safe.total
    for (const chunk of this.running.values()) sent += Math.min(chunk.length, chunk.kept + chunk.sent)
    return Math.min(sent, this.size)
  }

  get speed() {
    const now = performance.now()
    while (this.#samples.length > 0 && now - this.#samples[0].at > WINDOW_MS) this.#samples.shift()
    if (this.#samples.length < 2) return 0
    const bytes = this.#samples.reduce((sum, sample) => sum + sample.bytes, 0)
    return bytes / Math.max(0.5, (now - this.#samples[0].at) / 1000)
  }

  get streams() { return Math.max(1, Math.min(this.advice.concurrency, this.uploader.maxRequests)) }

  get active() { return this.#stop !== null }

  get startable() { return this.state === 'waiting' && this.file && !this.active }

  /** Aborts running requests and keeps what is safe. Tells the service, so that other users see the pause. */
  async pause() {
    if (ENDED.includes(this.state) || this.state === 'choose') return
    this.enter('paused')
    await this.#halt()
    await this.save()
    if (this.state !== 'paused' || !this.#inSession) return
    this.#pausing = this.request('POST', `api/sessions/${this.session}/pause`).catch(() => {})
    await this.#pausing
  }

  resume() {
    if (this.state !== 'paused' && this.state !== 'failed') return
    this.error = null
    this.failures = 0
    this.endedAt = 0
    this.enter(this.file ? 'waiting' : 'choose')
    this.save()
    this.uploader.advance()
  }

  /** Ends it for good and frees what the service holds of it. */
  async cancel() {
    const finished = this.state === 'done'
    if (!finished) this.enter('cancelled')
    await this.#halt()
    await this.uploader.forget(this)
    const session = this.session ?? this.checking
    if (!session || finished) return
    const headers = this.#byTus ? { 'Tus-Resumable': '1.0.0' } : {}
    await this.request('DELETE', this.#byTus ? session : `api/sessions/${session}`, { headers }).catch(() => {})
  }

  /** Takes the file that a person has chosen again. @throws {Problem | Broken} the service cannot be asked now */
  async choose(file, handle) {
    if (file.size !== this.size || !await this.#isSame(file)) return false
    Object.assign(this, { file, handle: handle ?? this.handle })
    if (this.state === 'choose' || this.state === 'failed') this.enter('waiting')
    await this.save()
    this.uploader.advance()
    return true
  }

  /** Sends until the end; the state has the outcome. */
  async run(pack = null) {
    this.pack = pack
    const stop = new AbortController()
    this.#stop = stop
    this.startedAt ||= Date.now()
    this.enter('uploading')
    this.#ended = this.#send(stop.signal, pack).then(
      (result) => this.#finish(result),
      (error) => { if (!stop.signal.aborted) this.#fail(error) }
    ).finally(() => { this.#stop = this.pack = null })
    await this.#ended
    this.uploader.advance()
  }

  async #send(signal, pack) {
    // A pause that arrives after the resume would pause the session again.
    await this.#pausing
    if (this.#byTus) return this.#published(await (await import('./tus.js')).sendByTus(this, signal), signal)
    if (!this.session && !this.taken && this.size <= this.uploader.smallFile) {
      const entry = this.checking ? { state: 'checking', id: this.checking }
        : await pack?.send(this, signal) ?? await sendWhole(this, signal)
      if (entry?.state === 'checking') {
        this.checking = entry.id
        await this.save()
        return this.#published({ fileId: entry.id }, signal)
      }
      if (entry) return { entry, fileId: entry.fileId, sha256: entry.sha256, path: entry.path }
    }
    const session = await sendInChunks(this, signal)
    return this.#published({ fileId: session.id, sha256: session.sha256, session }, signal)
  }

  /** The file with its place, once a checker, if there is one, has let it pass. */
  async #published(sent, signal) {
    if (!this.uploader.places) return { ...sent, path: null }
    for (let ms = 500; ; ms = Math.min(2 * ms, CHECK_MS)) {
      const result = await this.#placeOf(sent, signal)
      if (result.state !== 'checking') return result
      this.safe = new Ranges([{ offset: 0, length: this.size }])
      this.enter('checking')
      this.uploader.advance()
      await this.uploader.alarm.wait(ms, signal)
    }
  }

  async #finish(result) {
    this.result = result
    this.safe = new Ranges([{ offset: 0, length: this.size }])
    this.endedAt = Date.now()
    await this.uploader.forget(this, true)
    if (this.result.unfiledReason) this.#fail(Object.assign(new Error(this.result.unfiledReason), { name: 'Unfiled' }))
    else this.enter('done')
    this.emit('done', this)
    this.#awaitDigest()
  }

  /** The service hashes a long file to its end after it is complete. */
  async #awaitDigest() {
    for (let ms = 500; this.uploader.places && !this.result.sha256 && ms < DIGEST_MS; ms *= 2) {
      await new Promise((resolve) => setTimeout(resolve, ms))
      this.result = await this.#placeOf(this.result, new AbortController().signal)
      this.#changed()
    }
  }

  /** Asks where the file lies now, or why it has no place. */
  async #placeOf(result, signal) {
    try {
      const { body } = await persist(this, signal, () => this.request('GET', `api/files/${result.fileId}`, { signal }).catch((error) => {
        if (error.code !== 'being_checked') throw error
        return { body: { state: 'checking' } }
      }))
      const { sha256, places, unfiledReason, state } = body
      return { ...result, sha256, path: places?.[0] ?? null, unfiledReason: unfiledReason ?? null, state: state ?? null }
    } catch (error) {
      if (signal.aborted || ['refused_by_check', 'cancelled', 'failed'].includes(error.code)) throw error
      // It is complete, but this caller may not read where it lies.
      return { ...result, path: null }
    }
  }

  #fail(error) {
    this.endedAt = Date.now()
    this.error = error
    this.checking = null
    this.enter(error.name === 'Cancelled' || error.code === 'cancelled' ? 'cancelled' : error.code === 'paused' ? 'paused' : 'failed')
    if (this.state === 'cancelled') this.uploader.forget(this)
    else this.save()
  }

  async #halt() {
    this.#stop?.abort()
    await this.#ended.catch(() => {})
  }

  get #byTus() { return this.uploader.protocol === 'tus' }

  get #inSession() { return this.session !== null && !this.#byTus }

  /** Asks how much is safe of an upload that is not sent now. */
  async peek() {
    if (!this.#inSession) return
    const { state } = this
    const { body } = await this.request('GET', `api/sessions/${this.session}`)
    if (body.missing && state === this.state) this.know(new Ranges(body.missing), body.advice)
    this.#changed()
  }

  async #isSame(file) {
    if (file.lastModified === this.lastModified && file.name === this.name) return true
    // By tus the service says nothing about the content of what it has.
    if (this.#byTus && this.session) return false
    if (this.session && !await (await import('./same.js')).hasSame(this, file)) return false
    this.lastModified = file.lastModified
    return true
  }

  /** The members below are for the modules that send. */

  /** In seconds since 1970, if the service can keep the time. */
  get modifiedAt() {
    return this.lastModified && Math.abs(this.lastModified) < LATEST_MS ? String(this.lastModified / 1000) : undefined
  }

  /** Sends; what the service does not have any more is sent once more, from the beginning. */
  async orAnew(send, gone) {
    try {
      return await send()
    } catch (error) {
      if (!this.session || !gone.includes(error.code)) throw error
      this.restart()
      return send()
    }
  }

  async request(method, path, options = {}) {
    const { body } = options
    try {
      return await request(method, new URL(path, this.uploader.base).href, {
        ...options, headers: { ...await this.uploader.headers(), ...options.headers }
      })
    } catch (error) {
      // Browsers also say that the connection broke when a file cannot be read.
      if (error instanceof Broken && body instanceof Blob) await this.uploader.hasher.digest(body.slice(0, 1))
      throw error
    }
  }

  enter(state) {
    if (state === this.state || (ENDED.includes(this.state) && state !== 'waiting' && state !== 'choose')) return
    this.state = state
    if (state !== 'offline') this.nextTryAt = 0
    this.#changed()
  }

  know(missing, advice) {
    this.safe = new Ranges([{ offset: 0, length: this.size }])
    for (const { offset, length } of missing.items) this.safe.remove(offset, length)
    this.advise(advice)
  }

  advise(advice) {
    if (!advice) return
    this.advice = advice
    this.most = Math.max(this.most, advice.chunkSize)
    this.emit('advice', advice)
  }

  begin(chunk) {
    this.running.set(chunk.offset, chunk)
    if (this.session) this.save()
    this.#changed()
  }

  /** @param {boolean} [unfinished] a part of the chunk may be kept, so that the next run asks for it */
  end(chunk, unfinished = false) {
    this.running.delete(chunk.offset)
    if (unfinished) this.begun.push({ offset: chunk.offset, length: chunk.length })
    this.#changed()
  }

  retry(chunk) {
    chunk.tries++
    this.retries++
    this.emit('retry', chunk)
  }

  moved(chunk, sent) {
    this.#samples.push({ at: performance.now(), bytes: Math.max(0, sent - chunk.sent) })
    chunk.sent = sent
    this.peak = Math.max(this.peak, this.speed)
    this.failures = 0
    if (HELD.includes(this.state)) this.enter('uploading')
    this.#changed()
  }

  received(offset, length) {
    this.safe.add(offset, length)
    this.failures = 0
    if (HELD.includes(this.state)) this.enter('uploading')
    this.#changed()
  }

  /** A request waits. With nothing else under way, so does the upload. */
  async waiting(state, error, attempt, ms, wait) {
    this.waiters++
    // Requests that break together are one try.
    this.failures = Math.max(this.failures, attempt + 1)
    this.error = error
    const before = HELD.includes(this.state) ? 'uploading' : this.state
    if (this.waiters >= this.running.size) {
      this.nextTryAt = ms === Infinity ? 0 : Date.now() + ms
      this.enter(state)
      this.#changed()
    }
    try { await wait() } finally { this.waiters-- }
    if (this.state === state && before === 'verifying') this.enter(before)
  }

  restart() {
    this.session = null
    this.restarts++
    this.begun = []
    this.safe = new Ranges()
  }

  save() {
    const { id, name, path, space, size, type, lastModified, conflict, session, checking, restarts, tried, handle, addedAt, file } = this
    const begun = [...this.begun, ...this.session ? this.running.values() : []].map(({ offset, length }) => ({ offset, length }))
    const paused = this.state === 'paused'
    const record = {
      id, name, path, space, size, type, lastModified, conflict, session, checking, restarts, begun, tried, handle, addedAt, file, paused
    }
    if (ENDED.includes(this.state) && this.state !== 'failed') return Promise.resolve()
    // An upload whose record cannot be saved is sent all the same.
    return this.uploader.memory.put(record).catch((error) => this.uploader.emit('unsaved', error))
  }

  #changed() {
    this.emit('change', this)
    this.uploader.emit('change', this)
  }
}
