// The Upload screen.
import { ENDED } from '../../client/upload.js'
import { root } from '../api.js'
import { button, h, icon, mark, say } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { command } from '../parts/command.js'
import { Notes } from '../parts/notes.js'
import { addressOf, go, homeOf } from '../router.js'
import { t } from '../texts/shell.js'
import { takeDrops } from './drop.js'
import { engineOf } from './engine.js'
import { chosenFolderOf } from './chosen-folders.js'

const PACE_MS = 250
// Files cannot be dropped on touch screens.
const TOUCH = matchMedia('(pointer: coarse)').matches
// The largest number of rows. Uploads beyond it are still waiting in the queue.
const ROWS = 200

/**
 * @typedef {((name: 'cancel' | 'remove' | 'choose' | 'again' | 'share',
 *   upload: import('../../client/upload.js').Upload) => void) & {shares: boolean}} RowActs
 */

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new UploadScreen(shell, route)
  return { element: screen.element, close: () => screen.close(), go: (next) => screen.go(next),
    at: () => ({ space: screen.space, path: screen.folder }) }
}

class UploadScreen {
  #engine = null
  #rows = new Map()
  /**
   * The class of rows, which is loaded after the screen because there are none at first. The rows of folders are
   * loaded with the first folder.
   */
  #Row = null
  #FolderRow = null
  #others = new Map()
  #otherList = h('ul')
  /** The class for rows of uploads in other tabs. It is imported after the screen is shown. */
  #MirrorRow = null
  #offs = []
  #dirty = true
  #notes = new Notes()
  #list = h('ul')
  #rest = h('p', { class: 'hint foot', hidden: true })
  #footWords = h('span')
  #clear = button(t.clear, { kind: 'small', act: () => this.#engine.clearEnded() })
  #foot = h('div', { class: 'hint foot' }, this.#footWords, this.#clear)
  #to = h('button', { type: 'button', class: 'to', title: t.drop.chooseTarget,
    on: { click: () => this.#chooseTarget() } })
  #drop
  #ways
  #card
  /**
   * The totals, which are loaded after the screen because there are no uploads at first.
   * @type {import('./sum.js').Sum | null}
   */
  #sum = null

  constructor(shell, route) {
    this.shell = shell
    this.#takeRoute(route)
    this.#act.shares = shell.me.scopes.includes('read')
    shell.place(t.nav.upload)
    this.#drop = h('section', { class: 'drop', 'aria-label': t.nav.upload }, icon('upload'), mark(),
      h('div', { class: 'grow' }, h('h2', {}, TOUCH ? t.drop.titleTouch : t.drop.title),
        h('p', {}, h('span', { class: 'how' }), ' ',
        h('span', { class: 'goes' }, t.drop.goes, this.#to, h('span', { class: 'paste' },
          TOUCH ? '.' : t.drop.paste)))),
      h('div', { class: 'buttons' }, button(t.drop.files, { glyph: 'plus', kind: 'primary',
        act: () => this.#pick('files') }),
        button(t.drop.folder, { act: () => this.#pick('folder') })))
    this.#ways = this.#otherWays()
    this.#card = h('section', { class: 'card', 'aria-label': t.nav.upload }, this.#list, this.#otherList)
    this.element = h('div', { class: 'stack' }, this.#notes.element, this.#drop, this.#ways, this.#card, this.#rest,
      this.#foot)
    this.#offs.push(takeDrops((reading) => this.#add(reading), this.element))
    this.#offs.push(live.on('state', () => { this.#dirty = true }))
    const repaint = () => { this.#dirty = true }
    addEventListener('themechange', repaint)
    this.#offs.push(() => removeEventListener('themechange', repaint))
    this.#begin()
    this.#showTarget()
    this.#update()
    if (TOUCH) {
      this.#drop.querySelector('.buttons').append(button(t.drop.camera,
        { glyph: 'image', act: () => this.#pick('camera') }))
    }
    if (route.query.has('shared')) setTimeout(() => this.#takeShared())
  }

  #takeShared() {
    go(addressOf('upload'), { replace: true })
    return this.#add(import('./shared.js').then(({ takeShared }) => takeShared()))
  }

  /** Shows another target folder on this screen. */
  go(route) {
    if (route.query.has('shared')) { this.#takeShared(); return true }
    this.#takeRoute(route)
    this.#showTarget()
    const ways = this.#otherWays()
    ways.hidden = this.#ways.hidden
    this.#ways.replaceWith(ways)
    this.#ways = ways
    return true
  }

  #takeRoute({ path, query }) {
    this.folder = path.join('/')
    this.space = query.get('space') ?? homeOf(this.shell.me)
  }

  close() {
    clearInterval(this.timer)
    for (const off of this.#offs) off()
  }

  async #begin() {
    // Choosing files, opening a row and cancelling its upload must also work without a connection.
    const rows = import('./row.js').then(({ Row, detailsOf }) => {
      this.#Row = Row
      this.#dirty = true
      detailsOf().catch(() => {})
    })
    import('./acts.js').catch(() => {})
    import('./mirror-row.js').then(({ MirrorRow }) => { this.#MirrorRow = MirrorRow }, () => {})
    this.#engine = await engineOf(this.shell)
    await this.#told(() => rows)
    import('./sum.js').then(({ Sum }) => {
      this.#sum = new Sum(this.#engine)
      this.#card.prepend(this.#sum.element)
      this.#dirty = true
    }, () => {})
    for (const type of ['added', 'change', 'removed']) {
      this.#offs.push(this.#engine.on(type, () => { this.#dirty = true }))
    }
    this.#dirty = true
    if (!globalThis.isSecureContext) import('./plain.js').then(({ warn }) => warn(this.#notes))
    say(this.#footWords, this.#engine.memory.lasting ? t.foot : t.footOfTab)
    this.#update()
    this.timer = setInterval(() => this.#tick(), PACE_MS)
  }

  /** Updates the values, at most four times a second. */
  #tick() {
    const { uploads, mirror } = this.#engine
    if (this.#dirty || uploads.some(({ active }) => active) || mirror.uploads.length + this.#others.size > 0) {
      this.#update()
    }
  }

  #update() {
    this.#dirty = false
    const uploads = this.#engine?.uploads ?? []
    const others = this.#engine?.mirror.uploads ?? []
    const empty = uploads.length + others.length === 0
    this.#drop.classList.toggle('big', empty)
    say(this.#drop.querySelector('.how'), empty || TOUCH ? t.drop.big : t.drop.how)
    this.#ways.hidden = !empty
    this.#card.hidden = empty
    this.#foot.hidden = empty
    this.#showRows(uploads)
    this.#showOthers(others)
    this.#sum?.update(uploads)
    this.#clear.hidden = !uploads.some(({ state }) => ENDED.includes(state))
    if (live.now.state === 'offline') {
      const safe = uploads.reduce((sum, upload) => sum + upload.safe.total, 0)
      this.#notes.show('offline', { kind: 'warn', glyph: 'offline', lead: t.offline.lead, text: t.offline.text(safe),
        actions: [{ word: t.tryNow, act: () => { live.wake(); this.#engine?.wake() } }] })
    } else this.#notes.hide('offline')
  }

  #showRows(uploads) {
    if (!this.#Row) return
    const items = this.#itemsOf(uploads)
    // Active uploads come before waiting ones.
    const of = (...states) => items.filter(({ state }) => states.includes(state))
    const shown = items.length <= ROWS ? items
      : [...items.filter(({ state }) => state !== 'waiting' && state !== 'done'), ...of('waiting'),
        ...of('done')].slice(0, ROWS)
    const wanted = new Set(shown.map(({ key }) => key))
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue
      row.element.remove()
      this.#rows.delete(key)
    }
    shown.forEach(({ key, uploads: inner, state }, index) => {
      let row = this.#rows.get(key)
      if (!row) this.#rows.set(key, row = inner ? new this.#FolderRow(inner, this.#act, this.#engine)
        : new this.#Row(key, this.#act))
      if (this.#list.children[index] !== row.element) {
        this.#list.insertBefore(row.element, this.#list.children[index] ?? null)
      }
      row.update(inner, state)
    })
    this.#rest.hidden = items.length <= ROWS
    say(this.#rest, t.moreWait(items.length - shown.length))
  }

  /** Groups the uploads of a chosen folder into one row. */
  #itemsOf(uploads) {
    if (!uploads.some(chosenFolderOf)) return uploads.map((upload) => ({ key: upload, state: upload.state }))
    if (!this.#FolderRow) {
      import('./folder-row.js').then(({ FolderRow }) => { this.#FolderRow = FolderRow; this.#dirty = true }, () => {})
      return uploads.filter((upload) => !chosenFolderOf(upload)).map((upload) => ({ key: upload,
        state: upload.state }))
    }
    return this.#FolderRow.itemsOf(uploads)
  }

  #showOthers(others) {
    if (!this.#MirrorRow) return
    const rows = new Map(others.map((upload) => [upload.id, this.#others.get(upload.id)
      ?? new this.#MirrorRow(upload, (verb) => this.#engine.mirror.ask(upload.id, verb))]))
    for (const upload of others) rows.get(upload.id).update(upload)
    const before = [...this.#others.keys()].join()
    this.#others = rows
    if ([...rows.keys()].join() !== before) {
      this.#otherList.replaceChildren(...[...rows.values()].map(({ element }) => element))
    }
  }

  #otherWays() {
    const card = ({ title, text }, content) => h('section', { class: 'card' }, h('h2', {}, title), h('p', {}, text),
      content)
    const tree = `api/${this.space ? `spaces/${this.space}/` : ''}tree/`
    const target = new URL(this.folder ? `${tree}${format.encoded(this.folder)}/` : tree, root).href
    return h('div', { class: 'ways' },
      !TOUCH && card(t.ways.terminal, command(`curl -T FILE -H "Authorization: Bearer $KEY" ${target}`)),
      !TOUCH && card(t.ways.app, command(new URL('files', root).href)),
      card(t.ways.guest, h('div', { class: 'buttons' }, button(t.ways.guest.act,
        { glyph: 'link', act: () => this.#makeLink() }))))
  }

  /** Shows the target, with the name of its space once that is loaded. */
  async #showTarget() {
    const { folder, space } = this
    const place = format.visible(folder).split('/').join(' / ')
    const tell = (title) => say(this.#to, t.drop.inSpace(title, place))
    if (space === homeOf(this.shell.me)) { tell(space ? t.spaces.mine : t.spaces.shared); return }
    tell(t.spaces.other)
    const { titleOf } = await import('./target.js')
    const title = await titleOf(this.shell.me, space)
    if (title && space === this.space && folder === this.folder) tell(title)
  }

  #chooseTarget() { return this.#told(() => this.#change()) }

  async #change() {
    const { chooseTarget } = await import('./target.js')
    const chosen = await chooseTarget(this.shell.me, this)
    if (chosen) go(addressOf('upload', chosen.names, { space: chosen.space }))
  }

  /** Creates a link with which people without an account can upload. */
  #makeLink() {
    return this.#told(async () => {
      const { share } = await import('../parts/share.js')
      await share({ kind: 'upload', space: this.space, path: this.folder })
    })
  }

  #pick(what) { return this.#add(import('./pick.js').then(({ pick }) => pick(what))) }

  #add(reading) { return this.#told(async () => this.#addAll(await reading)) }

  async #addAll(found) {
    if (found.files.length + found.folders.length + found.unread.length === 0) return
    const engine = await engineOf(this.shell)
    const { addFiles } = await import('./conflicts.js')
    const added = await addFiles(engine, found, { folder: this.folder, space: this.space, notes: this.#notes })
    this.#update()
    // The row of a single large file is opened.
    if (added.length === 1 && added[0].size > engine.smallFile && engine.uploads.length === 1) {
      this.#rows.get(added[0])?.toggle()
    }
  }

  /** @param {() => Promise<void>} work */
  async #told(work) {
    for (const note of ['add', 'unread']) this.#notes.hide(note)
    try {
      await work()
    } catch (error) {
      this.#notes.show('add', { kind: 'bad', glyph: 'fail', text: error.message,
        actions: [{ word: t.close, act: () => this.#notes.hide('add') }] })
    }
  }

  /** @type {RowActs} */
  #act = Object.assign((name, upload) => this.#told(async () => (await import('./acts.js'))[name](upload, {
    engine: this.#engine, notes: this.#notes
  })), { shares: false })
}
