// What a transfer's state means for a person: its word, what helps it, how far it is, how fast it is.
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

/** As the service keeps them: one that waits is running, but for the reason. */
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
  window: ['clock', ''], space: ['archive', 'warn'], network: ['offline', 'warn'], rights: ['person', 'warn']
}

// Reasons that go away by themselves, where a person may also try at once.
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

/** The connections of a transfer that do not work. @param {Transfer} transfer @param {Connection[]} connections */
export const brokenEnds = ({ source, destination }, connections) =>
  connections.filter((one) => [source.connection, destination.connection].includes(one.id) && !isReady(one))

/**
 * A transfer as it is with its connections: one whose storage takes no sign-in waits, whatever it was about to do.
 * @param {Transfer} transfer @param {Connection[]} connections
 * @returns {Transfer}
 */
export function withEnds(transfer, connections) {
  const [broken] = brokenEnds(transfer, connections)
  if (!broken || !ACTIVE.includes(transfer.state) || transfer.state === 'paused') return transfer
  return { ...transfer, state: 'waiting', wait: { reason: 'sign_in', since: broken.stateAt, until: null } }
}

/**
 * What helps a transfer that waits.
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

/** The button that helps, if there is one. @param {Transfer} transfer @param {Connection[]} connections
 * @param {() => void} tryNow @param {string} kind of the button */
export function needButton(transfer, connections, tryNow, kind) {
  const need = needOf(transfer, connections)
  if (need?.kind === 'sign-in') {
    const address = addressOf('connections', ['renew', need.connection.id])
    return button(t.storage.signInAgain, { kind, act: () => go(address) })
  }
  return need ? button(t.transfers.tryNow, { kind, act: tryNow }) : null
}

/** Why it is as it is, behind its state. @param {Transfer} transfer @param {number} [now] */
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

/** Its own name, or where it goes. @param {Transfer} transfer */
export const titleOf = ({ label, destination }) => format.visible(label || destination.folderName
  || t.transfers.unnamed)

/**
 * Bytes that are safe, in words: the figure and what it is.
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
 * The cells of a transfer's strip, by bytes; where none are known, by files.
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
 * The cells of a transfer's map: one for each file while they are few, else its files by their states.
 * @param {Transfer} transfer
 * @param {{kind: string, state: string}[] | null} items all of its items, in their order; null: too many
 * @param {number} running how many are on their way @param {number} most
 * @returns {{cells: import('../parts/cells.js').CellState[], each: number}} each: how many files a cell stands for
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
    // Rounded down: more must not be claimed than there is. What needs somebody is never rounded away.
    const length = state === 'failed' ? Math.ceil(count / each) : Math.floor(count / each)
    cells.push(...Array.from({ length }, () => state))
  }
  const all = Math.ceil(files.all / each)
  return { each, cells: [...cells, ...Array.from({ length: Math.max(0, all - cells.length) }, () => 'waiting')].slice(
    0, all) }
}

const WINDOW = 10_000
// The service tells the progress of what moves a few times a second.
const FRESH = 3_000

/**
 * A transfer with the progress that came after it was loaded. What the service has recorded never gets less but for
 * files that begin anew.
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

/** How fast transfers are now: as the service tells it, else from what they had moved some seconds ago. */
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
   * Bytes a second, at first as fast as on average; 0 where nothing moves.
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
 * Seconds until it is done, by its speed now or else on average; null: nobody knows.
 * @param {Transfer} transfer
 * @param {number} speed
 */
export function leftOf({ scanned, bytes, averageBps }, speed) {
  const by = speed || averageBps
  return scanned && by > 0 && bytes.all > bytes.done ? (bytes.all - bytes.done) / by : null
}
