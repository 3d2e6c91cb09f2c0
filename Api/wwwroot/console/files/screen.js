// The Files page: a folder of the tree, what a search found, or the trash.
import { codeOf } from '../api.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { openMenu } from '../parts/menu.js'
import { Notes } from '../parts/notes.js'
import { bones, emptyFolder, emptyPlace } from '../parts/empty.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/files.js'
import { learnNames } from '../parts/people.js'
import { addFiles } from '../upload/conflicts.js'
import { takeDrops } from '../upload/drop.js'
import { pick } from '../upload/pick.js'
import { engineOf } from '../upload/engine.js'
import { Acts, download } from './acts.js'
import { FileList } from './list.js'
import { FolderNav } from './nav.js'
import { Panel } from './panel.js'
import * as tree from './tree.js'
import { TrashView } from './trash.js'

const LEAST_SEARCH = 3
const AFTER_TYPING = 250
// Uploads that finish together refresh the list once.
const AFTER_CHANGE = 400
const WHILE_UPLOADING = 2000

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new FilesScreen(shell)
  screen.go(route)
  return { element: screen.element, flush: true, close: () => screen.close(), go: (next) => screen.go(next) }
}

class FilesScreen {
  #offs = []
  #loading = 0
  #typing = 0
  #refreshing = 0
  #running = Promise.resolve()
  #next = null
  #trash = null
  #shownAddress = null
  #panel
  #place = h('div')
  #bar = h('div', { class: 'bar-top' })
  #end = h('p', { class: 'hint end' })
  #uploads = h('a', { class: 'button', hidden: true }, icon('list'), t.files.searchUploads)
  #more = button(t.files.moreRows, { hidden: true, act: () => this.#load(true) })
  notes = new Notes()
  /** @type {tree.Entry[]} */
  items = []
  arriving = []
  space = null
  path = ''
  query = new URLSearchParams()

