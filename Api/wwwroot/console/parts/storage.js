// The kinds, marks and states of storages. A mark is two letters or an icon of the console, never the logo of a
// company.
import { call } from '../api.js'
import { h, icon, mark } from '../dom.js'
import { visible } from '../format.js'
import { paths } from '../icons.js'
import { t } from '../texts/storage.js'

/**
 * @typedef {{id: string, kind: string, title: string, account: string | null, state: string, stateAt: string,
 *   error: string | null, errorAt: string | null, usedBytes: number | null, totalBytes: number | null,
 *   checkedAt: string | null, given: boolean, node: string | null, canRead: boolean,
 *   canWrite: boolean, transfers: number, createdAt: string}} Connection
 */

// Only the screens of storages and transfers need these icons, so the first screen does not load them.
Object.assign(paths, {
  alert: 'M8 2.5 14 13H2zM8 6.5v3m0 1.7h.1',
  disk: 'M2.5 9h11v4h-11zM2.5 9l2-6h7l2 6M11 11h.1',
  to: 'M2.5 8h10.5M9 4l4 4-4 4',
  web: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M2.5 8h11'
    + 'M8 2.5c-2.7 3.2-2.7 7.8 0 11 2.7-3.2 2.7-7.8 0-11'
})

/** The value that stands for the service's own files where other storages have the id of a connection. */
export const OWN = 'own'

/** The value that stands for addresses of the web. */
export const WEB = 'http'

// The letters of the mark, or an array with the name of an icon.
const MARKS = { 'google-drive': 'GD', onedrive: 'OD', s3: 'S3', http: ['web'], folder: ['disk'] }

const LOOKS = {
  ready: ['check', 'calm'], needs_sign_in: ['lock', 'warn'], needs_approval: ['person', 'warn'],
  app_secret_ended: ['alert', 'bad'],
  disabled: ['stop', 'warn']
}

/** The states that a new sign-in resolves. */
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

/** Creates the icon and the word of a state. @param {Connection} connection */
export function healthWord({ state }) {
  const [glyph, kind] = LOOKS[state] ?? ['dashed', '']
  return h('span', { class: `state ${kind}`.trim() }, icon(glyph), t.storage.state[state] ?? state)
}

/** @param {Connection} connection */
export const isReady = ({ state }) => state === 'ready'

/** @param {Connection} connection */
export const canRenew = ({ state }) => RENEWABLE.includes(state)

// The screens of transfers load every second or two, but connections change less often.
const FRESH_MS = 5_000

/** @type {Promise<Connection[]> | null} */
let known = null
let at = 0

/** Discards the loaded connections, because they have changed. */
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

/** The value that stands for another user's connection in the lists of an administrator. */
export const FOREIGN = 'foreign'

/**
 * Returns one end of a transfer as the functions below expect it.
 * @param {{kind: string, connection: string | null}} end
 * @param {boolean} [own] whether the user is the transfer's owner
 */
export const endOf = ({ kind, connection }, own = true) => (kind === WEB ? WEB
  : connection && !own ? FOREIGN : connection)

/**
 * Returns the name of one end of a transfer.
 * @param {string | null} id the id of a connection, WEB, FOREIGN, or null for the service's own files
 * @param {Connection[]} all
 */
export const endName = (id, all) => (id === null ? t.storage.own
  : id === WEB ? kindWord(WEB) : id === FOREIGN ? t.storage.foreign
  : visible(all.find((one) => one.id === id)?.title ?? t.storage.gone))

/** @param {string | null} id as for `endName` @param {Connection[]} all */
export const endKind = (id, all) => (id === null ? OWN : id === WEB ? WEB
  : all.find((one) => one.id === id)?.kind ?? '–')
