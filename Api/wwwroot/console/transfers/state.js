// Presents the state of a transfer: its word, the action it needs, its progress, and its speed.
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { canRenew, isReady } from '../parts/storage.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/transfers.js'

/**
 * @typedef {{id: string, label: string, state: string, wait: {reason: string, since: string,
 *   until: string | null} | null, reason: string | null, owner: string, source: {kind: string,
 *   connection: string | null}, options: Record<string, any>, priority: string, destination: {kind: string,
 *   connection: string | null, folder: string | null, folderName: string | null}, scanned: boolean,
 *   files: {all: number, done: number, skipped: number, failed: number}, folders: number, bytes: {all: number,
 *   done: number, moved: number}, percent: number | null, averageBps: number | null, eta: string | null,
 *   createdAt: string, startedAt: string | null, endedAt: string | null, deadline: string | null,
 *   notice: string | null}} Transfer
 * @typedef {import('../parts/storage.js').Connection} Connection
 */

/**
 * The states of active transfers as the service stores them: a waiting transfer is running, with a reason for
 * waiting.
 */
export const ACTIVE = ['queued', 'scanning', 'planned', 'running', 'paused']
export const ENDED = ['done', 'partly_done', 'failed', 'cancelled']

/** @type {Record<string, [glyph: import('../dom.js').IconName, kind: string]>} */
const LOOKS = {
  queued: ['dashed', ''], scanning: ['search', 'go'], planned: ['list', ''], running: ['to', 'go'],
  done: ['check', 'calm'], partly_done: ['alert', 'warn'], failed: ['fail', 'bad'], cancelled: ['stop', ''],
  paused: ['pause', '']
}

/** @type {Record<string, [glyph: import('../dom.js').IconName, kind: string]>} */
const WAITS = {
  sign_in: ['lock', 'warn'], quota: ['archive', 'warn'], rate_limit: ['clock', 'warn'],
  daily_limit: ['clock', 'warn'],
  window: ['clock', ''], space: ['archive', 'warn'], network: ['offline', 'warn'], rights: ['person', 'warn'],
  worker: ['clock', 'bad'], node: ['offline', 'warn']
}

// Reasons that end by themselves, but with which the user may retry immediately.
const TRIABLE = ['quota', 'daily_limit', 'space', 'network']

/** @param {Transfer} transfer */
export const hasEnded = ({ state }) => ENDED.includes(state)

/**
 * @param {Pick<Transfer, 'state' | 'wait'>} transfer
 * @returns {[glyph: import('../dom.js').IconName, kind: string, word: string]}
 */
export function lookOf({ state, wait }) {
  if (state === 'waiting' && wait) {
    return [...(WAITS[wait.reason] ?? ['clock', 'warn']), t.transfers.wait[wait.reason] ?? wait.reason]
  }
  return [...(LOOKS[state] ?? ['dashed', '']), t.transfers.state[state] ?? state]
}

/** @param {Pick<Transfer, 'state' | 'wait'>} transfer */
export function stateWord(transfer) {
  const [glyph, kind, word] = lookOf(transfer)
  return h('span', { class: `state ${kind}`.trim() }, icon(glyph), word)
}

/**
 * Returns the connections of a transfer that do not work.
 * @param {Transfer} transfer
 * @param {Connection[]} connections
 */
export const brokenEnds = ({ source, destination }, connections) =>
  connections.filter((one) => [source.connection, destination.connection].includes(one.id) && !isReady(one))

/**
 * Returns the transfer with the state of its connections applied: if a storage refuses the sign-in, the transfer
 * waits, whatever its own state.
 * @param {Transfer} transfer @param {Connection[]} connections
 * @returns {Transfer}
 */
export function withEnds(transfer, connections) {
  const [broken] = brokenEnds(transfer, connections)
  if (!broken || !ACTIVE.includes(transfer.state) || transfer.state === 'paused') return transfer
  return { ...transfer, state: 'waiting', wait: { reason: 'sign_in', since: broken.stateAt, until: null } }
}

