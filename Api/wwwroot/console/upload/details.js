// The details of an opened row: the advice, the map of chunks, and its legend.
import { call } from '../api.js'
import { h, icon, say } from '../dom.js'
import { duration, number } from '../format.js'
import { cellsOf } from '../parts/cells.js'
import { legendCell, map } from '../parts/map.js'
import { prioritySelect } from '../parts/priority.js'
import { limitedBy } from '../texts/advice.js'
import { t } from '../texts/upload.js'

const MOST = 2048
const MOST_NARROW = 512
const LEAST_BYTES = 64 << 10
/** @type {import('../parts/cells.js').CellState[]} */
const LEGEND = ['safe', 'way', 'again', 'failed', 'waiting']

export class Details {
  #map
  #counts = new Map()
  #advice = h('b')
  #why = h('span')
  #line
  #session = null
  #inspect = h('p', { class: 'inspect', role: 'status' })

  /** @param {import('../../client/upload.js').Upload} upload */
  constructor(upload) {
    this.upload = upload
    this.#map = map(() => cellsOf(upload, this.#count()), () => this.#point())
    this.#map.element.setAttribute('aria-label', t.map.name(upload.name))
    const legend = h('ul', { class: 'legend' }, LEGEND.map((state) => {
      const count = h('b')
      this.#counts.set(state, count)
      return h('li', {}, legendCell(state), t.map[state], count)
    }))
    this.#line = h('div', { class: 'advice' }, icon('gauge'), h('p', { class: 'grow' }, this.#advice, ' ', this.#why))
    this.element = h('div', { class: 'more' },
      this.#line, this.#map.element, legend, this.#inspect)
    this.update()
  }

  update() {
    this.#map.paint()
    const counts = Object.fromEntries(LEGEND.map((state) => [state, 0]))
    for (const state of this.#map.cells) counts[state === 'soft' ? 'waiting' : state]++
    for (const [state, element] of this.#counts) say(element, number(counts[state]))
    const { advice } = this.upload
    say(this.#advice, advice.why ? t.advice.of(this.upload.streams, advice.chunkSize) : '')
    const { why } = advice
    // The service may know that the network is unstable, but that is shown only if this upload was interrupted.
    const breaks = this.upload.retries > 0 && why?.mtbfSeconds && t.advice.breaks(duration(why.mtbfSeconds))
    say(this.#why, why ? [limitedBy[why.limitedBy], breaks].filter(Boolean).join(' · ') : t.advice.first)
    this.#line.title = advice.why?.text ?? ''
    this.#addPriority()
    if (this.#map.at >= 0) this.#point()
  }

  /** Adds the field for the priority once the service knows the upload. */
  async #addPriority() {
    const { session } = this.upload
    // The session of a tus upload is an address that the API does not know.
    if (!session || session.includes('/') || this.#session === session) return
    this.#session = session
    this.#line.querySelector('.select')?.remove()
    try {
      const { priority } = await call('GET', `api/sessions/${session}`)
      if (this.#session === session) this.#line.append(prioritySelect(session, priority))
    } catch {
      // The field is omitted if the session cannot be loaded.
    }
  }

  #count() {
    const most = innerWidth > 900 ? MOST : MOST_NARROW
    return Math.max(1, Math.min(most, Math.ceil(this.upload.size / LEAST_BYTES)))
  }

  #point() {
    const { size } = this.upload
    const count = this.#map.cells.length
    const offset = Math.floor(this.#map.at * size / count)
    const length = Math.floor((this.#map.at + 1) * size / count) - offset
    say(this.#inspect, t.map.cell(this.#map.at, offset, length, t.map[this.#map.cells[this.#map.at]]))
  }
}
