// The row of an upload that another tab of this browser sends. The user can pause, resume and cancel it here, too.
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { cellsOfSum, strip } from '../parts/cells.js'
import { nameOf } from '../parts/name.js'
import { t } from '../texts/shell.js'
import { sureToCancel } from './acts.js'

export class MirrorRow {
  #strip = strip()
  #safe = h('span')
  #percent = h('span', { class: 'percent' })
  #state = h('span', { class: 'state' })
  #actions = h('div', { class: 'buttons tight' })
  #bar
  #shown = ''

  /** @param {import('./mirror.js').Mirrored} upload @param {(verb: 'pause' | 'resume' | 'cancel') => void} act */
  constructor(upload, act) {
    this.act = act
    this.#bar = h('div', { class: 'bar' }, this.#strip.element, h('p', {}, this.#safe, this.#percent))
    this.element = h('li', { class: 'row', 'data-id': upload.id },
      h('span', { class: 'tile', 'aria-hidden': 'true' }, format.extension(upload.name)),
      h('div', { class: 'grow what' }, nameOf(upload.name),
        h('div', { class: 'line' }, this.#state, h('span', { class: 'cut' }, t.reason.elsewhere))),
      this.#bar, this.#actions)
    this.update(upload)
  }

  /** @param {import('./mirror.js').Mirrored} upload */
  update(upload) {
    const { safe, sent, size, state } = upload
    say(this.#safe, t.row.safe(safe, size).join(''))
    say(this.#percent, format.percent(safe, size))
    this.#strip.show((count) => cellsOfSum(safe, sent, size, count))
    if (this.#shown !== state) this.#show(upload)
  }

  #show({ name, safe, state }) {
    this.#shown = state
    const paused = state === 'paused'
    this.#state.replaceChildren(icon(paused ? 'pause' : 'out'), t.state[state] ?? t.state.elsewhere)
    const focused = this.#actions.contains(document.activeElement)
    const cancel = async () => { if (await sureToCancel(name, safe)) this.act('cancel') }
    this.#actions.replaceChildren(...(state === 'verifying' ? [] : [
      paused ? button('', { glyph: 'play', kind: 'plain', label: t.row.resume(name), act: () => this.act('resume') })
        : button('', { glyph: 'pause', kind: 'plain', label: t.row.pause(name), act: () => this.act('pause') }),
      button('', { glyph: 'close', kind: 'plain', label: t.row.cancel(name), act: cancel })
    ]))
    if (focused) this.#actions.querySelector('button')?.focus()
  }
}
