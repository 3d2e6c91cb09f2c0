// The trash with deleted and replaced files.
import { codeOf } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { ask } from '../parts/dialog.js'
import { chooseFolder } from '../frame/folders.js'
import { openMenu } from '../parts/menu.js'
import { nameOf } from '../parts/name.js'
import { learnNames, nameOfSubject } from '../parts/people.js'
import { t } from '../texts/files.js'
import { glyphOf } from './list.js'
import * as tree from './tree.js'

// The errors if the former place of an item does not exist or is taken.
const NEEDS_PLACE = ['name_taken', 'no_entry', 'no_folder', 'not_folder']

export class TrashView {
  #items = []
  #next = null

  /** @param {any} screen @param {HTMLElement} bar */
  constructor(screen, bar) {
    this.screen = screen
    this.bar = bar
    this.element = h('div', {}, bones())
    bar.replaceChildren()
  }

  async load(more = false) {
    try {
      const page = await tree.trash(this.screen.space, more ? this.#next : null)
      await learnNames(this.screen.shell, page.items.map(({ removedBy }) => removedBy))
      this.#items = more ? [...this.#items, ...page.items] : page.items
      this.#next = page.nextCursor
      this.screen.notes.hide('fault')
      this.#show()
    } catch (error) {
      this.screen.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: t.listFault, text: error.message,
        code: codeOf(error),
        actions: [{ word: t.again, act: () => this.load() }] })
    }
  }

  #show() {
    const items = this.#items
    const { may } = this.screen
    this.bar.replaceChildren(h('span', { class: 'grow' }), may.remove ?
      button(t.trash.empty, { kind: 'danger', disabled: items.length === 0, act: () => this.#empty() }) : '')
    if (items.length === 0) {
      this.element.replaceChildren(emptyPlace(t.trash.emptyTitle, t.trash.emptyText))
      return
    }
    this.element.replaceChildren(
      h('table', { class: 'table trash' },
        h('thead', {}, h('tr', {}, h('th', { scope: 'col', class: 'lead' }, t.files.name),
          h('th', { scope: 'col', class: 'amount' }, t.files.size),
          h('th', { scope: 'col' }, t.trash.was), h('th', { scope: 'col' }, t.trash.removed),
          h('th', { scope: 'col' }, t.trash.freed),
          h('th', { scope: 'col' }, h('span', { class: 'only-heard' }, t.panel.more)))),
        h('tbody', {}, items.map((item) => this.#row(item)))),
      ...(this.#next ? [h('div', { class: 'bar-top' }, button(t.files.moreRows, { act: () => this.load(true) }))]
        : []))
  }

  #row(item) {
    const name = format.visible(item.name)
    const folder = item.path === null ? t.trash.lost
      : this.screen.placeOf(item.path.split('/').slice(0, -1).join('/'))
    const size = item.size === null ? '–' : format.bytes(item.size)
    const removed = h('time', { datetime: item.removedAt, title: format.exactTime(item.removedAt) },
      format.when(item.removedAt))
    const { may } = this.screen
    const more = (event) => openMenu(event.currentTarget, [
      may.change && { word: t.trash.restoreTo, glyph: 'move', act: () => this.#restoreTo(item) },
      may.remove && { word: t.trash.forever, glyph: 'trash', kind: 'danger', act: () => this.#forget(item) }
    ].filter(Boolean))
    return h('tr', { 'data-id': item.id },
      h('td', { class: 'title lead' },
        h('div', { class: 'what' }, icon(glyphOf(item)), nameOf(item.name),
          item.version && h('span', { class: 'hint' }, t.trash.earlier(item.version))),
        h('div', { class: 'facts-line' }, h('span', {}, size), removed.cloneNode(true),
          h('span', { class: 'cut' }, folder))),
      h('td', { class: 'amount aside' }, size), h('td', { class: 'aside' }, folder),
      h('td', { class: 'aside' }, removed, ` ${t.trash.by} ${nameOfSubject(item.removedBy)}`),
      h('td', { class: 'aside', title: format.exactTime(item.expiresAt) }, format.when(item.expiresAt)),
      h('td', { class: 'acts' }, h('div', { class: 'buttons tight' },
        may.change && button(t.trash.restore, { kind: 'small', 'aria-label': t.trash.restoreTitle(name),
          act: () => this.#restore(item) }),
        (may.change || may.remove) && button('', { glyph: 'more', kind: 'plain small',
          label: `${t.panel.more}: ${name}`,
          'aria-haspopup': 'menu', act: more }))))
  }

  async #restore(item) {
    try {
      await tree.restore(this.screen.space, item)
      this.#told(item)
    } catch (error) {
      if (NEEDS_PLACE.includes(error.code)) await this.#restoreTo(item, t.trash.restoreFault)
      else this.#fault(error)
    }
  }

  async #restoreTo(item, why) {
    const chosen = await chooseFolder({
      title: why ?? t.trash.restoreTitle(format.visible(item.name)), act: t.trash.restore, space: this.screen.space,
      spaces: this.screen.spaces.filter(({ id }) => id === this.screen.space),
      check: async (path) => {
        try {
          await tree.restore(this.screen.space, item, { path: [path, item.name].filter(Boolean).join('/'),
            conflict: 'rename' })
          return undefined
        } catch (error) { return error.message }
      }
    })
    if (chosen) this.#told(item)
  }

  async #forget(item) {
    const yes = await ask({
      title: t.trash.foreverTitle(format.visible(item.name)), text: [t.trash.foreverText], dismiss: null,
      answers: [{ word: t.trash.keep, value: false }, { word: t.trash.forever, value: true, kind: 'danger' }]
    })
    if (yes) await this.#do(() => tree.forget(this.screen.space, item))
  }

  async #empty() {
    const yes = await ask({
      title: t.trash.allTitle, text: [t.trash.allText], dismiss: null,
      answers: [{ word: t.trash.keep, value: false }, { word: t.trash.empty, value: true, kind: 'danger' }]
    })
    if (yes) await this.#do(() => tree.emptyTrash(this.screen.space))
  }

  async #do(work) {
    try { await work() } catch (error) { this.#fault(error) }
    this.load()
  }

  #told(item) {
    this.screen.notes.show('undo', { glyph: 'check', lead: format.visible(item.name), text: t.restored.text,
      actions: [{ word: t.close, act: () => this.screen.notes.hide('undo') }] })
    this.screen.nav.refresh()
    this.load()
  }

  #fault(error) {
    this.screen.notes.show('failed', { kind: 'bad', glyph: 'fail', text: error.message, code: codeOf(error),
      actions: [{ word: t.close, act: () => this.screen.notes.hide('failed') }] })
  }
}
