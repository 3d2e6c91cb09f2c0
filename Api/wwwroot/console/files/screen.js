// The Files screen: a folder of a space, the results of a search, or the trash.
import { codeOf } from '../api.js'
import { button, h, icon, say, style } from '../dom.js'
import * as format from '../format.js'
import { leave } from '../overlay.js'
import { Notes } from '../parts/notes.js'
import { bones, emptyFolder, emptyPlace } from '../parts/empty.js'
import { spaceOf, spacesOf } from '../parts/spaces.js'
import { addressOf, go, homeOf } from '../router.js'
import { t } from '../texts/files.js'
import { addFiles } from '../upload/conflicts.js'
import { takeDrops } from '../upload/drop.js'
import { pick } from '../upload/pick.js'
import { engineOf } from '../upload/engine.js'
import { Acts } from './acts.js'
import { barOfFolder, barOfSelection } from './bar.js'
import { showRemembered } from './clipboard.js'
import { Entries } from './entries.js'
import { filtersIn, filtersOf, nothingFound } from './filters.js'
import { follow } from './follow.js'
import { takeKeys } from './keys.js'
import { FileList } from './list.js'
import { FolderNav } from './nav.js'
import { Panel } from './panel.js'
import { mayOf, noFolder, showPlace, summaryOf } from './place.js'
import { TrashView } from './trash.js'

const LEAST_SEARCH = 3
const AFTER_TYPING = 250
// Uploads that finish together refresh the list once.
const AFTER_CHANGE = 400
// The parts of the address that identify the list.
const LISTED = ['sort', 'search', 'view', 'in', 'type', 'days']
// The key in the local storage of whether the list is shown as tiles.
const TILED = 'files-tiles'
// The distance below the window within which further rows are loaded in advance.
const AHEAD = '800px'
// Notes that belong to one folder.
const OF_FOLDER = ['undo', 'failed', 'fault', 'gone', 'unread']

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new FilesScreen(shell)
  screen.go(route)
  return {
    element: screen.element, flush: true, close: () => screen.close(), go: (next) => screen.go(next),
    at: () => ({ space: screen.space, path: screen.path })
  }
}

class FilesScreen {
  #offs = []
  #showing = 0
  #typing = 0
  #refreshing = 0
  #held = 0
  #failed = false
  #running = Promise.resolve()
  /** The pending request for the spaces. @type {Promise<import('../parts/spaces.js').Space[]>} */
  #knowing = Promise.resolve([])
  #trash = null
  #shownAddress = null
  #panel
  #place = h('div')
  #bar = h('div', { class: 'bar-top' })
  #filters = h('div', { class: 'filters' })
  #end = h('p', { class: 'hint end' })
  #uploads = h('a', { class: 'button', hidden: true }, icon('list'), t.files.searchUploads)
  /** The element below the last row; more rows are loaded when it becomes visible. */
  #edge = h('div', { class: 'edge', hidden: true }, h('span', { class: 'hint' }, t.files.loading))
  #edges
  notes = new Notes()
  arriving = []
  /** @type {import('../parts/spaces.js').Space[]} */
  spaces = []
  space = null
  path = ''
  query = new URLSearchParams()
  /** The module that draws tiles, if the list shows them. @type {typeof import('./tiles.js') | null} */
  tiles = null

