// The list of transfers: active, waiting, and ended ones.
import { call, codeOf } from '../api.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { learnNames } from '../parts/people.js'
import { segments } from '../parts/segments.js'
import { connections, endName, forgetConnections } from '../parts/storage.js'
import { addressOf } from '../router.js'
import { t } from '../texts/transfers.js'
import { actor, mayPause } from './acts.js'
import { EndedFigures } from './figures.js'
import { savedLists } from './saved.js'
import { TransferRow } from './row.js'
import { ACTIVE, ENDED, Speeds, hasEnded, withEnds, withProgress } from './state.js'

const PAGE = 50
// The number of open transfers of a user is limited, so one page is enough.
const MOST = 200
// The interval for the number of completed files, which progress events do not contain.
const WHILE_MOVING = 5_000
const RESTING = 30_000
// The interval without a WebSocket.
const WITHOUT_EVENTS = 2_000
const WITHOUT_EVENTS_RESTING = 10_000
const FILTERS = ['active', 'waiting', 'done', 'scheduled', 'templates']
// The tabs that show schedules or templates.
const KEPT = { scheduled: 'api/schedules', templates: 'api/templates' }

/** @typedef {import('./state.js').Transfer} Transfer */

export class TransferList {
  #life
  #query = { state: 'active', search: '', connection: '' }
  /** @type {Transfer[] | null} */
  #items = null
  #next = null
  #counts = { active: 0, waiting: 0 }
  /** @type {Transfer[]} */
  #active = []
  #connections = []
  #rows = new Map()
  #chosen = new Set()
  #last = null
  #speeds = new Speeds()
  #figures = new EndedFigures()
  #seg = segments(t.transfers.filter, FILTERS.map((id) => ({ id, word: t.transfers.filters[id], address: '#' })))
  #sum = h('span', { class: 'hint grow cut' })
  #bar = h('div', { class: 'list-bar' })
  #of = h('p', { class: 'of-connection', hidden: true })
  #list = h('ul', { class: 'transfer-rows', 'aria-label': t.transfers.list })
  #place = h('div', {}, bones())
  #more = button(t.transfers.more, { hidden: true, act: () => this.#life.load(true) })
  #acts
  #savedLists
  #hint = ''

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    this.#life = new Lifecycle(shell, { read: (more) => this.#read(more), every: () => this.#every,
      draw: () => this.#update(),
      failed: () => { if (!this.#items) this.#place.replaceChildren(); return false } })
    const life = this.#life
    this.#acts = actor(() => life.load(), (error, count) => life.tell({
      kind: 'bad', glyph: 'fail', text: t.transfers.failedSome(count, error.message), code: codeOf(error)
    }))
    this.#savedLists = savedLists(() => life.load(), (error) => life.fail(error, t.transfers.actFault))
    this.element = h('section', { class: 'transfers', 'aria-label': t.transfers.title }, this.#bar, this.#of,
      life.notes.element,
      this.#place, h('div', { class: 'list-more' }, this.#more))
    const onKey = (event) => this.#key(event)
    document.addEventListener('keydown', onKey)
    life.until(() => document.removeEventListener('keydown', onKey), live.widely(),
      live.on('event', ({ topic }) => { if (topic?.kind === 'transfer') this.#changed() }),
      live.on('progress', (progress) => { if (progress.topic?.kind === 'transfer') this.#moved(progress) }))
    learnNames(shell).then(() => this.#update())
    this.#showBar()
  }

  /** @param {import('../router.js').Route} route */
  go({ path, query }) {
    if (path.length > 0) return false
    const state = query.get('state')
    const wanted = {
      state: FILTERS.includes(state) ? state : 'active', search: query.get('search') ?? '',
      connection: query.get('connection') ?? ''
    }
    this.shell.place(t.transfers.title)
    this.#life.search(wanted.search, t.transfers.find, (text) => this.#with({ search: text || null }))
    const same = this.#items && JSON.stringify(wanted) === JSON.stringify(this.#query)
    this.#query = wanted
    if (same) return true
    this.#chosen.clear()
    this.#items = null
    this.#place.replaceChildren(bones())
    this.#showBar()
    this.#life.load()
    return true
  }

  close() { this.#life.leave() }

  #with(change) {
    const { state, search, connection } = this.#query
    return addressOf('transfers', [], {
      state: state === 'active' ? null : state, search: search || null, connection: connection || null, ...change
    })
  }

  async #read(more) {
    const { state, search, connection } = this.#query
    const page = (states, query) => {
      const all = new URLSearchParams({ state: states.join(','), ...query })
      if (search) all.set('search', search)
      if (connection) all.set('connection', connection)
      return call('GET', `api/transfers?${all}`)
    }
    const [active, ended, known, kept] = await Promise.all([
      page(ACTIVE, { limit: String(MOST) }),
      state !== 'done' ? null : page(ENDED, more ? { limit: String(PAGE), cursor: this.#next }
        : { limit: String(Math.min(MOST, Math.max(PAGE, this.#items?.length ?? 0))) }),
      connections(), KEPT[state] ? call('GET', KEPT[state]) : null
    ])
    if (state === 'done') await this.#figures.load(known, this.shell.me.scopes.includes('admin'))
    return () => {
      active.items = active.items.map((one) => withEnds(one, known))
      const waiting = active.items.filter((one) => one.state === 'waiting')
      this.#counts = { active: active.items.length, waiting: waiting.length }
      for (const one of active.items) this.#speeds.take(one)
      this.#connections = known
      this.#active = active.items
      if (!search && !connection) this.shell.count('transfers', active.items.length)
      const found = state === 'done' ? ended.items : state === 'waiting' ? waiting : active.items
      this.#items = kept ? [] : more ? [...this.#items, ...found] : found
      this.#next = ended?.nextCursor ?? null
      if (kept) this.#showKept(kept.items)
      else this.#show()
    }
  }

  get #every() {
    const moving = this.#active.some(({ state }) => ['queued', 'scanning', 'running'].includes(state))
    return live.now.streaming ? RESTING : moving ? WITHOUT_EVENTS : WITHOUT_EVENTS_RESTING
  }

  /** @param {any[]} items */
  #showKept(items) {
    const { state, search } = this.#query
    const shown = items.filter(({ title }) => title.toLowerCase().includes(search.toLowerCase()))
    this.#of.hidden = this.#more.hidden = this.#more.parentElement.hidden = true
    this.#hint = state === 'templates' ? t.kept.templatesHint
      : items.length > 0 ? t.kept.sum(items.filter(({ enabled }) => enabled).length, items.length) : ''
    this.#place.replaceChildren(state === 'templates' ? this.#savedLists.templates(shown, this.#connections)
      : this.#savedLists.schedules(shown, this.#connections))
    this.#update()
    this.#showBar()
  }

  #changed() {
    // The sign-in of a connection may have expired.
    forgetConnections()
    this.#life.later()
  }

  #moved(progress) {
    this.#speeds.hear(progress)
    const known = this.#active.find(({ id }) => id === progress.topic.id)
    // Short waits are not sent as events: a transfer with progress does not wait any more.
    this.#life.later(known?.state === 'running' ? WHILE_MOVING : undefined)
    if (!known) return
    const now = withProgress(known, progress)
    const put = (one) => (one === known ? now : one)
    this.#active = this.#active.map(put)
    this.#items = this.#items?.map(put) ?? null
    this.#life.draw()
  }

  #show() {
    const ids = new Set(this.#items.map(({ id }) => id))
    for (const id of this.#chosen) if (!ids.has(id)) this.#chosen.delete(id)
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id)
    const { search, connection, state } = this.#query
    this.#of.hidden = !connection
    if (connection) {
      this.#of.replaceChildren(h('span', {}, t.transfers.of(endName(connection, this.#connections))),
        h('a', { class: 'button small', href: this.#with({ connection: null }) }, t.transfers.ofAll))
    }
    this.#more.hidden = this.#next === null
    this.#more.parentElement.hidden = this.#next === null
    this.#update()
    this.#showBar()
    if (this.#items.length > 0) {
      const elements = this.#items.map(({ id }) => this.#rows.get(id).element)
      if (elements.length !== this.#list.children.length
        || elements.some((element, i) => element !== this.#list.children[i])) {
        this.#list.replaceChildren(...elements)
      }
      const parts = [...(state === 'done' && !search && !connection ? [this.#figures.element] : []), this.#list]
      if (parts.length !== this.#place.children.length || parts.some((part, i) => part !== this.#place.children[i])) {
        this.#place.replaceChildren(...parts)
      }
    } else if (search) this.#place.replaceChildren(emptyPlace(t.nothingCalled(search), t.transfers.nothing))
    else if (connection || state === 'done') this.#place.replaceChildren(emptyPlace(...t.transfers.noneDone))
    else if (state === 'waiting') this.#place.replaceChildren(emptyPlace(...t.transfers.noneWaits))
    else {
      this.#place.replaceChildren(emptyPlace(...t.transfers.empty, h('div', { class: 'buttons' },
        h('a', { class: 'button', href: addressOf('transfers', ['new']) }, icon('plus'), t.transfers.new),
        h('a', { class: 'button', href: addressOf('connections') }, icon('plug'), t.nav.connections))))
    }
  }

  /** Redraws the loaded data; countdowns continue between two loads. */
  #update() {
    if (!this.#items) return
    const { subject } = this.shell.me
    for (const one of this.#items) {
      const row = this.#rows.get(one.id) ?? new TransferRow(this.#acts, (id, event) => this.#pick(id, event))
      this.#rows.set(one.id, row)
      row.show(one, this.#connections, this.#speeds.of(one), { chosen: this.#chosen.has(one.id),
        own: one.owner === subject })
    }
    const speed = this.#active.reduce((sum, one) => sum + this.#speeds.of(one), 0)
    const sum = t.transfers.sum(speed > 0 ? format.speed(speed) : '', this.#counts.waiting)
    say(this.#sum, KEPT[this.#query.state] ? this.#hint : this.#query.state === 'done' ? this.#figures.sum : sum)
  }

  #pick(id, event) {
    const ids = this.#items.map((one) => one.id)
    const at = ids.indexOf(id)
    const from = event.shiftKey && this.#last !== null ? Math.min(this.#last, at) : at
    const to = event.shiftKey && this.#last !== null ? Math.max(this.#last, at) : at
    for (const one of ids.slice(from, to + 1)) {
      if (event.target.checked) this.#chosen.add(one)
      else this.#chosen.delete(one)
    }
    this.#last = at
    this.#update()
    this.#showBar()
  }

  #showBar() {
    const chosen = (this.#items ?? []).filter(({ id }) => this.#chosen.has(id))
    const picked = chosen.length > 0
    const shown = JSON.stringify([chosen.map(({ id, state }) => [id, state]), this.#counts, this.#query])
    if (this.#bar.dataset.shown === shown) return
    this.#bar.dataset.shown = shown
    const focused = document.activeElement?.closest?.('.list-bar') === this.#bar
    this.#bar.classList.toggle('picked', picked)
    const acts = this.#acts
    const plain = (word, glyph, act, kind = '') => button(word, { glyph, kind: `plain ${kind}`.trim(), act })
    if (picked) {
      this.#bar.replaceChildren(h('b', { class: 'grow' }, t.transfers.selected(chosen.length)),
        h('div', { class: 'buttons tight' }, [
        chosen.some(mayPause) && plain(t.pause, 'pause', () => acts.pause(chosen)),
        chosen.some(({ state }) => ['paused', 'waiting'].includes(state))
          && plain(t.resume, 'play', () => acts.resume(
          chosen.filter(({ state }) => ['paused', 'waiting'].includes(state)))),
        chosen.some((one) => !hasEnded(one)) && plain(t.transfers.cancelOne, 'stop', () => acts.cancel(chosen),
          'danger'),
        button('', { glyph: 'close', kind: 'plain', label: t.transfers.clearSelection, act: () => this.#clear() })]))
    } else {
      const open = this.#active.filter(mayPause)
      this.#seg.show(this.#query.state, this.#items ? this.#counts : {},
        (id) => this.#with({ state: id === 'active' ? null : id }))
      this.#bar.replaceChildren(h('div', { class: 'seg-place' }, this.#seg.element), this.#sum,
        ...(open.length > 1 && !['done', ...Object.keys(KEPT)].includes(this.#query.state)
          ? [button(t.transfers.pauseAll, { glyph: 'pause', kind: 'wide-only', act: () => acts.pause(open) })] : []),
        h('a', { class: 'button primary', href: addressOf('transfers', ['new']) }, icon('plus'), t.transfers.new))
    }
    if (focused && !this.#bar.contains(document.activeElement)) {
      /** @type {HTMLElement | null | undefined} */
      const next = this.#bar.querySelector('button, a')
      next?.focus()
    }
  }

  #clear() {
    this.#chosen.clear()
    this.#update()
    this.#showBar()
  }

  #key(event) {
    if (event.target.closest?.('input, textarea, select, dialog, [popover]') && event.target.type !== 'checkbox') {
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Escape' && this.#chosen.size > 0) this.#clear()
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    /** @type {NodeListOf<HTMLElement>} */
    const links = this.#list.querySelectorAll('a.name')
    const names = [...links]
    if (names.length === 0) return
    const at = names.indexOf(document.activeElement?.closest('li')?.querySelector('a.name'))
    names[at < 0 ? 0 : Math.max(0, Math.min(names.length - 1, at + step))].focus()
    event.preventDefault()
  }
}
