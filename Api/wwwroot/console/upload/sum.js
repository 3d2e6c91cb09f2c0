// The totals of all uploads of the page: the stored bytes, the speed, and the remaining time.
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { cellsOfSum, strip } from '../parts/cells.js'
import { t } from '../texts/upload.js'
import { limitOf, limitSpeed } from './pace.js'
import { stateOf } from './row.js'

const SPEEDS = [256 << 10, 1 << 20, 2 << 20, 5 << 20, 10 << 20, 25 << 20]

/** @param {any[]} items @param {(item: any) => number} of */
const sum = (items, of) => items.reduce((all, item) => all + of(item), 0)

export class Sum {
  #strip = strip()
  #safe = h('span')
  #share = h('small')
  #speed = figure(t.sum.total)
  #left = figure(t.sum.left)
  #all = button(t.sum.pause, { glyph: 'pause',
    act: () => (this.#paused ? this.engine.resumeAll() : this.engine.pauseAll()) })
  #paused = false
  #speedLimit = button('', { glyph: 'gauge', kind: 'plain', 'aria-haspopup': 'menu',
    act: ({ currentTarget }) => this.#chooseSpeed(currentTarget) })

  /** @param {import('../../client/uploader.js').Uploader} engine */
  constructor(engine) {
    this.engine = engine
    this.element = h('div', { class: 'sum' },
      h('div', { class: 'all' }, h('div', { class: 'figure' }, this.#safe, ' ', this.#share), this.#strip.element),
      this.#speed.element, this.#left.element, h('div', { class: 'buttons tight' }, this.#speedLimit, this.#all))
    this.#showLimit()
  }

  #showLimit() {
    const limit = limitOf()
    const word = limit > 0 ? t.pace.now(limit) : t.pace.word
    this.#speedLimit.setAttribute('aria-label', word)
    this.#speedLimit.title = word
    this.#speedLimit.replaceChildren(icon('gauge'), limit > 0 ? format.speed(limit) : '')
    this.#speedLimit.classList.toggle('square', limit === 0)
  }

  async #chooseSpeed(anchor) {
    const { openMenu } = await import('../parts/menu.js')
    const take = (limit) => { limitSpeed(this.engine, limit); this.#showLimit() }
    openMenu(anchor, [0, ...SPEEDS].map((limit) => (
      { word: limit ? format.speed(limit) : t.pace.none, glyph: limitOf() === limit ? 'check' : 'dashed',
        act: () => take(limit) })))
  }

  /** @param {import('../../client/upload.js').Upload[]} uploads */
  update(uploads) {
    this.element.hidden = uploads.length === 0
    const counted = uploads.filter(({ state }) => state !== 'cancelled')
    const size = sum(counted, (upload) => upload.size)
    const safe = sum(counted, (upload) => upload.safe.total)
    const sent = sum(counted, (upload) => upload.sent)
    const rate = sum(counted, (upload) => (stateOf(upload) === 'uploading' ? upload.speed : 0))
    const moving = counted.filter(({ state }) => state === 'uploading' || state === 'waiting')
    const rest = sum(moving, (upload) => upload.size - upload.sent)
    say(this.#safe, t.sum.safe(safe, size))
    say(this.#share, t.sum.files(counted.length, format.percent(safe, size)))
    // An upload that was interrupted before any byte was stored has no remaining time yet.
    const ends = rate > 0 && rest > 0 && (safe > 0 || counted.every(({ retries }) => retries === 0))
    this.#speed.show(rate > 0 ? format.speed(rate) : '')
    this.#left.show(ends ? format.duration(rest / rate) : '')
    this.#strip.show((count) => cellsOfSum(safe, sent, size, count))
    const running = counted.some(({ state }) => !['paused', 'done', 'failed', 'choose'].includes(state))
    this.#paused = !running && counted.some(({ state }) => state === 'paused')
    this.#all.hidden = !running && !this.#paused
    const word = this.#paused ? t.sum.resume : t.sum.pause
    if (this.#all.lastChild.textContent !== word) {
      this.#all.replaceChildren(icon(this.#paused ? 'play' : 'pause'), word)
    }
  }
}

/** Creates a figure with a word below it; neither is shown while there is no value. @param {string} word */
function figure(word) {
  const value = h('div', { class: 'figure' })
  const small = h('small', {}, word)
  return {
    element: h('div', { class: 'number' }, value, small),
    show: (text) => {
      say(value, text)
      small.hidden = !text
    }
  }
}
