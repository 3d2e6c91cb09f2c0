// The list of pairs with their states and questions. Pairs that wait for an answer come first.
import { call } from '../api.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { openMenu } from '../parts/menu.js'
import { segments } from '../parts/segments.js'
import { connections } from '../parts/storage.js'
import { addressOf } from '../router.js'
import { t } from '../texts/syncs.js'
import { change, menuOf } from './acts.js'
import { progressOf } from './copying.js'
import { askingOf, marksOf, needBox, paceOf, placeName, reasonOf, stateWord } from './parts.js'

const FILTERS = ['all', 'needs_you', 'waiting', 'in_step', 'paused']
const ORDER = ['needs_you', 'waiting', 'copying', 'looking', 'in_step', 'paused']
const RESTING = 15_000
const WHILE_COPYING = 2_000
const COLUMNS = ['route-of', 'pair-of', 'state-of', 'watched', 'last', 'acts']

/** @typedef {import('./parts.js').Pair} Pair */

export class SyncList {
  #query = { state: 'all', search: '' }
  /** @type {Pair[] | null} */
  #items = null
  #known = []
  #progress = new Map()
  #shown = ''
  #sum = h('span', { class: 'hint grow cut' })
  #seg = segments(t.syncs.filter, FILTERS.map((id) => ({ id, word: t.syncs.filters[id], address: '#' })))
  #place = h('div', {}, bones())

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    this.life = new Lifecycle(shell, { read: () => this.#read(), draw: () => this.#show(),
      every: () => (this.#items?.some(({ state }) => ['copying', 'looking'].includes(state)) ? WHILE_COPYING
        : RESTING),
      failed: () => { if (!this.#items) this.#place.replaceChildren(); return false } })
    this.life.until(live.on('event', ({ topic }) => { if (topic?.kind === 'sync') this.life.later() }))
    this.element = h('section', { class: 'transfers syncs', 'aria-label': t.syncs.title },
      h('div', { class: 'list-bar' }, h('div', { class: 'seg-place' }, this.#seg.element), this.#sum,
        h('a', { class: 'button primary', href: addressOf('syncs', ['new']) }, icon('plus'), t.syncs.new)),
      this.life.notes.element, this.#place)
    this.life.load()
  }

  /** @param {import('../router.js').Route} route */
  go({ path, query }) {
    if (path.length > 0) return false
    const state = query.get('state')
    this.#query = { state: FILTERS.includes(state) ? state : 'all', search: query.get('search') ?? '' }
    this.shell.place(t.syncs.title)
    this.life.search(this.#query.search, t.syncs.find, (text) => this.#with({ search: text || null }))
    this.#show()
    return true
  }

  close() { this.life.leave() }

  #with(more) {
    const { state, search } = this.#query
    return addressOf('syncs', [], { state: state === 'all' ? null : state, search: search || null, ...more })
  }

  async #read() {
    const [{ items }, known] = await Promise.all([call('GET', 'api/syncs'), connections()])
    const progress = await progressOf(items)
    return () => {
      this.#items = items.toSorted((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state))
      this.#known = known
      this.#progress = progress
      this.shell.count('syncs', askingOf(items))
      this.#show()
    }
  }

  #show() {
    if (!this.#items) return
    const { state, search } = this.#query
    const counts = Object.fromEntries(FILTERS.map((id) => [id,
      this.#items.filter((one) => id === 'all' || one.state === id).length]))
    this.#seg.show(state, counts, (id) => this.#with({ state: id === 'all' ? null : id }))
    say(this.#sum, this.#items.length > 0 ? t.syncs.watched(this.#items.reduce((sum, { items }) => sum + items, 0))
      : '')
    const sought = search.toLocaleLowerCase()
    const wanted = this.#items.filter((one) =>
      (state === 'all' || one.state === state) && one.title.toLocaleLowerCase().includes(sought))
    const look = JSON.stringify([search, state, wanted, wanted.map(reasonOf), this.#known.length,
      [...this.#progress]])
    if (look === this.#shown) return
    this.#shown = look
    if (wanted.length === 0) {
      this.#place.replaceChildren(search ? emptyPlace(t.nothingCalled(search), t.syncs.nothing)
        : this.#items.length > 0 ? emptyPlace(...t.syncs.none) : emptyPlace(...t.syncs.empty,
          h('a', { class: 'button', href: addressOf('syncs', ['new']) }, icon('plus'), t.syncs.new)))
      return
    }
    const focused = document.activeElement?.closest?.('[data-id]')
    const index = focused ? [...focused.querySelectorAll('a, button')].indexOf(document.activeElement) : -1
    this.#place.replaceChildren(h('table', { class: 'sync-table', 'aria-label': t.syncs.list },
      h('thead', {}, h('tr', {}, COLUMNS.map((id) => h('th', { scope: 'col', class: id },
        ['route-of', 'acts'].includes(id) ? h('span', { class: 'only-heard' }, t.syncs.columns[id])
          : t.syncs.columns[id])))),
      wanted.map((pair) => this.#pair(pair))))
    if (index >= 0) {
      /** @type {NodeListOf<HTMLElement> | undefined} */
      const all = this.#place.querySelector(`[data-id="${focused.getAttribute('data-id')}"]`)
        ?.querySelectorAll('a, button')
      all?.[index]?.focus()
    }
  }

  /** @param {Pair} pair */
  #pair(pair) {
    const { id, title, state, way, left, right, items, lookedAt, question } = pair
    const name = format.visible(title)
    const progress = this.#progress.get(id)
    const reason = progress ? t.syncs.copied(progress.files.done, progress.files.all, progress.bytes.done,
      progress.bytes.all)
      : reasonOf(pair)
    const ends = `${placeName(left, this.#known)} ${way === 'both' ? '↔' : '→'} ${placeName(right, this.#known)}`
    return h('tbody', { 'data-id': id }, h('tr', { class: question ? 'asks' : null },
      h('td', { class: 'route-of' }, marksOf(pair, this.#known)),
      h('td', { class: 'pair-of' }, h('a', { class: 'cut', href: addressOf('syncs', [id]), title: name }, name),
        h('p', {}, ends)),
      h('td', { class: 'state-of' }, stateWord(pair), h('p', { class: 'cut', title: reason }, reason)),
      h('td', { class: 'watched', 'data-word': t.syncs.columns.watched }, format.number(items),
        h('p', {}, paceOf(pair))),
      h('td', { class: 'last' }, lookedAt ? format.ago(lookedAt) : t.syncs.notYet),
      h('td', { class: 'acts' }, h('div', { class: 'buttons tight' }, state === 'paused'
        ? button('', { glyph: 'play', kind: 'plain small', label: t.syncs.resumeOf(name),
          act: () => change(this.life, pair, 'resume') })
        : button('', { glyph: 'pause', kind: 'plain small', label: t.syncs.pauseOf(name),
          act: () => change(this.life, pair, 'pause') }),
      button('', { glyph: 'more', kind: 'plain small', label: t.syncs.moreOf(name), 'aria-haspopup': 'menu',
        act: ({ currentTarget }) => openMenu(currentTarget, menuOf(this.life, pair)) })))),
    question && h('tr', { class: 'question' }, h('td', { colspan: String(COLUMNS.length) },
      needBox(this.life, pair, true))))
  }
}