  constructor(shell) {
    this.shell = shell
    this.acts = new Acts(this)
    this.entries = new Entries(shell, () => this.list.update())
    this.list = new FileList(this)
    this.#panel = new Panel(this)
    const scroller = h('div', { class: 'files-list' }, this.#bar, this.#filters, this.notes.element, this.#place,
      this.#edge, this.#end,
      h('div', { class: 'bar-end', hidden: true }, this.#uploads))
    this.element = h('section', { class: 'files', 'aria-label': t.files.title }, scroller)
    this.list.follow(scroller)
    this.#offs.push(() => this.list.close())
    this.#edges = new IntersectionObserver((all) => { if (all.some((one) => one.isIntersecting)) this.#more() },
      { root: scroller, rootMargin: `0px 0px ${AHEAD} 0px` })
    this.#offs.push(() => this.#edges.disconnect())
    this.nav = new FolderNav(shell)
    this.#offs.push(takeDrops((reading) => this.upload(reading), this.element))
    this.#offs.push(takeKeys(this))
    this.#watch()
    if (localStorage.getItem(TILED)) this.turnTiles()
  }

  /** Changes between tiles and lines, and stores the choice in this browser. */
  async turnTiles() {
    const [tiles] = this.tiles ? [null] : await Promise.all([import('./tiles.js'), style('css/tiles.css')])
    this.tiles = tiles
    if (this.tiles) localStorage.setItem(TILED, 'on')
    else localStorage.removeItem(TILED)
    this.element.classList.toggle('tiled', Boolean(this.tiles))
    if (this.entries.loaded && !this.inTrash) this.#draw()
  }

  /** Shows a file in full screen. @param {import('./tree.js').Entry} entry */
  view(entry) { return this.#panel.view(entry) }

  /** @returns {import('./tree.js').Entry[]} */
  get items() { return this.entries.items }

  get spaceNow() { return spaceOf(this.spaces, this.space) }

  /**
   * The actions that the user may perform. Until the spaces are loaded, no action is offered that might be refused.
   */
  get may() { return mayOf(this) }

  /** Returns the text for a place. @param {string} path @param {import('../parts/spaces.js').Space} [space] */
  placeOf(path, space = this.spaceNow) {
    return t.drop.inSpace(space?.title ?? t.files.title, format.visible(path).split('/').join(' / '))
  }

  /** @param {import('../router.js').Route} route */
  go(route) {
    const before = this.#shownAddress
    this.path = route.path.join('/')
    this.query = route.query
    this.space = route.query.get('space') ?? homeOf(this.shell.me) ?? spaceOf(this.spaces, null)?.id ?? null
    showPlace(this)
    this.shell.search((text) => this.#search(text), this.query.get('search') ?? '')
    const opened = this.query.get('open')
    if (before === this.address) { this.#panel.show(opened); return true }
    this.#shownAddress = this.address
    this.#begin()
    this.#show()
    return true
  }

  /** Clears the list, so that no entry of the previous place appears under the new title. */
  #begin() {
    this.list.clear()
    for (const note of OF_FOLDER) this.notes.hide(note)
    this.acts.forget()
    this.#panel.show(null)
    this.#trash = null
    this.entries.begin(null)
    this.#place.replaceChildren()
    this.#end.textContent = ''
    this.#edge.hidden = true
    this.#uploads.parentElement.hidden = true
    this.#bar.classList.remove('picked')
    this.element.classList.remove('picking')
    this.#filters.replaceChildren()
    this.#bar.replaceChildren(h('span', { class: 'grow' }))
  }

  async #show() {
    const showing = ++this.#showing
    this.#knowing = spacesOf(this.shell.me).catch(() => this.spaces)
    // The list of a folder does not wait for the spaces and the names of their owners.
    const early = !this.inTrash && !this.everywhere ? this.#list() : null
    const spaces = await this.#knowing
    if (showing !== this.#showing) return
    this.spaces = spaces
    // If the address names no space and the user has none, the tenant's space is shown.
    this.space ??= spaceOf(spaces, null)?.id ?? null
    this.#shownAddress = this.address
    showPlace(this)
    this.nav.show(this.space, this.path, this.inTrash)
    if (this.inTrash) { this.#openTrash(); return }
    if (early && this.entries.loaded) this.#draw()
    await (early ?? this.#list())
    if (showing === this.#showing) this.#panel.show(this.query.get('open'))
  }

  /** Loads the list of the place from its beginning. */
  #list() {
    const { space, path, sort, searching: search } = this
    this.#filters.replaceChildren(...(search ? filtersOf(this) : []))
    const all = this.everywhere ? { spaces: this.spaces.map(({ id }) => id) } : {}
    this.entries.begin({ space, path, sort, search, ...filtersIn(this.query), ...all })
    return this.#load(() => this.entries.load())
  }

  /** Identifies the list, regardless of the open entry. */
  get address() { return [this.space, this.path, ...LISTED.map((key) => this.query.get(key))].join('\n') }

  /** Whether a search covers all spaces. Its results can only be opened in their folders. */
  get everywhere() { return this.searching !== null && this.query.get('in') === 'all' }

  get inTrash() { return this.query.get('view') === 'trash' }

  get searching() { return (this.query.get('search') ?? '').length >= LEAST_SEARCH ? this.query.get('search') : null }

  get sort() { return this.query.get('sort') ?? 'name' }

  /** @param {string} sort */
  sortBy(sort) { go(this.with({ sort: sort === 'name' ? null : sort, open: null }), { replace: true }) }

  close() {
    for (const off of this.#offs) off()
    this.#showing++
    this.entries.begin(null)
    this.nav.close()
    clearTimeout(this.#refreshing)
    clearTimeout(this.#typing)
  }

  /** Returns the address of this list with a changed query. @param {Record<string, string | null>} change */
  with(change) {
    const query = { ...Object.fromEntries(this.query), ...change }
    return addressOf('files', this.path.split('/').filter(Boolean), query)
  }

  /** Shows the details of an entry, or closes them. @param {string | null} id */
  details(id) {
    const found = this.everywhere && this.items.find((entry) => entry.id === id)
    if (found) go(addressOf('files', found.path.split('/').slice(0, -1), { space: found.space ?? null, open: id }))
    else if (id === null) leave(this.with({ open: null }))
    else go(this.with({ open: id }), { replace: this.query.has('open'), laid: true })
  }

  /** Loads the list again without hiding the current entries. */
  refresh() {
    // Further changes do not postpone the refresh, because there may be many in a second.
    this.#refreshing ||= setTimeout(async () => {
      // A running load is not cancelled, because changes may arrive faster than it completes.
      await this.#running
      this.#refreshing = 0
      if (this.#held > 0) return
      if (this.#trash) this.#trash.load()
      else if (this.entries.loaded) await this.#load(() => this.entries.again())
      this.#panel.show(this.query.get('open'))
    }, AFTER_CHANGE)
    this.nav.refresh()
  }

  /** Suspends refreshing the list while many entries change. @returns {() => void} resumes refreshing */
  hold() {
    this.#held++
    return () => { if (--this.#held === 0) this.refresh() }
  }

  /** Loads all entries of the folder. @returns {Promise<boolean>} whether all entries are loaded */
  async loadAll() {
    if (this.entries.next) await this.#load(() => this.entries.load(Infinity))
    return this.entries.loaded && !this.entries.next
  }

  /** Updates the toolbar after the selection has changed. */
  picked() { this.#showBar() }

  /** @param {Promise<import('../../client/index.js').Found>} reading */
  async upload(reading) {
    if (!this.may.change) { this.notes.show('unread', { glyph: 'lock', text: t.files.readOnly }); return }
    this.notes.hide('unread')
    try {
      const found = await reading
      if (found.files.length + found.folders.length + found.unread.length === 0) return
      await addFiles(await engineOf(this.shell), found, { folder: this.path, space: this.space, notes: this.notes })
    } catch (error) {
      this.notes.show('failed', { kind: 'bad', glyph: 'fail', text: error.message, code: codeOf(error),
        actions: [{ word: t.close, act: () => this.notes.hide('failed') }] })
    }
    this.refresh()
  }

  async #watch() { this.#offs.push(...await follow(this, () => { if (this.#failed) this.#again() })) }

  /** @param {() => Promise<boolean>} read */
  #load(read) { return this.#running = this.#read(read) }

  async #read(read) {
    const showing = this.#showing
    const slow = setTimeout(() => {
      if (showing === this.#showing && !this.entries.loaded) this.#place.replaceChildren(bones())
    }, 200)
    try {
      if (!await read() || showing !== this.#showing) return
      this.#failed = false
      this.notes.hide('fault')
      this.#draw()
    } catch (error) {
      if (showing !== this.#showing) return
      if (error.status === 404) {
        this.spaces = await this.#knowing
        if (showing === this.#showing) this.#gone()
        return
      }
      this.#failed = true
      // Entries of this folder that were loaded before are kept.
      if (!this.entries.loaded) this.#place.replaceChildren(emptyPlace(t.files.notLoaded, t.files.notLoadedHint))
      this.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: t.listFault, text: error.message,
        code: codeOf(error),
        actions: [{ word: t.again, act: () => this.#again() }] })
    } finally {
      clearTimeout(slow)
    }
  }

  #again() {
    this.#failed = false
    if (this.spaces.length === 0) this.#show()
    else this.#load(() => this.entries.again())
  }

  /** Loads further entries. */
  async #more() {
    await this.#load(() => this.entries.more())
    this.#showEdge()
  }

  /** Observes the edge again: the observer then reports immediately whether it is visible. */
  #showEdge() {
    this.#edges.unobserve(this.#edge)
    this.#edge.hidden = !(this.entries.loaded && this.entries.next)
    if (!this.#edge.hidden) this.#edges.observe(this.#edge)
  }

  #draw() {
    const { searching } = this
    this.arriving = this.entries.arriving
    this.list.update()
    const empty = this.items.length === 0 && this.arriving.length === 0
    // The placeholder of an empty folder depends on the rights, which are loaded with the spaces.
    if (empty && this.spaces.length === 0) return
    // A table that is inserted again would lose the focus.
    if (!empty) { if (!this.list.element.isConnected) this.#place.replaceChildren(this.list.element) }
    else if (searching) this.#place.replaceChildren(nothingFound(this))
    else if (!this.may.change) this.#place.replaceChildren(emptyPlace(t.files.emptyTitle, t.files.emptyForReaders))
    else this.#place.replaceChildren(emptyFolder(this.path, this.space, () => this.upload(pick('files'))))
    this.#uploads.hidden = !searching
    this.#uploads.parentElement.hidden = !searching
    this.#uploads.href = addressOf('uploads', [], { name: searching, state: 'unfinished' })
    say(this.#end, empty ? '' : summaryOf(this))
    this.#showBar()
    this.#showEdge()
    showRemembered(this)
  }

  #showBar() {
    if (this.#trash) return
    const { chosen } = this.list
    const picked = chosen.length > 0
    this.#bar.classList.toggle('picked', picked)
    this.element.classList.toggle('picking', picked)
    const focused = this.#bar.contains(document.activeElement)
    this.#bar.replaceChildren(...(picked ? barOfSelection(this, chosen) : barOfFolder(this)))
    if (focused) this.#bar.querySelector('button')?.focus()
  }

  #search(text) {
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => go(this.with({ search: text || null, open: null, view: null }),
      { replace: true }), AFTER_TYPING)
  }

  #openTrash() {
    this.#place.replaceChildren((this.#trash = new TrashView(this, this.#bar)).element)
    this.#trash.load()
  }

  #gone() {
    // Old addresses without a space meant the tenant's space.
    const shared = spaceOf(this.spaces, null)
    if (!this.query.get('space') && this.path && shared && shared.id !== this.space) {
      go(this.with({ space: shared.id }), { replace: true })
      return
    }
    this.#begin()
    this.#bar.replaceChildren()
    this.#place.replaceChildren(noFolder(this))
  }
}
