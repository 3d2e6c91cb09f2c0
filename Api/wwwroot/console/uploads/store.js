// The uploads that match a filter, updated by events.
import { Emitter } from '../../client/emitter.js'
import { call } from '../api.js'
import { live } from '../live.js'
import { stateOf as stateOfUpload } from '../parts/state.js'

const PAGE = 200
export const MOST = 10_000
const UNFINISHED = ['open', 'paused', 'completing', 'checking']
/**
 * The states that match each filter of the screen. The list of sessions does not contain completed uploads that are
 * filed in the tree; the history contains all.
 */
export const FILTERS = {
  unfinished: UNFINISHED, uploading: ['open'], paused: ['paused'], verifying: ['completing', 'checking'],
  done: ['completed', 'deleted'],
  failed: ['failed', 'expired', 'cancelled']
}
// Events are collected for this time, and then each upload is requested once.
const TOGETHER = 300
const MOST_SINGLE = 20
// An upload that no longer fits the filter stays for this time, so that the user sees its new state.
const STAYS = 6_000
// An upload without a progress message for this long has stopped.
const SILENT = 6_000
const WITHOUT_EVENTS = 3_000
// The wait before a failed request for an upload is repeated.
const AFTER_FAULT = 3_000

/**
 * @typedef {{id: string, state: string, stateAt: string, stateReason: string | null, protocol: string,
 *   fileName: string, contentType?: string, size: number | null, receivedBytes: number, missingBytes?: number | null,
 *   chunkCount?: number, attemptCount?: number, speed: {current: number | null, average: number | null,
 *   peak: number | null}, etaSeconds: number | null, sha256: string | null, failures: {count: number,
 *   consecutive: number, lostBytes?: number | null, keptBytes?: number | null, last?: FailedRequest[]}, advice?: any,
 *   owner?: string, priority?: string, userAgent?: string | null, metadata: Record<string, string>,
 *   createdAt: string, firstByteAt: string | null, lastByteAt: string | null, completedAt: string | null,
 *   expiresAt: string | null, missing?: {offset: number, length: number}[], file?: any, seenAt?: number,
 *   leavesAt?: number}} Session
 * @typedef {{at: string, kind: string, offset: number, bytes: number, kept: number, durationMs: number}}
 *   FailedRequest
 * @typedef {{state: string, name: string, sort: string}} Query `sort` does not count for those that are done: the
 *   last one comes first
 */

const ORDERS = {
  createdAt: (a, b) => a.createdAt.localeCompare(b.createdAt), name: (a, b) => a.fileName.localeCompare(b.fileName),
  size: (a, b) => (a.size ?? -1) - (b.size ?? -1), endedAt: (a, b) => a.completedAt.localeCompare(b.completedAt)
}

/** Converts a row of the history to a session. @returns {Session} */
const sessionOf = (/** @type {any} */ { name, received, beganAt, endedAt, reason, cuts, speed, ...one }) => ({
  ...one, fileName: name, receivedBytes: received, stateReason: reason, createdAt: beganAt, stateAt: endedAt,
  completedAt: endedAt,
  speed: { current: null, average: speed, peak: null }, etaSeconds: null, failures: { count: cuts, consecutive: 0 }
})

/** Applies progress to a session. @param {Session} session @param {any} progress */
export function apply(session, progress) {
  session.receivedBytes = Math.max(session.receivedBytes, progress.received)
  session.size = progress.size ?? session.size
  session.speed = { current: progress.speed, average: progress.average, peak: progress.peak }
  session.etaSeconds = progress.leftMs === null || progress.leftMs === undefined ? null : progress.leftMs / 1000
  session.lastByteAt = new Date().toISOString()
  session.seenAt = Date.now()
}

/** Emits `list` (other rows), `rows` (other figures) and `fault` (an error, or null). */
export class UploadStore extends Emitter {
  /** @type {Session[]} */
  items = []
  /** Whether the list contains all matching uploads. */
  complete = false
  loaded = false
  #byId = new Map()
  #changed = new Set()
  #timer = 0
  #poll = 0
  #loading = 0
  #busy = false
  #again = false
  #faulty = 0
  #closed = false
  #offs = []
  /** @type {Query} */
  query = { state: 'unfinished', name: '', sort: '-createdAt' }

