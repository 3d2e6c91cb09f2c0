// The base of most tabs of the Access screen: a list with a button above it, loaded page by page.
import { codeOf } from '../api.js'
import { button, h } from '../dom.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Notes } from '../parts/notes.js'
import { table } from '../parts/table.js'
import { t } from '../texts/access.js'

export class ListPane {
  items = []
  #next = null
  #loading = 0
  #place = h('section', { class: 'card' })
  // Beside the list that failed: a tab may have several.
  #faults = new Notes()
  #more = button(t.more, { hidden: true, act: () => this.load(true) })

  /**
   * @param {import('./screen.js').AccessScreen} screen
   * @param {object} what
   * @param {string} what.label
   * @param {string} what.hint what these things are for
   * @param {import('../parts/table.js').Column[]} what.columns
   * @param {(cursor: string | null) => Promise<{items: any[], nextCursor: string | null}>} what.read
   * @param {(item: any) => HTMLElement} what.row
   * @param {[title: string, text: string]} what.empty
   * @param {Node[]} [what.acts]
   * @param {Node} [what.above] between the head and the list
   */
  constructor(screen, what) {
    this.screen = screen
    this.what = what
    this.#place.setAttribute('aria-label', what.label)
    this.element = h('div', { class: 'stack' },
      h('div', { class: 'pane-head' }, h('p', { class: 'hint grow' }, what.hint), h('div', { class: 'buttons' }, what.acts ?? [])),
      what.above, this.#faults.element, this.#place, h('div', {}, this.#more))
    this.#place.append(bones())
    this.load()
  }

  async load(more = false) {
    const loading = ++this.#loading
    try {
      const page = await this.what.read(more ? this.#next : null)
      if (loading !== this.#loading) return
      this.items = more ? [...this.items, ...page.items] : page.items
      this.#next = page.nextCursor
      this.#faults.hide('load')
      this.show()
    } catch (error) {
      if (loading !== this.#loading) return
      if (this.items.length === 0) this.#place.replaceChildren()
      this.#faults.show('load', { kind: 'bad', glyph: 'fail', lead: t.listFault, text: error.message, code: codeOf(error),
        actions: [{ word: t.again, act: () => this.load() }] })
    }
  }

  show() {
    const { label, columns, row, empty } = this.what
    const focused = document.activeElement?.closest?.('tr')?.dataset.id
    const within = document.activeElement?.closest?.('.acts') ? '.acts button' : 'a, button'
    this.#more.hidden = this.#next === null
    this.#place.replaceChildren(this.items.length === 0 ? emptyPlace(...empty) : table(label, columns, this.items.map(row)))
    if (focused) this.#place.querySelector(`tr[data-id="${CSS.escape(focused)}"]`)?.querySelector(within)?.focus()
  }

  /** Does something, shows the outcome, and loads again. @param {() => Promise<any>} work @param {string} [told] */
  async act(work, told) {
    const { notes } = this.screen
    notes.hide('act')
    try {
      const done = await work()
      if (done === null || done === false) return
      if (told) notes.show('act', { glyph: 'check', text: told, actions: [{ word: t.close, act: () => notes.hide('act') }] })
    } catch (error) {
      notes.show('act', { kind: 'bad', glyph: 'fail', text: error.message, code: codeOf(error),
        actions: [{ word: t.close, act: () => notes.hide('act') }] })
    }
    await this.load()
  }
}
