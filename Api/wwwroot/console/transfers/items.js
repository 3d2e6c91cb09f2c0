// The files of a transfer: a map of all of them, and a list by state.
import { call } from '../api.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { legendCell, map } from '../parts/map.js'
import { strip } from '../parts/cells.js'
import { nameOf } from '../parts/name.js'
import { t } from '../texts/transfers.js'
import { hasEnded, lookOf, mapOf } from './state.js'

const PAGE = 50
// The largest number of files for which the map has a cell for each.
const FEW = 200
const MOST_CELLS = 1024
const MOST_CELLS_NARROW = 480
const FILTERS = ['all', 'running', 'failed', 'skipped', 'done']
const LOOKS = {
  ready: ['dashed', ''], queued: ['dashed', ''], running: ['up', 'go'], done: ['check', 'calm'],
  skipped: ['stop', ''],
  failed: ['fail', 'bad'], cancelled: ['stop', '']
}
/** @type {import('../parts/cells.js').CellState[]} */
const LEGEND = ['safe', 'soft', 'way', 'failed', 'waiting']

/**
 * @typedef {{id: string, number: number, kind: string, path: string, size: number | null, state: string,
 *   position: number, attempts: number, restarts: number, fault: string | null, reason: string | null,
 *   verifiedBy: string | null}} Item
 */

/** Returns the progress of a file as text. @param {Item} item */
export function amountOf({ kind, size, state, position }) {
  if (kind === 'folder') return t.detail.folderMade
  if (size === null) return t.row.none
  return position > 0 && position < size && state !== 'done' ? format.bytesOf(position, size) : format.bytes(size)
}

/** Returns the lines below the name of a file. @param {Item} item */
export const aboutOf = ({ reason, restarts, verifiedBy }) => [
  reason && format.visible(reason), restarts > 0 && t.detail.restarted(restarts),
  !reason && verifiedBy && t.detail.verifiedBy(t.detail.digests[verifiedBy] ?? verifiedBy)
].filter(Boolean).join(', ')

/** Returns the phases of a transfer with their states. @param {import('./state.js').Transfer} transfer
 * @returns {{id: string, state: 'done' | 'now' | 'warn' | 'next', word: string, text: string}[]} */
export function phasesOf(transfer) {
  const { scanned, state, files, bytes, options, wait } = transfer
  const ended = hasEnded(transfer)
  const waits = state === 'waiting'
  const held = waits ? t.detail.phase.waits : state === 'paused' ? t.detail.phase.paused : t.detail.phase.now
  const now = waits && wait?.reason !== 'window' ? 'warn' : 'now'
  const known = scanned || files.all > 0
  const compares = options.verify !== 'none'
  return [
    { id: 'scan', state: scanned ? 'done' : ended ? 'next' : now,
      word: scanned ? '' : ended ? t.detail.phase.ended : held,
      text: known ? t.detail.scanned(files.all, bytes.all) : '' },
    { id: 'copy', state: state === 'done' ? 'done' : ended ? 'next' : scanned || files.done > 0 ? now : 'next',
      word: state === 'done' ? '' : ended ? t.detail.phase.ended
        : scanned || files.done > 0 ? held : t.detail.phase.next,
      text: known ? t.why.running(files) : '' },
    { id: 'verify', state: compares && state === 'done' ? 'done' : 'next',
      word: compares ? t.detail.phase.asTheyCome : t.detail.phase.off,
      text: t.detail.verified[compares ? 'digest' : 'none'] }
  ]
}

/** @type {Record<string, import('../dom.js').IconName>} */
const PHASE_GLYPHS = { done: 'check', warn: 'clock', next: 'dashed', now: 'to' }

