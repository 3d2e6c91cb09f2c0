// The map of an upload's chunks as the service has stored them, coloured by state, age, or number of attempts.
import { call } from '../api.js'
import { h, say } from '../dom.js'
import { bytes, number } from '../format.js'
import { legendCell, map } from '../parts/map.js'
import { t } from '../texts/uploads.js'

const MOST = 2048
const MOST_NARROW = 512
const LEAST_BYTES = 64 << 10
const PAGE = 1000
// The largest number of pages. Beyond them, the map shows which bytes are safe, but not their chunks.
const MOST_PAGES = 20
/** @type {import('../parts/cells.js').CellState[]} */
const STATES = ['safe', 'soft', 'again', 'waiting']
const COLOURS = ['state', 'age', 'tries']

export class ChunkMap {
  #map
  #session = null
  #missing = []
  #chunks = []
  #colour = 'state'
  #counts = new Map()
  #size = h('span', { class: 'hint' })
  #inspect = h('p', { class: 'inspect', role: 'status' })
  #hint = h('p', { class: 'hint', hidden: true })
  #legend
  #seg

  constructor() {
    this.#map = map(() => this.#cells(), () => this.#point())
    this.#legend = h('ul', { class: 'legend' }, STATES.map((state) => {
      const count = h('b')
      this.#counts.set(state, count)
      return h('li', {}, legendCell(state), state === 'again' ? t.detail.broken : t.map[state], count)
    }))
    this.#seg = h('div', { class: 'seg end', role: 'group', 'aria-label': t.detail.recolour }, COLOURS.map((colour) =>
      h('button', { type: 'button', 'data-colour': colour, 'aria-pressed': String(colour === this.#colour),
        on: { click: () => this.#turn(colour) } }, { state: t.detail.byState, age: t.detail.byAge,
          tries: t.detail.byTries }[colour])))
    this.element = h('section', { class: 'card chunk-map', 'aria-label': t.detail.map },
      h('div', { class: 'card-head bare' }, h('h2', {}, t.detail.map), this.#size, this.#seg),
      h('div', { class: 'card-body' }, this.#map.element, this.#legend, this.#hint, this.#inspect))
  }

  /** The stored chunks by their offsets. */
  get chunks() { return this.#chunks }

  /** Loads the stored ranges. @param {import('./store.js').Session} session */
  async load(session) {
    this.#session = session
    this.#map.element.setAttribute('aria-label', t.map.name(session.fileName))
    const [missing, chunks] = await Promise.all([this.#all(session, 'missing'), this.#all(session, 'chunks')])
    this.#missing = missing
    this.#chunks = chunks
    this.#paint()
  }

  /**
   * Updates the map by progress alone, because the bytes of a stream arrive in order.
   * @param {import('./store.js').Session} session
   */
  progress(session) {
    if (!this.#session || session.protocol === 'session') return
    this.#session = session
    const { receivedBytes, size } = session
    this.#missing = size !== null && receivedBytes < size ? [{ offset: receivedBytes, length: size - receivedBytes }]
      : []
    this.#paint()
  }

  async #all(session, what) {
    let items = []
    let cursor = null
    for (let page = 0; page < MOST_PAGES; page++) {
      const ask = new URLSearchParams({ limit: String(PAGE), ...(cursor ? { cursor } : {}) })
      const answer = await call('GET', `api/sessions/${session.id}/${what}?${ask}`)
      items = [...items, ...answer.items]
      cursor = answer.nextCursor
      if (!cursor) break
    }
    return items
  }

  #turn(colour) {
    this.#colour = colour
    for (const one of this.#seg.children) one.setAttribute('aria-pressed', String(one.dataset.colour === colour))
    this.#paint()
  }

  /** The number of bytes that the map shows; if the size of the upload is unknown, the received bytes. */
  get #length() {
    const { size, receivedBytes } = this.#session
    return size ?? Math.max(receivedBytes, ...this.#missing.map(({ offset, length }) => offset + length))
  }

  #cells() {
    if (!this.#session || this.#length === 0) return []
    const length = this.#length
    const count = Math.max(1, Math.min(innerWidth > 900 ? MOST : MOST_NARROW, Math.ceil(length / LEAST_BYTES)))
    const shares = new Float64Array(count)
    spread(this.#missing, count, length, (i, share) => { shares[i] += share })
    const broken = new Set((this.#session.failures.last ?? []).map(({ offset }) =>
      Math.min(count - 1, Math.floor(offset * count / length))))
    const ended = this.#session.state === 'completed'
    const cells = Array.from(shares, (share, i) =>
      (ended || share < 1e-9 ? 'safe' : broken.has(i) ? 'again' : share > 1 - 1e-9 ? 'waiting' : 'soft'))
    return this.#colour === 'state' ? cells : this.#levels(cells, count, length)
  }

  /** Returns the shade of each cell between 0 and 1. */
  #levels(cells, count, length) {
    const levels = new Float64Array(count).fill(-1)
    const times = this.#chunks.map(({ receivedAt }) => Date.parse(receivedAt))
    const [first, last] = times.reduce(([low, high], time) => [Math.min(low, time), Math.max(high, time)],
      [Infinity, -Infinity])
    this.#chunks.forEach((chunk, i) => {
      const level = this.#colour === 'age' ? (last > first ? (times[i] - first) / (last - first) : 1)
        : 1 / chunk.attempts
      spread([chunk], count, length, (at) => { levels[at] = levels[at] < 0 ? level : Math.min(levels[at], level) })
    })
    return cells.map((cell, i) => (levels[i] < 0 || cell === 'waiting' ? cell : Math.round(levels[i] * 4) / 4))
  }

  #paint() {
    this.#map.paint()
    const { cells } = this.#map
    const byState = this.#colour === 'state'
    this.#legend.hidden = !byState
    this.#hint.hidden = byState && cells.length > 0
    say(this.#hint, cells.length === 0 ? t.detail.noMap : this.#colour === 'age' ? t.detail.ageHint
      : t.detail.triesHint)
    say(this.#size, cells.length === 0 ? '' : t.detail.cellIs(bytes(Math.ceil(this.#length / cells.length))))
    if (byState) {
      const counts = Object.fromEntries(STATES.map((state) => [state, 0]))
      for (const state of cells) counts[state]++
      for (const [state, element] of this.#counts) say(element, number(counts[state]))
    }
    if (this.#map.at >= 0) this.#point()
  }

  #point() {
    const count = this.#map.cells.length
    const { at } = this.#map
    const offset = Math.floor(at * this.#length / count)
    const length = Math.floor((at + 1) * this.#length / count) - offset
    const chunk = this.#chunks.find((one) => one.offset < offset + length && one.offset + one.length > offset)
    const broke = (this.#session.failures.last ?? []).find((one) =>
      one.offset >= offset && one.offset < offset + length)
    say(this.#inspect, [t.detail.cell(at, offset, length),
      chunk ? t.detail.chunk(chunk.length, chunk.attempts) : broke ? t.detail.kinds(broke.kind) : '',
      chunk && `SHA-256 ${chunk.sha256.slice(0, 12)}…`].filter(Boolean).join('; '))
  }
}

/** Calls `touch` for each cell that a range overlaps, with the fraction of the cell that it covers. */
function spread(ranges, count, whole, touch) {
  const width = whole / count
  for (const { offset, length } of ranges) {
    const last = Math.min(count - 1, Math.ceil((offset + length) / width) - 1)
    for (let i = Math.floor(offset / width); i <= last; i++) {
      touch(i, (Math.min(offset + length, (i + 1) * width) - Math.max(offset, i * width)) / width)
    }
  }
}
