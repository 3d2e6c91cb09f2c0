// The table of entries and its selection. Only visible rows exist, but all entries can be selected.
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { nameOf } from '../parts/name.js'
import { nameOfSubject } from '../parts/people.js'
import { stateOf, stateWord } from '../parts/state.js'
import { addressOf } from '../router.js'
import { t } from '../texts/files.js'
import { showMenu, handlePointer } from './pointer.js'
import { Sizes } from './sizes.js'
import { Window } from './window.js'

/** @type {[kind: import('../dom.js').IconName, pattern: RegExp][]} */
const KINDS = [
  ['image', /\.(avif|bmp|gif|heic|jpe?g|png|svg|tiff?|webp)$/i], ['video', /\.(avi|m4v|mkv|mov|mp4|webm)$/i],
  ['archive', /\.(7z|bz2|gz|rar|tar|xz|zip|zst)$/i]
]

/**
 * @param {Pick<import('./tree.js').Entry, 'kind' | 'name'>} entry
 * @returns {import('../dom.js').IconName}
 */
export const glyphOf = (entry) => (entry.kind === 'folder' ? 'folder' : entry.kind === 'link' ? 'link'
  : KINDS.find(([, pattern]) => pattern.test(entry.name))?.[0] ?? 'file')

// Characters that are typed within this time form one word.
const WORD_MS = 800
// The number of invisible rows that are kept for when the user scrolls back.
const MOST_KEPT = 500
// The number of selected folders up to which the service is asked for the bytes below each.
const MOST_SUMMED = 100

export class FileList {
  #chosen = new Set()
  #last = null
  /** The row that gets the focus when the focused row is removed. @type {string | null} */
  #heir = null
  #shown = null
  #typed = { text: '', at: 0 }
  /** The id of the row that is dragged. @type {string | null} */
  #dragged = null
  #window
  /** @type {Map<string, {element: HTMLElement, look: string}>} */
  #rows = new Map()
  /** The rows of arriving uploads that were drawn last; the screen may already have others. @type {HTMLElement[]} */
  #arrivals = []
  #entries = []
  #all
  #heads = []
  #owner = h('th', { scope: 'col' })
  #body = h('tbody')
  #sizes = new Sizes((id) => this.#showSize(id))

