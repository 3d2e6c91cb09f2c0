// One row for a chosen folder instead of one for each of its files. Files that need the user are listed below it, and
// all files if the row is opened.
import { ENDED } from '../../client/upload.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { cellsOfSum, strip } from '../parts/cells.js'
import { nameOf } from '../parts/name.js'
import { addressOf } from '../router.js'
import { t } from '../texts/upload.js'
import { sureToCancel } from './acts.js'
import { LOOKS, Row, pair, stateOf } from './row.js'
import { chosenFolderOf } from './chosen-folders.js'

// The largest number of files that are listed; the row shows the totals of all.
const ROWS = 100
const NEED = ['failed', 'choose', 'signed-out']
// The state of the folder is the first of these states that one of its files has.
/** @type {import('../../client/index.d.ts').UploadState[]} */
const ORDER = ['uploading', 'verifying', 'checking', 'offline', 'held', 'signed-out', 'waiting', 'paused', 'failed',
  'choose', 'cancelled']

/** @typedef {import('../../client/upload.js').Upload} Upload */

const sum = (uploads, of) => uploads.reduce((all, upload) => all + of(upload), 0)

export class FolderRow {
  #strip = strip()
  #state = h('span', { class: 'state' })
  #reason = h('span', { class: 'cut' })
  #safe = h('b')
  #percent = h('span', { class: 'percent' })
  #speed = h('div', { class: 'number' })
  #left = h('div', { class: 'number left' })
  #ended = h('div', { class: 'ended' })
  #actions = h('div', { class: 'buttons tight' })
  #inner = h('ul', { class: 'inner', hidden: true })
  #rest = h('p', { class: 'hint', hidden: true })
  #rows = new Map()
  #open = false
  #shown = ''
  #bar
  #more

  /** Groups uploads into items, in the order in which they were added. @param {Upload[]} uploads */
  static itemsOf(uploads) {
    const folders = new Map()
    const items = []
    for (const upload of uploads) {
      const top = chosenFolderOf(upload)
      const key = top && `${upload.space ?? ''}/${top}`
      if (!key) { items.push({ key: upload, state: upload.state }); continue }
      let folder = folders.get(key)
      if (!folder) {
        folders.set(key, folder = { key, uploads: [] })
        items.push(folder)
      }
      folder.uploads.push(upload)
    }
    for (const folder of folders.values()) folder.state = stateOfAll(folder.uploads)
    return items
  }

