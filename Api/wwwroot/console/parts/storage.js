// Storages: their kinds, marks and states. A mark is two letters or a glyph of ours, never a company's logo.
import { call } from '../api.js'
import { h, icon, mark } from '../dom.js'
import { visible } from '../format.js'
import { paths } from '../icons.js'
import { t } from '../texts/storage.js'

/**
 * @typedef {{id: string, kind: string, title: string, account: string | null, state: string, stateAt: string,
 *   error: string | null, errorAt: string | null, usedBytes: number | null, totalBytes: number | null,
 *   checkedAt: string | null, given: boolean, canRead: boolean, canWrite: boolean, transfers: number,
 *   createdAt: string}} Connection
 */

// Only the pages of storages and transfers draw these, so the first screen does not load them.
Object.assign(paths, {
  alert: 'M8 2.5 14 13H2zM8 6.5v3m0 1.7h.1',
  disk: 'M2.5 9h11v4h-11zM2.5 9l2-6h7l2 6M11 11h.1',
  to: 'M2.5 8h10.5M9 4l4 4-4 4',
  web: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M2.5 8h11'
    + 'M8 2.5c-2.7 3.2-2.7 7.8 0 11 2.7-3.2 2.7-7.8 0-11'
})

/** The address word of the service's own files, where others have the id of a connection. */
export const OWN = 'own'

/** The same of addresses of the web. */
export const WEB = 'http'

// Letters, or an icon's name.
const MARKS = { 'google-drive': 'GD', onedrive: 'OD', s3: 'S3', http: ['web'], folder: ['disk'] }

const LOOKS = {
  ready: ['check', 'calm'], needs_sign_in: ['lock', 'warn'], needs_approval: ['person', 'warn'],
  app_secret_ended: ['alert', 'bad'],
  disabled: ['stop', 'warn']
}

/** Those whose state a new sign-in mends. */
const RENEWABLE = ['needs_sign_in', 'disabled']

/** @param {string} kind */
export const kindWord = (kind) => t.storage.kinds[kind]?.word ?? kind

/** @param {string} kind @param {'' | 'small' | 'large'} [size] */
export function storageMark(kind, size = '') {
  const look = MARKS[kind] ?? kind.slice(0, 2).toUpperCase()
  return h('span', { class: `storage-mark ${size}`.trim(), role: 'img', 'aria-label': kindWord(kind),
    title: kindWord(kind) },
    kind === OWN ? mark() : Array.isArray(look) ? icon(look[0]) : h('span', { 'aria-hidden': 'true' }, look))
}

/** A state's icon and word. @param {Connection} connection */
export function healthWord({ state }) {
  const [glyph, kind] = LOOKS[state] ?? ['dashed', '']
  return h('span', { class: `state ${kind}`.trim() }, icon(glyph), t.storage.state[state] ?? state)
}

/** @param {Connection} connection */
export const isReady = ({ state }) => state === 'ready'

/** @param {Connection} connection */
export const canRenew = ({ state }) => RENEWABLE.includes(state)

// Pages of transfers ask every second or two; connections change less often.
const FRESH_MS = 5_000

/** @type {Promise<Connection[]> | null} */
let known = null
let at = 0

/** The connections have changed. */
export function forgetConnections() { known = null }

/** @returns {Promise<Connection[]>} */
export function connections() {
  if (known && Date.now() - at < FRESH_MS) return known
  at = Date.now()
  const asked = call('GET', 'api/connections').then(({ items }) => items)
  known = asked
  asked.catch(() => { if (known === asked) known = null })
  return asked
}

/** Stands for another person's connection in an administrator's lists. */
export const FOREIGN = 'foreign'

/**
 * One end of a transfer as these functions take it.
 * @param {{kind: string, connection: string | null}} end
 * @param {boolean} [own] whether the user is the transfer's owner
 */
export const endOf = ({ kind, connection }, own = true) => (kind === WEB ? WEB
  : connection && !own ? FOREIGN : connection)

/**
 * The name of one end of a transfer.
 * @param {string | null} id of a connection, WEB, FOREIGN; null: own files
 * @param {Connection[]} all
 */
export const endName = (id, all) => (id === null ? t.storage.own
  : id === WEB ? kindWord(WEB) : id === FOREIGN ? t.storage.foreign
  : visible(all.find((one) => one.id === id)?.title ?? t.storage.gone))

/** @param {string | null} id as of `endName` @param {Connection[]} all */
export const endKind = (id, all) => (id === null ? OWN : id === WEB ? WEB
  : all.find((one) => one.id === id)?.kind ?? '–')