  /** @param {any} screen */
  constructor(screen) {
    this.screen = screen
    const onAll = () => this.chooseAll(this.#all.checked)
    this.#all = h('input', { type: 'checkbox', class: 'check', 'aria-label': t.files.all, on: { change: onAll } })
    const head = (word, sort, kind = '') => {
      const cell = h('th', { scope: 'col', class: kind }, button(word,
        { kind: 'plain', act: () => this.#sort(sort) }))
      this.#heads.push({ cell, sort })
      return cell
    }
    this.element = h('table', { class: 'table long' },
      h('thead', {}, h('tr', {}, h('th', { class: 'pick' }, this.#all), head(t.files.name, 'name'),
        head(t.files.size, 'size', 'amount'),
        head(t.files.modified, 'modifiedAt'), this.#owner)),
      this.#body)
    handlePointer(screen, this.#body)
    this.#body.addEventListener('dragstart', ({ target }) => {
      this.#dragged = /** @type {HTMLElement} */ (target).closest?.('tr')?.dataset.id ?? null
    })
    this.#body.addEventListener('dragend', () => { this.#dragged = null })
    this.#window = new Window(this.element, this.#body, (index) => this.#rowAt(index), () => this.#staying())
  }

  /** @returns {import('./tree.js').Entry[]} */
  get chosen() { return this.#chosen.size === 0 ? [] : this.screen.items.filter(({ id }) => this.#chosen.has(id)) }

  /**
   * The entries to which a key applies: the selection, or otherwise the focused row.
   * @returns {import('./tree.js').Entry[]}
   */
  get meant() {
    const { chosen } = this
    return chosen.length > 0 || this.#focused < 0 ? chosen : [this.screen.items[this.#focused]]
  }

  /** Whether all entries of the folder are selected, including those that are not loaded. */
  get allChosen() { return this.#chosen.size > 0 && this.#chosen.size === this.screen.items.length
    && !this.screen.entries.next }

  /** Removes all rows, because another folder is opened. */
  clear() {
    this.#sizes.clear()
    this.#chosen.clear()
    this.#rows.clear()
    this.#arrivals = []
    this.#entries = []
    this.#window.show(0)
    this.#last = null
  }

  /** @param {import('./tree.js').Entry[]} entries the new selection */
  choose(entries) {
    const had = this.#chosen.size > 0
    this.#chosen = new Set(entries.map(({ id }) => id))
    this.#mark()
    return had || entries.length > 0
  }

  /** Selects all entries of the folder, or none. @param {boolean} all */
  async chooseAll(all) {
    if (all && !await this.screen.loadAll()) { this.#mark(); return }
    this.choose(all ? this.screen.items : [])
  }

  /** @param {HTMLElement} scroller */
  follow(scroller) { this.#window.follow(scroller) }

  close() {
    this.#sizes.close()
    this.#window.close()
  }

  /**
   * Returns the number and size of these entries, including the content of folders as far as it is known.
   * @param {import('./tree.js').Entry[]} entries
   */
  sumOf(entries) {
    const sum = { bytes: 0, more: false }
    let folders = 0
    for (const { id, kind, size } of entries) {
      const below = kind !== 'folder' ? { bytes: size ?? 0, more: false }
        : folders++ < MOST_SUMMED ? this.#sizes.of(id) : null
      sum.bytes += below?.bytes ?? 0
      sum.more ||= below?.more ?? true
    }
    return sum
  }

  /** Draws the loaded entries; rows that look the same are kept. */
  update() {
    const { screen } = this
    this.#sizes.changed()
    this.element.classList.toggle('tiles', Boolean(screen.tiles))
    this.element.classList.toggle('sought', screen.searching !== null)
    const focused = document.activeElement?.closest?.('tr')?.dataset.id
    const ids = new Set(screen.items.map(({ id }) => id))
    for (const id of this.#chosen) if (!ids.has(id)) this.#chosen.delete(id)
    for (const { cell, sort } of this.#heads) {
      const active = !screen.searching && screen.sort.replace('-', '') === sort
      const down = screen.sort.startsWith('-')
      if (active) cell.setAttribute('aria-sort', down ? 'descending' : 'ascending')
      else cell.removeAttribute('aria-sort')
      const word = cell.querySelector('button')
      word.disabled = screen.searching !== null
      word.replaceChildren(word.textContent, ...(active ? [icon(down ? 'down' : 'upper')] : []))
    }
    this.#owner.textContent = screen.searching ? t.files.place : t.files.owner
    const { arriving, items, entries } = screen
    this.#arrivals = arriving.map((upload) => this.#arriving(upload))
    this.#entries = items
    const looks = this.#rows
    // Invisible rows are created again when they become visible.
    this.#rows = new Map([...looks].filter(([id, { element }]) => ids.has(id) && element.isConnected))
    const { totals } = entries
    this.element.ariaRowCount = String(entries.next && !totals ? -1
      : 1 + arriving.length + (entries.next ? totals.files + totals.folders : items.length))
    this.#window.show(arriving.length + items.length)
    this.#mark()
    this.show(this.#shown)
    if (!focused || document.activeElement !== document.body) return
    const wanted = ids.has(focused) ? focused : this.#heir
    this.#heir = null
    if (wanted) this.#focus(items.findIndex(({ id }) => id === wanted))
  }

  /**
   * Chooses the row that gets the focus if the focused row is removed.
   * @param {import('./tree.js').Entry[]} leaving
   */
  passFocus(leaving) {
    const { items } = this.screen
    const at = this.#focused
    const gone = new Set(leaving.map(({ id }) => id))
    if (at < 0 || !gone.has(items[at].id)) return
    this.#heir = [...items.slice(at), ...items.slice(0, at).reverse()].find(({ id }) => !gone.has(id))?.id ?? null
  }

  /** Moves the focus to the next or previous name. @param {number} step */
  step(step) {
    const at = this.#focused
    return this.#focus(at < 0 ? 0 : at + step)
  }

  /**
   * Moves the focus by one visible page, or to the first or last row.
   * @param {'PageUp' | 'PageDown' | 'Home' | 'End'} key
   */
  leap(key) {
    if (this.#focused < 0) return false
    const { page } = this.#window
    return key === 'Home' ? this.#focus(0) : key === 'End' ? this.#focus(Infinity)
      : this.step(key === 'PageDown' ? page : -page)
  }

  /** Moves the focus to the next name that begins with the typed characters. @param {string} key */
  type(key) {
    const at = this.#focused
    const now = Date.now()
    const before = now - this.#typed.at < WORD_MS ? this.#typed.text : ''
    if (at < 0 || key.length !== 1 || (!before && !key.trim())) return false
    const text = before + key.toLowerCase()
    this.#typed = { text, at: now }
    const { items } = this.screen
    // Repeating one character moves through all names that begin with it.
    const from = text.length === 1 ? at + 1 : at
    const found = [...items.keys()].find((i) => items[(from + i) % items.length].name.toLowerCase().startsWith(text))
    if (found !== undefined) this.#focus((from + found) % items.length)
    return true
  }

  /** The number of entries in a line. */
  get perLine() { return this.#window.columns }

  /** The index of the entry whose name has the focus, or -1. */
  get #focused() {
    const row = this.#body.contains(document.activeElement) ? document.activeElement.closest('tr') : null
    return row?.dataset.id ? this.screen.items.findIndex(({ id }) => id === row.dataset.id) : -1
  }

  /** @param {number} index of an entry */
  #focus(index) {
    const { items } = this.screen
    if (items.length === 0) return false
    const at = Math.max(0, Math.min(items.length - 1, index))
    if (at >= this.#entries.length) return false
    this.#window.reveal(this.#arrivals.length + at).querySelector('.name').focus({ preventScroll: true })
    return true
  }

  /** The rows that are kept although they are invisible, because they have the focus or a menu, or are dragged. */
  #staying() {
    const focused = this.#body.contains(document.activeElement) ? document.activeElement.closest('tr')?.dataset.id
      : null
    return [focused, this.#dragged].filter(Boolean).map((id) => this.#entries.findIndex((item) => item.id === id))
      .filter((at) => at >= 0).map((at) => at + this.#arrivals.length)
  }

  /** @param {number} index */
  #rowAt(index) {
    const { length } = this.#arrivals
    if (index < length) return this.#arrivals[index]
    const entry = this.#entries[index - length]
    if (this.#rows.size > MOST_KEPT) {
      this.#rows = new Map([...this.#rows].filter(([, { element }]) => element.isConnected))
    }
    const row = this.#rowOf(entry, this.#rows.get(entry.id))
    this.#markRow(row)
    return row
  }

  /** Selects or deselects the row whose name has the focus. */
  toggle() {
    const row = this.#body.contains(document.activeElement) && document.activeElement.closest('tr')
    const entry = row && document.activeElement.matches('.name')
      && this.screen.items.find(({ id }) => id === row.dataset.id)
    if (!entry) return false
    this.pick(entry.id, !this.#chosen.has(entry.id))
    return true
  }

  /** Marks the row whose details are open. @param {string | null} id */
  show(id) {
    this.#shown = id
    for (const row of /** @type {HTMLElement[]} */ ([...this.#body.children])) this.#markRow(row)
  }

  #sort(sort) {
    const same = this.screen.sort.replace('-', '') === sort
    this.screen.sortBy(same ? (this.screen.sort.startsWith('-') ? sort : `-${sort}`)
      : sort === 'name' ? sort : `-${sort}`)
  }

  #rowOf(entry, before) {
    const { screen } = this
    const size = this.#sizeOf(entry)
    const where = screen.searching ? entry.path.split('/').slice(0, -1).join('/') : null
    const last = where === null ? nameOfSubject(entry.owner)
      : screen.everywhere ? screen.placeOf(where, screen.spaces.find(({ id }) => id === entry.space))
        : `/${format.visible(where)}`
    const modified = format.when(entry.modifiedAt)
    const look = JSON.stringify([
      screen.space, entry.path, entry.revision, entry.kind, entry.size, entry.holds, modified, last,
      Boolean(screen.tiles)
    ])
    const row = before?.look === look ? before : { look,
      element: this.#row(entry, size, modified, last, where === null) }
    this.#rows.set(entry.id, row)
    return row.element
  }

  /**
   * Returns the text of the size: of a folder, the size of its content, or the number of its entries until the size
   * is known.
   */
  #sizeOf(entry) {
    if (entry.kind !== 'folder') return entry.kind === 'file' ? format.bytes(entry.size) : ''
    const below = this.#sizes.of(entry.id)
    return below ? t.files.below(below) : entry.holds ? t.files.holds(entry.holds) : ''
  }

  /** Updates the size in a row without replacing the row, so that it keeps the focus. @param {string} id */
  #showSize(id) {
    const row = [...this.#body.children].find((one) => one.getAttribute('data-id') === id)
    const entry = this.#entries.find((one) => one.id === id)
    if (row && entry) for (const place of row.querySelectorAll('.size')) place.textContent = this.#sizeOf(entry)
    if (this.#chosen.has(id)) this.screen.picked()
  }

  #row(entry, size, modified, last, isOwner) {
    const { screen } = this
    const name = format.visible(entry.name)
    const check = h('input', { type: 'checkbox', class: 'check', 'aria-label': t.files.pick(name),
      on: { click: (event) => this.pick(entry.id, event.target.checked, event.shiftKey) } })
    const title = entry.kind === 'folder'
      ? nameOf(entry.name, 'a', { href: addressOf('files', entry.path.split('/'),
        { space: entry.space ?? screen.space }) })
      : nameOf(entry.name, 'button', { type: 'button', 'aria-label': t.files.open(name) })
    if (entry.kind !== 'folder') title.addEventListener('click', () => screen.details(entry.id))
    const more = button('', { glyph: 'more', kind: 'plain small of-row', label: t.files.menuOf(name),
      'aria-haspopup': 'menu',
      act: ({ currentTarget }) => showMenu(screen, [entry], currentTarget) })
    return h('tr', { 'data-id': entry.id, 'data-name': entry.name, draggable: 'true' },
      h('td', { class: 'pick' }, check), screen.tiles && h('td', { class: 'thumb' }, screen.tiles.faceOf(entry)),
      h('td', { class: 'title' }, h('div', { class: 'what' }, icon(glyphOf(entry)), title, more),
        h('div', { class: 'facts-line' }, h('span', { class: 'size' }, size), h('span', {}, modified),
          h('span', { class: 'cut' }, last))),
      h('td', { class: 'amount aside size', title: entry.holds ? t.files.holds(entry.holds) : null }, size),
      h('td', { class: 'aside', title: format.exactTime(entry.modifiedAt) }, modified),
      h('td', { class: 'aside', title: isOwner ? entry.owner : last }, last))
  }

  /** Creates the row of an upload that will be published in this folder. */
  #arriving(upload) {
    const name = upload.path.split('/').pop()
    const word = stateWord(stateOf(upload), upload.size ? format.percent(upload.receivedBytes, upload.size) : '')
    return h('tr', { class: 'arriving' }, h('td', { class: 'pick' }),
      this.screen.tiles && h('td', { class: 'thumb' },
        this.screen.tiles.faceOf({ kind: 'file', name, size: null, contentUrl: null })),
      h('td', { class: 'title' }, h('div', { class: 'what' }, icon(glyphOf({ kind: 'file', name })), nameOf(name)),
        h('div', { class: 'facts-line' }, word.cloneNode(true))),
      h('td', { class: 'amount aside' }, upload.size === null ? '' : format.bytes(upload.size)),
      h('td', { class: 'aside', colspan: '2' }, word))
  }

  /** @param {string} id */
  has(id) { return this.#chosen.has(id) }

  /**
   * @param {string} id
   * @param {boolean} chosen
   * @param {boolean} [range] whether to include all entries since the previous choice
   */
  pick(id, chosen, range = false) {
    const { items } = this.screen
    const at = items.findIndex((item) => item.id === id)
    const from = range && this.#last !== null ? Math.min(this.#last, at) : at
    const to = range && this.#last !== null ? Math.max(this.#last, at) : at
    for (const one of items.slice(from, to + 1)) {
      if (chosen) this.#chosen.add(one.id)
      else this.#chosen.delete(one.id)
    }
    this.#last = at
    this.#mark()
  }

  #mark() {
    for (const row of /** @type {HTMLElement[]} */ ([...this.#body.children])) this.#markRow(row)
    this.#all.checked = this.allChosen
    this.#all.indeterminate = this.#chosen.size > 0 && !this.#all.checked
    this.screen.picked()
  }

  /** @param {HTMLElement} row */
  #markRow(row) {
    const { id } = row.dataset
    const chosen = this.#chosen.has(id)
    row.classList.toggle('chosen', chosen)
    row.classList.toggle('shown', this.#shown !== null && this.#shown === id)
    /** @type {HTMLInputElement | null} */
    const check = row.querySelector('.check')
    if (check) check.checked = chosen
  }
}
