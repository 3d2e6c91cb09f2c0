// One end of a new transfer or of a pair: a storage and its tree. At the source of a transfer, the user ticks files
// and folders; otherwise, one folder is chosen.
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { bones } from '../parts/empty.js'
import { openMenu } from '../parts/menu.js'
import { nameOf } from '../parts/name.js'
import { storageMark } from '../parts/storage.js'
import { addressOf } from '../router.js'
import { t } from '../texts/transfers.js'
import { Addresses } from './addresses.js'
import { isTarget } from './places.js'
import { Selection } from './selection.js'

/** @typedef {import('./places.js').Place} Place @typedef {import('./selection.js').Node} Node */

// The number of names of coming items that are shown below the chosen folder.
const COMES = 3

export class End {
  /** @type {Place | null} */
  place = null
  selection = new Selection()
  /** @type {Node | null} */
  target = null
  /** The names of the items that will be brought here. @type {string[]} */
  comes = []
  #source
  /** Whether exactly one folder is chosen. */
  #aims
  #word
  #places
  #changed
  #asked = 0
  /** @type {Node[]} */
  #roots = []
  /** @type {Map<Node, {items: Node[], next: string | null, open: boolean, busy: boolean, fault: string}>} */
  #folders = new Map()
  #wanted = null
  /** Chosen items that are in no folder that is shown. @type {Node[]} */
  #loose = []
  #head = h('div', { class: 'end-head' })
  #list = h('ul', { class: 'nodes' })
  #fault = h('p', { class: 'fault hint', role: 'alert', hidden: true })
  #foot = h('div', { class: 'end-foot' })
  #written = new Addresses((nodes) => this.#write(nodes))

