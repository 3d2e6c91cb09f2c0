// A list of items with buttons above it, which is loaded in pages. Most screens about access and the list of webhooks
// use it.
import { button, h } from '../dom.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { table } from '../parts/table.js'
import { t } from '../texts/access.js'

export class ListPane {
  items = []
  /**
   * Shows another query of this list, if the list has several. Returns whether it did.
   * @type {((query: URLSearchParams) => boolean) | null}
   */
  go = null
  #next = null
  #life
  #place = h('section', { class: 'card' })
  #more = button(t.more, { hidden: true, act: () => this.load(true) })

  /**
   * @param {{shell: import('../shell.js').Shell, notes: import('../parts/notes.js').Notes}} screen
   * @param {object} what
   * @param {string} what.label
   * @param {string | Node} what.hint what the items are for
   * @param {import('../parts/table.js').Column[]} what.columns
   * @param {(cursor: string | null) => Promise<{items: any[], nextCursor: string | null}>} what.read
   * @param {(item: any) => HTMLElement} what.row
   * @param {readonly [title: string, text: string]} what.empty
   * @param {Node[]} [what.acts]
   * @param {Node} [what.above] an element between the head and the list
   * @param {() => number} [what.every] returns the milliseconds until the next load
   */
  constructor(screen, what) {
    this.screen = screen
    this.what = what
    // Load errors are shown beside the list, because a screen may have several lists. The outcome of actions is shown
    // at the top.
    this.#life = new Lifecycle(screen.shell, { read: (more) => this.#read(more), every: what.every,
      told: screen.notes,
      failed: () => { if (this.items.length === 0) this.#place.replaceChildren(); return false } })
    this.#place.setAttribute('aria-label', what.label)
    this.element = h('div', { class: 'stack' },
      h('div', { class: 'pane-head' }, h('p', { class: 'hint grow' }, what.hint),
        h('div', { class: 'buttons' }, what.acts ?? [])),
      what.above, this.#life.notes.element, this.#place, h('div', {}, this.#more))
    this.#place.append(bones())
    this.load()
  }

  /** @param {boolean} [more] whether to load the next page */
  load(more = false) { return this.#life.load(more) }

  close() { this.#life.leave() }

  /** Runs an action, shows its outcome, and loads again. @param {() => Promise<any>} work @param {string} [told] */
  act(work, told) { return this.#life.act(work, told) }

  async #read(more) {
    const page = await this.what.read(more ? this.#next : null)
    return () => {
      this.items = more ? [...this.items, ...page.items] : page.items
      this.#next = page.nextCursor
      this.show()
    }
  }

  show() {
    const { label, columns, row, empty } = this.what
    const focused = document.activeElement?.closest?.('tr')?.dataset.id
    const within = document.activeElement?.closest?.('.acts') ? '.acts button' : 'a, button'
    this.#more.hidden = this.#next === null
    this.#place.replaceChildren(this.items.length === 0 ? emptyPlace(...empty)
      : table(label, columns, this.items.map(row)))
    if (focused) {
      /** @type {HTMLElement | null | undefined} */
      const next = this.#place.querySelector(`tr[data-id="${CSS.escape(focused)}"]`)?.querySelector(within)
      next?.focus()
    }
  }
}