  constructor(shell) {
    this.shell = shell
    this.acts = new Acts(this)
    this.list = new FileList(this)
    this.#panel = new Panel(this)
    this.element = h('section', { class: 'files', 'aria-label': t.files.title }, h('div', { class: 'files-list' },
      this.#bar, this.notes.element, this.#place, this.#end, h('div', { class: 'bar-top' }, this.#more, this.#uploads)))
    this.nav = new FolderNav(shell)
    this.#offs.push(takeDrops((reading) => this.upload(reading), this.element))
    const onKey = (event) => this.#key(event)
    document.addEventListener('keydown', onKey)
    this.#offs.push(() => document.removeEventListener('keydown', onKey))
    this.#watch()
  }

  /** @param {import('../router.js').Route} route */
  go(route) {
    const before = this.#shownAddress
    this.path = route.path.join('/')
    this.query = route.query
    this.space = route.query.get('space')
    this.#showPlace()
    this.shell.search((text) => this.#search(text), this.query.get('search') ?? '')
    const opened = this.query.get('open')
    if (before === this.address) { this.#panel.show(opened); return true }
    this.#shownAddress = this.address
    this.list.clear()
    for (const note of ['gone', 'undo']) this.notes.hide(note)
    this.nav.show(this.space, this.path, this.query.get('view') === 'trash')
    if (this.query.get('view') === 'trash') this.#openTrash()
    else {
      this.#trash = null
      this.#load().then(() => this.#panel.show(opened))
    }
    return true
  }

  /** Identifies the list, regardless of the open entry. */
  get address() { return [this.space, this.path, this.query.get('sort'), this.query.get('search'), this.query.get('view')].join('\n') }

  get searching() { return (this.query.get('search') ?? '').length >= LEAST_SEARCH ? this.query.get('search') : null }

  get sort() { return this.query.get('sort') ?? 'name' }

  close() {
    for (const off of this.#offs) off()
    this.nav.close()
    clearTimeout(this.#refreshing)
    clearTimeout(this.#typing)
  }

  /** The address of this list with something changed. @param {Record<string, string | null>} change */
  with(change) {
    const query = { ...Object.fromEntries(this.query), ...change }
    return addressOf('files', this.path.split('/').filter(Boolean), query)
  }

  /** Shows an entry's details, or none. @param {string | null} name */
  details(name) { go(this.with({ open: name }), { replace: true }) }

  /** Loads the list again without hiding what is there. */
  refresh() {
    // Further changes do not postpone the refresh: there may be many in a second.
    this.#refreshing ||= setTimeout(async () => {
      // A list that is being loaded is not cut off: changes may come faster than it loads.
      await this.#running
      this.#refreshing = 0
      if (this.#trash) this.#trash.load()
      else this.#load(false, this.items.length)
    }, AFTER_CHANGE)
    this.nav.refresh()
  }

  /** The selection has changed. */
  picked() { this.#showBar() }

  /** @param {Promise<import('../../client/index.js').Found>} reading */
  async upload(reading) {
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

  /** Uploads that end in this folder change it, and so do those on their way, less often. */
  async #watch() {
    const engine = await engineOf(this.shell)
    const seen = new Set(engine.uploads.filter(({ state }) => state === 'done'))
    let next = 0
    this.#offs.push(engine.on('change', (upload) => {
      const done = upload.state === 'done' && !seen.has(upload)
      if (done) seen.add(upload)
      const folder = upload.path.split('/').slice(0, -1).join('/')
      const here = upload.active && upload.space === this.space && folder === this.path && Date.now() > next
      if (here) next = Date.now() + WHILE_UPLOADING
      if (done || here) this.refresh()
    }))
    // Changes by others come as events; several in a row refresh the list once.
    this.#offs.push(live.widely(), live.on('reset', () => this.refresh()), live.on('event', ({ kind, data }) => {
      if (kind === 'entries_changed' && (this.space === null || data.space === this.space)) this.refresh()
    }))
    const onFocus = () => { if (!document.hidden) this.refresh() }
    document.addEventListener('visibilitychange', onFocus)
    this.#offs.push(() => document.removeEventListener('visibilitychange', onFocus))
  }

  /** @param {boolean} [more] the next page @param {number} [least] so many entries are shown already, and stay */
  #load(more = false, least = 0) { return this.#running = this.#read(more, least) }

  async #read(more, least) {
    const loading = ++this.#loading
    const slow = setTimeout(() => {
      if (loading === this.#loading && !more && this.items.length === 0) this.#place.replaceChildren(bones())
    }, 200)
    try {
      const { searching } = this
      const read = (cursor) => tree.list(this.space, this.path, {
        sort: this.sort, search: searching ?? undefined, cursor, arriving: !searching && !cursor, counts: !searching
      })
      const [page] = await Promise.all([read(more ? this.#next : null), learnNames(this.shell)])
      let { items, nextCursor } = page
      while (nextCursor && items.length < least && loading === this.#loading) {
        const next = await read(nextCursor)
        items = [...items, ...next.items]
        nextCursor = next.nextCursor
      }
      if (loading !== this.#loading) return
      this.items = more ? [...this.items, ...items] : items
      if (!more) this.arriving = page.arriving ?? []
      this.#next = nextCursor
      this.notes.hide('fault')
      this.#show()
    } catch (error) {
      if (loading !== this.#loading) return
      if (error.status === 404) { this.#gone(); return }
      // The entries that were loaded before stay.
      this.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: t.listFault, text: error.message, code: codeOf(error),
        actions: [{ word: t.again, act: () => this.#load(false, least) }] })
    } finally {
      clearTimeout(slow)
    }
  }

  #show() {
    const { searching } = this
    this.list.update()
    const empty = this.items.length === 0 && this.arriving.length === 0
    if (!empty) this.#place.replaceChildren(this.list.element)
    else if (searching) this.#place.replaceChildren(emptyPlace(t.nothingCalled(searching), t.files.noneHint))
    else this.#place.replaceChildren(emptyFolder(this.path, this.space, () => this.upload(pick('files'))))
    this.#more.hidden = this.#next === null
    this.#more.parentElement.hidden = this.#next === null && !searching
    const folders = this.items.filter(({ kind }) => kind === 'folder').length
    const files = this.items.filter(({ kind }) => kind === 'file')
    const total = files.reduce((sum, { size }) => sum + size, 0)
    const parts = [t.files.sum(folders, files.length, total), this.arriving.length > 0 && t.files.arriving(this.arriving.length)]
    this.#uploads.hidden = !searching
    this.#uploads.href = addressOf('uploads', [], { name: searching, state: 'unfinished' })
    say(this.#end, empty ? '' : searching ? t.files.found(this.items.length, searching, this.#next) : parts.filter(Boolean).join(', '))
    this.#showBar()
  }

  #showBar() {
    const chosen = this.list.chosen
    const picked = chosen.length > 0
    this.#bar.classList.toggle('picked', picked)
    this.element.classList.toggle('picking', picked)
    if (this.#trash) return
    const bytes = chosen.reduce((sum, { size }) => sum + (size ?? 0), 0)
    const plain = (word, glyph, act, kind = '') => button(h('span', { class: 'cut' }, word), { glyph, kind: `plain ${kind}`.trim(), act })
    const zip = innerWidth > 900 ? t.files.zip : t.files.zipShort
    const content = picked
      ? [h('b', {}, t.files.selected(chosen.length)), h('span', { class: 'much grow' }, bytes > 0 ? format.bytes(bytes) : ''),
        h('div', { class: 'buttons tight' },
          plain(zip, 'download', () => this.acts.zip(chosen)),
          chosen.length === 1 && chosen[0].kind !== 'link' && plain(t.files.share, 'link', () => this.acts.share(chosen[0].path)),
          plain(t.files.move, 'move', () => this.acts.move(chosen)),
          chosen.length === 1 && plain(t.files.rename, 'pen', () => this.acts.rename(chosen[0])),
          plain(t.files.remove, 'trash', () => this.acts.remove(chosen), 'danger'),
          button('', { glyph: 'close', kind: 'plain', label: t.files.closeSelection, act: () => this.list.choose([]) }))]
      : [h('span', { class: 'grow hint cut' }, this.query.get('search') && !this.searching ? t.files.short : ''),
        this.#menu('', { glyph: 'more', kind: 'plain', label: t.panel.more }, [
          { word: t.files.zip, glyph: 'download', act: () => download(tree.zipOf(this.space, this.path)) },
          { word: t.files.ask, glyph: 'upload', act: () => this.acts.share(this.path, 'upload') },
          { word: t.files.shareFolder, glyph: 'link', act: () => this.acts.share(this.path) },
          { word: t.files.trash, glyph: 'trash', act: () => go(addressOf('files', [], { view: 'trash', space: this.space })) }
        ]),
        button(t.files.newFolder, { act: () => this.acts.newFolder() }),
        this.#menu(t.files.upload, { glyph: 'upload', kind: 'primary' }, [
          { word: t.drop.files, glyph: 'file', act: () => this.upload(pick('files')) },
          { word: t.drop.folder, glyph: 'folder', act: () => this.upload(pick('folder')) }
        ])]
    const focused = this.#bar.contains(document.activeElement)
    this.#bar.replaceChildren(...content)
    if (focused) this.#bar.querySelector('button')?.focus()
  }

  #menu(word, look, items) {
    return button(word, { ...look, 'aria-haspopup': 'menu', act: (event) => openMenu(event.currentTarget, items) })
  }

  #showPlace() {
    if (this.query.get('view') === 'trash') {
      const top = addressOf('files', [], { space: this.space })
      this.shell.place(t.files.trash, [{ word: t.files.top, address: top }], top)
      return
    }
    const names = this.path.split('/').filter(Boolean)
    const address = (count) => addressOf('files', names.slice(0, count), { space: this.space })
    const way = [t.files.top, ...names].map((name, index) => ({ word: format.visible(name), address: address(index) }))
    this.shell.place(way.at(-1).word, way.slice(0, -1), names.length > 0 ? address(names.length - 1) : null)
  }

  #search(text) {
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => go(this.with({ search: text || null, open: null }), { replace: true }), AFTER_TYPING)
  }

  #openTrash() {
    this.items = []
    this.arriving = []
    // A list that is still being loaded must not take the place of the trash.
    this.#loading++
    this.#panel.show(null)
    this.#end.textContent = ''
    this.#more.parentElement.hidden = true
    this.#trash = new TrashView(this, this.#bar)
    this.#bar.classList.remove('picked')
    this.#place.replaceChildren(this.#trash.element)
    this.#trash.load()
  }

  #gone() {
    this.items = []
    this.arriving = []
    this.#end.textContent = ''
    this.#more.parentElement.hidden = true
    this.#bar.replaceChildren()
    this.#place.replaceChildren(emptyPlace(t.files.noFolder, t.files.noFolderHint,
      h('a', { class: 'button', href: addressOf('files') }, icon('folder'), t.files.toTop)))
  }

  #key(event) {
    if (event.target.closest?.('input, textarea, select, dialog, [popover]') && event.target.type !== 'checkbox') return
    if (event.ctrlKey || event.metaKey || event.altKey || this.#trash) return
    const chosen = this.list.chosen
    const acts = {
      Delete: () => chosen.length > 0 && this.acts.remove(chosen),
      F2: () => chosen.length === 1 && this.acts.rename(chosen[0]),
      Escape: () => (this.query.get('open') ? this.details(null) : this.list.choose([])),
      ArrowDown: () => this.list.step(1),
      ArrowUp: () => this.list.step(-1)
    }
    if (acts[event.key]?.()) event.preventDefault()
  }
}