  /**
   * @param {Upload[]} uploads
   * @param {import('./screen.js').RowActs} act
   * @param {import('../../client/uploader.js').Uploader} engine
   */
  constructor(uploads, act, engine) {
    this.uploads = uploads
    this.act = act
    this.engine = engine
    const [{ space }] = uploads
    const top = chosenFolderOf(uploads[0])
    this.top = top
    this.name = top.split('/').at(-1)
    const shown = format.visible(this.name)
    const place = top.split('/').slice(0, -1)
    this.place = addressOf('files', top.split('/'), { space })
    this.#bar = h('div', { class: 'bar', role: 'progressbar', 'aria-label': t.folder.progress(shown),
      'aria-valuemin': '0',
      'aria-valuemax': '100' }, this.#strip.element, h('p', {}, this.#safe, this.#percent))
    this.#more = button('', { glyph: 'down', kind: 'plain', label: t.folder.open(shown), 'aria-expanded': 'false',
      act: () => this.#toggle() })
    this.element = h('li', { class: 'row of-folder', 'data-folder': top },
      h('span', { class: 'tile', 'aria-hidden': 'true' }, icon('folder')),
      h('div', { class: 'grow what' }, nameOf(this.name), h('div', { class: 'line' }, this.#state, this.#reason,
        place.length > 0 && h('span', { class: 'cut' }, t.folder.into(format.visible(place.join('/')))))),
      this.#bar, this.#speed, this.#left, this.#ended, this.#actions, this.#inner, this.#rest)
    this.#strip.show((count) => {
      const of = this.#figures()
      return cellsOfSum(of.safe, of.sent, of.size, count)
    })
  }

  #figures() {
    const counted = this.uploads.filter(({ state }) => state !== 'cancelled')
    return {
      all: counted.length, done: counted.filter(({ state }) => state === 'done').length,
      size: sum(counted, ({ size }) => size),
      safe: sum(counted, (upload) => (upload.state === 'done' ? upload.size : upload.safe.total)),
      sent: sum(counted, (upload) => (upload.state === 'done' ? upload.size : upload.sent)),
      speed: sum(counted, (upload) => (stateOf(upload) === 'uploading' ? upload.speed : 0))
    }
  }

  /** @param {Upload[]} uploads @param {string} state the state of the folder */
  update(uploads, state) {
    this.uploads = uploads
    const { all, done, size, safe, sent, speed } = this.#figures()
    const need = uploads.filter((upload) => NEED.includes(upload.state)).length
    if (this.#shown !== state) this.#show(state)
    const words = [done === all ? t.folder.files(all, size) : t.folder.done(done, all),
      need > 0 && t.folder.need(need)]
    say(this.#reason, words.filter(Boolean).join(', '))
    say(this.#safe, t.folder.safe(safe, size))
    say(this.#percent, format.percent(safe, size))
    this.#bar.setAttribute('aria-valuenow', String(size ? Math.floor(100 * safe / size) : 0))
    this.#strip.paint()
    pair(this.#speed, speed > 0 ? format.speed(speed) : t.row.none, '')
    const seconds = speed > 0 ? (size - sent) / speed : NaN
    pair(this.#left, format.duration(seconds), Number.isNaN(seconds) ? '' : t.row.left)
    this.#showInner()
  }

  #show(state) {
    this.#shown = state
    const [glyph, kind] = LOOKS[state]
    const shown = format.visible(this.name)
    this.#state.className = `state ${kind}`.trim()
    this.#state.replaceChildren(icon(glyph), t.state[state])
    this.element.classList.toggle('done', state === 'done')
    const over = ENDED.includes(state)
    const focused = this.#actions.contains(document.activeElement)
    this.#actions.replaceChildren(...[
      !over && state !== 'paused' && button('', { glyph: 'pause', kind: 'plain', label: t.row.pause(shown),
        act: () => this.#pause() }),
      state === 'paused' && button('', { glyph: 'play', kind: 'plain', label: t.row.resume(shown),
        act: () => this.#resume() }),
      over ? button('', { glyph: 'close', kind: 'plain', label: t.row.remove(shown), act: () => this.#remove() })
        : button('', { glyph: 'close', kind: 'plain', label: t.row.cancel(shown), act: () => this.#cancel() }),
      this.#more
    ].filter(Boolean))
    if (focused) this.#actions.querySelector('button')?.focus()
    const show = h('a', { class: 'button small', href: this.place }, icon('folder'), t.row.show)
    this.#ended.replaceChildren(...(state === 'done' ? [show] : []))
  }

  #showInner() {
    const wanted = this.#open ? this.uploads : this.uploads.filter(({ state }) => NEED.includes(state))
    const shown = wanted.slice(0, ROWS)
    const kept = new Set(shown)
    for (const [upload, row] of this.#rows) {
      if (kept.has(upload)) continue
      row.element.remove()
      this.#rows.delete(upload)
    }
    shown.forEach((upload, index) => {
      let row = this.#rows.get(upload)
      if (!row) this.#rows.set(upload, row = new Row(upload, this.act, upload.path.slice(this.top.length + 1)))
      if (this.#inner.children[index] !== row.element) {
        this.#inner.insertBefore(row.element, this.#inner.children[index] ?? null)
      }
      row.update()
    })
    this.#inner.hidden = shown.length === 0
    this.#rest.hidden = wanted.length <= shown.length
    say(this.#rest, t.folder.rest(wanted.length - shown.length))
  }

  #toggle() {
    this.#open = !this.#open
    this.#more.setAttribute('aria-expanded', String(this.#open))
    this.#more.replaceChildren(icon(this.#open ? 'upper' : 'down'))
    this.#showInner()
  }

  #pause() { for (const upload of this.uploads) upload.pause() }

  #resume() { for (const upload of this.uploads) if (upload.state === 'paused') upload.resume() }

  #remove() { for (const upload of this.uploads) this.act('remove', upload) }

  /** Cancels the remaining files of the folder; completed files are kept. */
  async #cancel() {
    const open = this.uploads.filter(({ state }) => state !== 'done')
    if (!await sureToCancel(this.name, sum(open, ({ safe }) => safe.total))) return
    for (const upload of this.uploads) {
      if (upload.state === 'done') this.engine.forget(upload)
      else upload.cancel()
    }
  }
}

/** @param {Upload[]} uploads */
function stateOfAll(uploads) {
  const states = new Set(uploads.map(stateOf))
  return ORDER.find((state) => states.has(state)) ?? 'done'
}