/**
 * Returns the action that a waiting transfer needs.
 * @param {Transfer} transfer @param {Connection[]} connections
 * @returns {{kind: 'sign-in', connection: Connection} | {kind: 'try'} | null}
 */
export function needOf(transfer, connections) {
  const { state, wait } = transfer
  if (state !== 'waiting' || !wait) return null
  if (wait.reason === 'sign_in') {
    const needs = brokenEnds(transfer, connections).find(canRenew)
    return needs ? { kind: 'sign-in', connection: needs } : { kind: 'try' }
  }
  return TRIABLE.includes(wait.reason) ? { kind: 'try' } : null
}

/**
 * Returns the button for the action that the transfer needs, if there is one.
 * @param {Transfer} transfer
 * @param {Connection[]} connections
 * @param {() => void} tryNow
 * @param {string} kind the kind of the button
 */
export function needButton(transfer, connections, tryNow, kind) {
  const need = needOf(transfer, connections)
  if (need?.kind === 'sign-in') {
    const address = addressOf('connections', ['renew', need.connection.id])
    return button(t.storage.signInAgain, { kind, act: () => go(address) })
  }
  return need ? button(t.transfers.tryNow, { kind, act: tryNow }) : null
}

/** Returns the text after the state. @param {Transfer} transfer @param {number} [now] */
export function reasonOf(transfer, now = Date.now()) {
  const { state, wait, files, startedAt, endedAt, reason } = transfer
  const ended = endedAt && startedAt ? format.took(Date.parse(endedAt) - Date.parse(startedAt)) : ''
  if (state === 'waiting' && wait) {
    const until = wait.until && Date.parse(wait.until) > now ? t.why.goesOn(format.ahead(wait.until, now)) : ''
    return [t.why.since(format.moment(wait.since, new Date(now))), until, !until && t.why.safe(files)].filter(Boolean)
      .join(', ')
  }
  if (state === 'queued') return t.why.queued
  if (state === 'planned') return t.why.planned
  if (state === 'scanning') return t.why.scanning(files.all)
  if (state === 'paused') return t.why.safe(files)
  if (state === 'done') return t.why.done(files, ended)
  if (state === 'partly_done') return t.why.partly(files)
  if (state === 'failed') return reason ?? t.why.partly(files)
  if (state === 'cancelled') return t.why.cancelled(files)
  return t.why.running(files)
}

/** Returns the label of the transfer, or otherwise the name of its destination. @param {Transfer} transfer */
export const titleOf = ({ label, destination }) => format.visible(label || destination.folderName
  || t.transfers.unnamed)

/**
 * Returns the stored bytes as a figure and a text.
 * @param {Transfer} transfer
 * @returns {readonly [string, string]}
 */
export function safeOf({ scanned, bytes, files, state }) {
  if (!scanned && !ENDED.includes(state)) return t.row.found(bytes.all)
  if (state === 'done' && files.done === 0 && files.skipped > 0) return t.row.nothing
  if (state !== 'done' && ENDED.includes(state) && bytes.done === 0) return t.row.noneSafe
  if (bytes.done >= bytes.all || state === 'done') return t.row.allSafe(bytes.done)
  return t.row.safe(bytes.done, bytes.all)
}

/**
 * Returns the cells of a transfer's strip, by bytes, or by files if no bytes are known.
 * @param {Transfer} transfer @param {number} count
 * @returns {import('../parts/cells.js').CellState[]}
 */
export function cellsOf({ state, scanned, bytes, files }, count) {
  if (state === 'done') {
    return Array.from({ length: count }, () => (files.done > 0 || files.skipped === 0 ? 'safe' : 'soft'))
  }
  if (!scanned && !ENDED.includes(state)) return Array.from({ length: count }, () => 'waiting')
  const [all, done] = bytes.all > 0 ? [bytes.all, bytes.done] : [files.all, files.done + files.skipped]
  const safe = all > 0 ? Math.floor(count * done / all) : 0
  const moving = state === 'running' && safe < count
  const failed = files.failed > 0 ? Math.max(1, Math.floor(count * files.failed / Math.max(1, files.all))) : 0
  return Array.from({ length: count }, (_, i) => {
    if (i < safe) return 'safe'
    if (i >= count - failed) return 'failed'
    return i === safe && moving ? 'way' : 'waiting'
  })
}