export class Items {
  #transfer = null
  /** All items of a small transfer, for the map. @type {Item[] | null} */
  #all = null
  #running = 0
  /** @type {Item[]} */
  #items = []
  #next = null
  #filter = 'all'
  #loading = 0
  #rows = new Map()
  #phases = h('ol', { class: 'phases' })
  #each = h('span', { class: 'hint' })
  #map = map(() => this.#cells(), () => {})
  #legend = h('ul', { class: 'legend' })
  #place = h('div')
  #body = h('tbody')
  #more = h('div', { class: 'card-foot', hidden: true }, button(t.transfers.more,
    { kind: 'small', act: () => this.#load(true) }))
  #seg = h('div', { class: 'seg', role: 'group', 'aria-label': t.detail.items }, FILTERS.map((filter) =>
    h('button', {
      type: 'button', 'data-filter': filter, 'aria-pressed': String(filter === 'all'),
      on: { click: () => this.#turn(filter) }
    }, t.detail.itemFilters[filter], h('span'))))
  #mapPart = h('div', { hidden: true }, h('div', { class: 'card-head bare' }, h('h2', {}, t.detail.itemsMap),
    this.#each),
    h('div', { class: 'card-body' }, this.#map.element, this.#legend))
  progress = h('section', { class: 'card progress', 'aria-label': t.detail.phasesTitle }, this.#phases, this.#mapPart)
  element = h('section', { class: 'card items', 'aria-label': t.detail.items },
    h('div', { class: 'card-head' }, h('h2', {}, t.detail.items), h('div', { class: 'seg-place end' }, this.#seg)),
    this.#place, this.#more)

  constructor() {
    // The map is skipped by the tab key, because the list contains the same information.
    this.#map.element.tabIndex = -1
  }

  #cells() {
    if (!this.#transfer) return []
    return mapOf(this.#transfer, this.#all, this.#running, innerWidth <= 900 ? MOST_CELLS_NARROW : MOST_CELLS).cells
  }

  /** @param {import('./state.js').Transfer} transfer @param {boolean} own whether the user may see its files */
  async load(transfer, own) {
    this.#transfer = transfer
    this.element.hidden = !own
    if (own) {
      const small = transfer.files.all + transfer.folders <= FEW
      const page = (query) => call('GET', `api/transfers/${transfer.id}/items?${new URLSearchParams(query)}`)
      const [all, running] = await Promise.all([
        small ? page({ limit: String(FEW) }) : null,
        hasEnded(transfer) || small ? null : page({ limit: String(FEW), state: 'running' })
      ])
      this.#all = all?.nextCursor === null ? all.items : null
      this.#running = running?.items.length ?? 0
      await this.#load()
    }
    this.#showProgress()
  }

  async #load(more = false) {
    const loading = ++this.#loading
    const query = new URLSearchParams({ limit: String(more ? PAGE
      : Math.min(FEW, Math.max(PAGE, this.#items.length))) })
    if (this.#filter !== 'all') query.set('state', this.#filter)
    if (more && this.#next) query.set('cursor', this.#next)
    // If several pages are loaded, only the first is loaded again; the others stay until the user requests them.
    if (!more && this.#items.length > FEW) return
    const { items, nextCursor } = await call('GET', `api/transfers/${this.#transfer.id}/items?${query}`)
    if (loading !== this.#loading) return
    this.#items = more ? [...this.#items, ...items] : items
    this.#next = nextCursor
    this.#draw()
  }

  #turn(filter) {
    this.#filter = filter
    this.#items = []
    this.#next = null
    for (const one of this.#seg.children) {
      one.setAttribute('aria-pressed', String(one.getAttribute('data-filter') === filter))
    }
    this.#load().catch(() => {})
  }

  #showProgress() {
    const transfer = this.#transfer
    this.#phases.replaceChildren(...phasesOf(transfer).map(({ id, state, word, text }) => h('li', { class: state },
      icon(state === 'warn' ? lookOf(transfer)[0] : PHASE_GLYPHS[state]), h('b', {}, t.detail.phases[id]),
      h('span', { class: 'hint' }, word), h('p', { class: 'hint', title: text }, text))))
    const most = innerWidth <= 900 ? MOST_CELLS_NARROW : MOST_CELLS
    const { each, cells } = mapOf(transfer, this.#all, this.#running, most)
    this.#mapPart.hidden = cells.length === 0
    say(this.#each, t.detail.cellIs(this.#all ? 1 : Math.max(each, 2)))
    this.#map.element.setAttribute('aria-label', t.detail.mapLabel(transfer.files))
    this.#map.paint()
    const { all, done, skipped, failed } = transfer.files
    const way = this.#all ? cells.filter((state) => state === 'way').length : this.#running
    const counts = { safe: done, soft: skipped, way, failed,
      waiting: Math.max(0, all - done - skipped - failed - way) }
    const shown = JSON.stringify(counts)
    if (this.#legend.dataset.shown !== shown) {
      this.#legend.dataset.shown = shown
      this.#legend.replaceChildren(...LEGEND.filter((state) => counts[state] > 0 || state === 'safe').map((state) =>
        h('li', {}, legendCell(state), `${state === 'waiting' && hasEnded(transfer) ? t.detail.notMoved
          : t.detail.legend[state]} `,
          h('b', {}, format.number(counts[state])))))
    }
    const numbers = { all: all + transfer.folders, running: way, failed, skipped, done: null }
    for (const one of this.#seg.children) {
      const count = numbers[one.getAttribute('data-filter')]
      say(/** @type {Element} */ (one.lastChild), count ? ` ${format.number(count)}` : '')
    }
  }

  #draw() {
    this.#more.hidden = this.#next === null
    if (this.#items.length === 0) {
      this.#rows.clear()
      this.#place.replaceChildren(h('p', { class: 'hint card-body' }, t.detail.noItems[this.#filter]))
      return
    }
    const rows = this.#items.map((item) => {
      const shown = JSON.stringify(item)
      const before = this.#rows.get(item.id)
      if (before?.shown === shown) return before
      const made = { shown, element: rowOf(item) }
      this.#rows.set(item.id, made)
      return made
    })
    this.#body.replaceChildren(...rows.map(({ element }) => element))
    if (this.#place.contains(this.#body)) return
    const column = (word, kind = '') => h('th', { class: kind, scope: 'col' }, word)
    this.#place.replaceChildren(h('table', { class: 'requests-table items-table', 'aria-label': t.detail.items },
      h('thead', {}, h('tr', {}, column(t.detail.file, 'wide'), column(t.detail.state),
        column(t.detail.bytes, 'amount'),
        column(t.detail.tries, 'amount'))), this.#body))
  }
}

/** @param {Item} item */
function rowOf(item) {
  const { kind, path, state, size, position, attempts, restarts } = item
  const [glyph, tone] = LOOKS[state] ?? LOOKS.ready
  const names = path.split('/')
  const about = [format.visible(names.slice(0, -1).join('/')), aboutOf(item)].filter(Boolean).join(': ')
  const bar = state === 'running' && size > 0 ? strip() : null
  bar?.show((count) => Array.from({ length: count }, (_, i) =>
    (i < Math.floor(count * position / size) ? 'safe' : i === Math.floor(count * position / size) ? 'way'
      : 'waiting')))
  return h('tr', { 'data-path': path },
    h('td', { class: 'wide title' }, h('div', { class: 'what' }, icon(kind === 'folder' ? 'folder' : 'file'),
      nameOf(names.at(-1)),
      about && h('p', { class: 'hint', title: about }, about))),
    h('td', { class: 'c-state' }, h('span', { class: `state ${tone}`.trim() }, icon(glyph),
      t.detail.itemState[state] ?? state),
      bar?.element),
    h('td', { class: 'amount c-bytes' }, amountOf(item)),
    h('td', { class: 'amount c-tries' }, kind === 'file' && (attempts > 0 || restarts > 0)
      ? format.number(attempts + restarts + 1) : ''))
}