  /**
   * @param {object} what
   * @param {boolean} what.source
   * @param {() => Place[]} what.places returns the places to choose from
   * @param {() => void} what.changed called when the choice has changed
   * @param {globalThis.Node[]} [what.foot]
   * @param {string} [what.word] the name of the end
   * @param {boolean} [what.folder] whether one folder is chosen, also at the source
   */
  constructor({ source, places, changed, foot = [], word = source ? t.make.from : t.make.to, folder = !source }) {
    this.#source = source
    this.#aims = folder
    this.#word = word
    this.#places = places
    this.#changed = changed
    this.#list.setAttribute('aria-label', word)
    this.#foot.append(...foot)
    this.element = h('section', { class: `card end-card ${source ? 'at-1' : 'at-2'}`, 'aria-label': word },
      this.#head, this.#list,
      source && this.#written.element, this.#fault, this.#foot)
    this.#list.addEventListener('keydown', (event) => this.#key(event))
    this.#showHead()
  }

  /**
   * @param {Place | null} place
   * @param {{space?: string | null, path?: string, ids?: string[]}} [start] the folder to open and the items to
   *   choose
   */
  async show(place, start = {}) {
    const asked = ++this.#asked
    this.place = place
    this.selection.clear()
    this.target = null
    this.#folders.clear()
    this.#roots = []
    this.#loose = []
    this.#wanted = start
    this.#showHead()
    this.#tell('')
    this.#list.hidden = place?.written === true
    this.#written.element.hidden = !this.#list.hidden
    this.#list.replaceChildren(...(place ? [h('li', {}, bones())] : []))
    this.#changed()
    if (!place) return
    if (place.written) {
      this.#write(this.#written.nodes)
      return
    }
    try {
      const roots = await place.roots()
      if (asked !== this.#asked) return
      this.#roots = roots
      // An address without a space means the shared space, as in Files.
      const named = start.path || start.ids?.length > 0
      const first = roots.find(({ space, isShared }) => (start.space ? space === start.space : named && isShared))
        ?? roots.find(isTarget) ?? roots[0]
      this.draw()
      if (first) await this.#open(first)
      if (asked === this.#asked && first) await this.#follow(first, (start.path ?? '').split('/').filter(Boolean))
    } catch (error) {
      if (asked !== this.#asked) return
      this.#list.replaceChildren()
      // The sign-in may have expired since the list of storages was loaded.
      const renew = place.connection && error.code === 'connection_failed'
        ? addressOf('connections', ['renew', place.connection]) : null
      this.#tell(error.message, () => this.show(place, start), renew)
    }
  }

  /**
   * Chooses the items of a schedule. Items outside the shown folders are listed beside the tree.
   * @param {Node[]} nodes
   * @param {string[]} [leftOut]
   */
  choose(nodes, leftOut = []) {
    if (!this.#aims) {
      this.selection.clear()
      this.selection.leaveOut(leftOut)
      for (const node of nodes) this.selection.chosen.add(node)
      for (const { items } of this.#folders.values()) for (const node of items) this.selection.adopt(node)
      this.#loose = nodes.filter((node) => this.selection.chosen.has(node))
    } else [this.target] = nodes
    this.draw()
    this.#changed()
  }

  /** Opens the folders of a path, and chooses the requested items in the last one. */
  async #follow(folder, names) {
    const held = this.#folders.get(folder)
    const next = names.length > 0 ? held?.items.find(({ name, kind }) => kind === 'folder' && name === names[0])
      : null
    if (next) {
      await this.#open(next)
      return this.#follow(next, names.slice(1))
    }
    const wanted = new Set(this.#wanted?.ids ?? [])
    this.#wanted = null
    if (!this.#aims) {
      for (const node of held?.items ?? []) if (wanted.delete(node.id)) this.selection.toggle(node)
      await this.#findLoose([...wanted])
    } else if (this.#mayBe(folder)) this.target = folder
    this.draw()
    this.#changed()
    // Scroll to the items that were chosen on another screen.
    this.#list.querySelector('.node.on, .node.part')?.scrollIntoView({ block: 'nearest' })
    return undefined
  }

  /**
   * Loads items that were chosen on another screen and are not in the open folder, because a search may find entries
   * in several folders.
   * @param {string[]} ids
   */
  async #findLoose(ids) {
    const { place } = this
    const asked = this.#asked
    const found = await Promise.all(ids.map((id) => place.find?.(id).catch(() => null)))
    if (asked !== this.#asked) return
    this.#loose = found.filter(Boolean)
    for (const node of this.#loose) this.selection.toggle(node)
  }

  async #open(folder, more = false) {
    const held = this.#folders.get(folder) ?? { items: [], next: null, open: true, busy: false, fault: '' }
    this.#folders.set(folder, held)
    held.open = true
    if (held.busy || (held.items.length > 0 && !more)) { this.draw(); return }
    held.busy = true
    held.fault = ''
    this.draw()
    const asked = this.#asked
    try {
      const page = await this.place.children(folder, more ? held.next : null, this.#aims)
      if (asked !== this.#asked) return
      held.items = [...held.items, ...page.items]
      for (const node of page.items) this.selection.adopt(node)
      this.#loose = this.#loose.filter((node) => this.selection.chosen.has(node))
      held.next = page.next
    } catch (error) {
      if (asked !== this.#asked) return
      held.fault = error.message
    } finally {
      held.busy = false
    }
    this.draw()
  }

  #close(folder) {
    const held = this.#folders.get(folder)
    if (held) held.open = false
    this.draw()
  }

  #showHead() {
    const { place } = this
    const side = this.#word
    const choose = ({ currentTarget }) => openMenu(currentTarget, this.#places().map((one) => ({
      word: one.title, glyph: one === place ? 'check' : one.connection ? 'plug' : 'folder', act: () => this.show(one)
    })))
    this.#head.replaceChildren(place ? storageMark(place.kind) : '',
      h('button', {
        type: 'button', class: 'button plain of', 'aria-haspopup': 'menu', on: { click: choose },
        'aria-label': place ? t.make.chooseOf(side, place.title) : `${side} ${t.make.choose}`
      }, h('span', { class: 'side-word' }, side), ' ', h('span', { class: 'cut' }, place?.title ?? t.make.choose),
        icon('down')))
  }

  #tell(sentence, again = null, renew = null) {
    this.#fault.hidden = !sentence
    this.#fault.replaceChildren(sentence, ...(again ? [' ', button(t.again, { kind: 'small', act: again })] : []),
      ...(renew ? [' ', h('a', { class: 'button small', href: renew }, t.storage.signInAgain)] : []))
  }

  /** Redraws the tree; the focused element keeps the focus. */
  draw() {
    if (this.#roots.length === 0) return
    const focused = document.activeElement?.closest?.('.nodes') === this.#list
      ? document.activeElement.getAttribute('data-key') : null
    const top = this.#list.scrollTop
    const rows = []
    const add = (node, depth, key) => {
      rows.push(this.#row(node, depth, key))
      const held = this.#folders.get(node)
      if (!held?.open) return
      if (this.target?.id === node.id) {
        for (const name of this.comes.slice(0, COMES)) rows.push(coming(name, depth + 1))
      }
      held.items.forEach((child, index) => add(child, depth + 1, `${key}.${index}`))
      if (held.busy && held.items.length === 0) rows.push(aside(t.make.loading, depth + 1))
      else if (held.fault) rows.push(aside(held.fault, depth + 1,
        button(t.again, { kind: 'small', act: () => this.#open(node) })))
      else if (held.items.length === 0) rows.push(aside(this.#aims ? t.make.noFolders : t.make.emptyFolder,
        depth + 1))
      else if (held.next) {
        rows.push(aside('', depth + 1, button(t.make.more(held.items.length),
          { kind: 'small', act: () => this.#open(node, true) })))
      }
    }
    this.#loose.forEach((node, index) => rows.push(this.#row(node, 0, `loose${index}`)))
    this.#roots.forEach((node, index) => add(node, 0, `${index}`))
    this.#list.replaceChildren(...rows)
    this.#list.scrollTop = top
    if (focused) /** @type {HTMLElement} */ (this.#list.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus()
  }

  /** @param {Node} node @param {number} depth @param {string} key */
  #row(node, depth, key) {
    const open = this.#folders.get(node)?.open === true
    const name = format.visible(node.name)
    const twig = node.kind === 'folder' && node.space !== null ? h('button', {
      type: 'button', class: 'twig', 'aria-expanded': String(open), 'data-key': `${key} twig`,
      'aria-label': open ? t.make.closeOf(name) : t.make.openOf(name),
      on: { click: () => (open ? this.#close(node) : this.#open(node)) }
    }, icon(open ? 'down' : 'right')) : h('span')
    const glyph = icon(node.glyph ?? (node.kind === 'folder' ? (node.fixed ? 'archive' : 'folder') : 'file'))
    const row = (kind, ...parts) => {
      const made = h('li', { class: `node ${kind}`, title: node.skip ?? (node.space === null ? node.path : null) },
        ...parts)
      made.style.setProperty('--depth', String(Math.min(depth, 8)))
      return made
    }
    if (this.#aims) {
      const chosen = this.target?.id === node.id
      const pick = this.#mayBe(node) ? h('button', {
        type: 'button', class: 'to-pick', 'aria-pressed': String(chosen), 'data-key': `${key} pick`, title: name,
        on: { click: () => this.#aim(node) }
      }, h('span', { class: 'cut' }, name)) : h('span', { class: 'cut fixed' }, name)
      return row(`pick ${chosen ? 'on' : ''}`, twig, glyph, pick,
        h('span', { class: 'much' }, chosen && h('span', { class: 'state go' }, icon('check'), t.make.chosen)))
    }
    const state = this.selection.stateOf(node)
    const check = node.fixed ? h('span') : h('input', {
      type: 'checkbox', class: 'check', checked: state === 'on', indeterminate: state === 'part', 'aria-label': name,
      disabled: state === 'cut' || node.skip !== null, 'data-key': `${key} check`,
      on: { change: () => this.#tick(node) }
    })
    return row(`${node.kind} ${state}`, twig, check, glyph, nameOf(node.name),
      h('span', { class: 'much' }, node.skip ? t.make.cannotGo : node.size === null ? '' : format.bytes(node.size)))
  }

  /**
   * Returns whether a folder can be chosen. A source need not be writable.
   * @param {Node} node
   */
  #mayBe(node) { return isTarget(this.#source ? { ...node, closed: false } : node) }

  #tick(node) {
    this.selection.toggle(node)
    this.draw()
    this.#changed()
  }

  #aim(node) {
    this.target = node
    this.draw()
    this.#changed()
    if (!this.#folders.get(node)?.open) this.#open(node)
  }

  /** Chooses the addresses that were typed. @param {Node[]} nodes */
  #write(nodes) {
    this.selection.clear()
    for (const node of nodes) this.selection.chosen.add(node)
    this.#changed()
  }

  clear() {
    if (this.place?.written) { this.#written.clear(); return }
    this.selection.clear()
    this.draw()
    this.#changed()
  }

  /** Handles the arrow keys, which move between rows and open and close folders. @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {HTMLElement} */ (event.target)
    const row = target.closest('.node')
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return
    /** @type {HTMLElement | null} */
    const twig = row.querySelector('.twig')
    const open = twig?.getAttribute('aria-expanded')
    if (event.key === 'ArrowRight' && open === 'false') twig.click()
    else if (event.key === 'ArrowLeft' && open === 'true') twig.click()
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const kind = target.dataset.key?.split(' ')[1]
      const of = (one) => one.querySelector(`[data-key$=" ${kind}"]:not(:disabled)`)
        ?? one.querySelector('[data-key]:not(:disabled)')
      for (let at = next(row); at; at = next(at)) {
        if (!of(at)) continue
        of(at).focus()
        break
      }
    } else return
    event.preventDefault()
    function next(one) { return event.key === 'ArrowDown' ? one.nextElementSibling : one.previousElementSibling }
  }
}

function coming(name, depth) {
  const made = h('li', { class: 'node pick come' }, h('span'), icon('plus'), nameOf(name),
    h('span', { class: 'much' }, t.make.comes))
  made.style.setProperty('--depth', String(Math.min(depth, 8)))
  return made
}

function aside(text, depth, ...more) {
  const made = h('li', { class: 'node aside' }, h('span', { class: 'hint' }, text), more)
  made.style.setProperty('--depth', String(Math.min(depth, 8)))
  return made
}