/**
 * Returns the cells of a transfer's map: one for each file if there are few, otherwise the files grouped by state.
 * @param {Transfer} transfer
 * @param {{kind: string, state: string}[] | null} items all items in their order, or null if there are too many
 * @param {number} running the number of files that are being transferred @param {number} most
 * @returns {{cells: import('../parts/cells.js').CellState[], each: number}} `each` is the number of files that a cell
 *   represents
 */
export function mapOf({ files }, items, running, most) {
  const states = { done: 'safe', skipped: 'soft', running: 'way', failed: 'failed' }
  if (items) {
    return { each: 1, cells: items.filter(({ kind }) => kind === 'file').map(({ state }) =>
      states[state] ?? 'waiting') }
  }
  const each = Math.max(1, Math.ceil(files.all / most))
  /** @type {[import('../parts/cells.js').CellState, number][]} */
  const parts = [['safe', files.done], ['soft', files.skipped], ['failed', files.failed], ['way', running]]
  const cells = []
  for (const [state, count] of parts) {
    // The number is rounded down, so as not to claim too much. Failures are rounded up, so that they are always
    // visible.
    const length = state === 'failed' ? Math.ceil(count / each) : Math.floor(count / each)
    cells.push(...Array.from({ length }, () => state))
  }
  const all = Math.ceil(files.all / each)
  return { each, cells: [...cells, ...Array.from({ length: Math.max(0, all - cells.length) }, () => 'waiting')].slice(
    0, all) }
}

const WINDOW = 10_000
// A speed is current for this time: the service sends progress several times a second.
const FRESH = 3_000

/**
 * Returns the transfer with progress that arrived after it was loaded. The stored bytes only decrease if a file
 * starts again.
 * @param {Transfer} transfer @param {{received: number, size: number | null}} progress
 * @returns {Transfer}
 */
export function withProgress(transfer, { received, size }) {
  const { bytes } = transfer
  const all = size ?? bytes.all
  return {
    ...transfer, percent: all > 0 ? 100 * received / all : transfer.percent,
    bytes: { all, done: received, moved: bytes.moved + Math.max(0, received - bytes.done) }
  }
}

/**
 * The current speeds of transfers, as sent by the service, or otherwise computed from the progress of the last
 * seconds.
 */
export class Speeds {
  #samples = new Map()
  #heard = new Map()

  /** @param {{topic: {id: string}, speed: number}} progress @param {number} [now] */
  hear({ topic, speed }, now = Date.now()) { this.#heard.set(topic.id, { at: now, speed }) }

  /** @param {Transfer} transfer @param {number} [now] */
  take({ id, bytes }, now = Date.now()) {
    const samples = this.#samples.get(id) ?? []
    samples.push({ at: now, moved: bytes.moved })
    while (samples.length > 2 && samples[1].at <= now - WINDOW) samples.shift()
    this.#samples.set(id, samples)
  }

  /**
   * Returns the bytes per second; at first the average speed, and 0 if the transfer is not running.
   * @param {Transfer} transfer
   * @param {number} [now]
   */
  of({ id, state, averageBps }, now = Date.now()) {
    const heard = this.#heard.get(id)
    if (state === 'running' && heard && now - heard.at < FRESH) return heard.speed
    const samples = this.#samples.get(id) ?? []
    if (state !== 'running' || samples.length === 0) return 0
    if (samples.length === 1) return averageBps ?? 0
    const [first, last] = [samples[0], samples.at(-1)]
    return last.at > first.at ? Math.max(0, (last.moved - first.moved) * 1000 / (last.at - first.at)) : 0
  }
}

/**
 * Returns the remaining seconds by the current speed, or otherwise by the average speed; null if they are unknown.
 * @param {Transfer} transfer
 * @param {number} speed
 */
export function leftOf({ scanned, bytes, averageBps }, speed) {
  const by = speed || averageBps
  return scanned && by > 0 && bytes.all > bytes.done ? (bytes.all - bytes.done) / by : null
}