  /**
   * @param {string} [tenant] the tenant whose uploads are listed, because operators see the history of all tenants
   */
  constructor(tenant) {
    super()
    this.tenant = tenant
    this.#offs.push(live.widely(), live.on('progress', (progress) => this.#progress(progress)),
      live.on('reset', () => this.#reload()),
      live.on('event', ({ upload }) => { if (upload) this.#change(upload) }))
    const timer = setInterval(() => this.#tick(), 1_000)
    this.#offs.push(() => clearInterval(timer))
  }

  close() {
    this.#closed = true
    this.#loading++
    clearTimeout(this.#timer)
    clearTimeout(this.#poll)
    clearTimeout(this.#faulty)
    for (const off of this.#offs) off()
  }

  /** @param {Query} query */
  find(query) {
    this.query = query
    this.loaded = false
    this.#set([])
    return this.load()
  }

  /** Loads all pages. The previous list stays until the first page is loaded. */
  async load() {
    const loading = ++this.#loading
    this.#busy = true
    this.#again = false
    clearTimeout(this.#poll)
    let items = []
    let cursor = null
    try {
      do {
        const page = await this.#page(cursor)
        if (loading !== this.#loading) return
        items = [...items, ...page.items]
        cursor = page.nextCursor
        this.loaded = true
        this.complete = !cursor
        // A reload replaces the list only when it is complete.
        if (items.length >= this.items.length || !cursor) this.#set(items)
      } while (cursor && items.length < MOST)
      this.emit('fault', null)
    } catch (error) {
      if (loading === this.#loading) this.emit('fault', error)
    }
    if (loading !== this.#loading) return
    this.#busy = false
    if (this.#again) this.load()
    else if (!live.now.streaming) {
      this.#poll = setTimeout(() => { if (!live.now.streaming && !document.hidden) this.#reload() }, WITHOUT_EVENTS)
    }
  }

  async #page(cursor) {
    const { state, name, sort } = this.query
    const done = state === 'done'
    const { tenant } = this
    const given = { limit: PAGE, name, cursor, ...(done ? { state: 'completed', tenant }
      : { state: FILTERS[state].join(), sort }) }
    const ask = new URLSearchParams(Object.entries(given).filter(([, value]) => value))
    const page = await call('GET', `api/${done ? 'history' : 'sessions'}?${ask}`)
    return done ? { ...page, items: page.items.map(sessionOf) } : page
  }

  /** Loads again after the current load, because events may arrive faster than a long list is loaded. */
  #reload() {
    if (this.#busy) this.#again = true
    else this.load()
  }

  /** Applies the answer of an action. @param {Session} session */
  take(session) {
    const before = this.#byId.get(session.id)
    const fits = FILTERS[this.query.state].includes(session.state)
      && session.fileName.toLowerCase().includes(this.query.name.toLowerCase())
    if (before) {
      const { leavesAt } = before
      Object.assign(before, session, { leavesAt: fits ? undefined : leavesAt ?? Date.now() + STAYS })
      this.emit('rows')
    } else if (fits && this.items.length < MOST) {
      const sort = this.query.state === 'done' ? '-endedAt' : this.query.sort
      const descending = sort.startsWith('-') ? -1 : 1
      const order = ORDERS[sort.replace('-', '')]
      const at = this.items.findIndex((other) => descending * order(other, session) > 0)
      this.#set(at < 0 ? [...this.items, session] : this.items.toSpliced(at, 0, session))
    }
  }

  #set(items) {
    this.items = items
    this.#byId = new Map(items.map((item) => [item.id, item]))
    this.emit('list')
  }

  #progress(progress) {
    // Progress of transfers arrives here, too.
    if (!progress.upload) return
    const session = this.#byId.get(progress.upload)
    if (!session) {
      if (this.loaded && ['unfinished', 'uploading'].includes(this.query.state) && this.query.name === '') {
        this.#change(progress.upload)
      }
      return
    }
    apply(session, progress)
    this.emit('rows')
  }

  #change(id) {
    this.#changed.add(id)
    if (this.#changed.size > 1) return
    this.#timer = setTimeout(() => this.#ask(), TOGETHER)
  }

  async #ask() {
    const ids = [...this.#changed]
    this.#changed.clear()
    if (ids.length > MOST_SINGLE) { this.#reload(); return }
    const unknown = []
    await Promise.all(ids.map(async (id) => {
      try {
        this.take(await call('GET', `api/sessions/${id}`))
      } catch (error) {
        if (error.status === 404) this.#set(this.items.filter((item) => item.id !== id))
        else if (error.retryable ?? true) unknown.push(id)
      }
    }))
    if (unknown.length === 0 || this.#closed) return
    clearTimeout(this.#faulty)
    this.#faulty = setTimeout(() => unknown.forEach((id) => this.#change(id)), AFTER_FAULT)
  }

  #tick() {
    const now = Date.now()
    for (const item of this.items) {
      if (item.speed.current > 0 && item.seenAt && now - item.seenAt > SILENT) {
        item.speed.current = 0
        item.etaSeconds = null
      }
    }
    if (this.items.some(({ leavesAt }) => leavesAt <= now)) this.#set(this.items.filter(({ leavesAt }) =>
      !(leavesAt <= now)))
    else this.emit('rows')
  }
}

/** @param {Session} session */
export const stateOf = ({ speed, failures, ...session }) => stateOfUpload(
  { ...session, speed: speed.current, failures: failures.consecutive })
