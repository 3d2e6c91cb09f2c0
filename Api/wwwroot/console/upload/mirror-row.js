// The row of an upload that another tab of this browser sends.
import { h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { cellsOfSum, strip } from '../parts/cells.js'
import { nameOf } from '../parts/name.js'
import { t } from '../texts/shell.js'

export class MirrorRow {
  #strip = strip()
  #safe = h('span')
  #percent = h('span', { class: 'percent' })
  #bar

  /** @param {import('./mirror.js').Mirrored} upload */
  constructor(upload) {
    this.#bar = h('div', { class: 'bar' }, this.#strip.element, h('p', {}, this.#safe, this.#percent))
    this.element = h('li', { class: 'row', 'data-id': upload.id },
      h('span', { class: 'tile', 'aria-hidden': 'true' }, format.extension(upload.name)),
      h('div', { class: 'grow what' }, nameOf(upload.name),
        h('div', { class: 'line' }, h('span', { class: 'state' }, icon('out'), t.state.elsewhere))),
      this.#bar)
    this.update(upload)
  }

  update({ safe, sent, size }) {
    say(this.#safe, t.row.safe(safe, size).join(''))
    say(this.#percent, format.percent(safe, size))
    this.#strip.show((count) => cellsOfSum(safe, sent, size, count))
  }
}
