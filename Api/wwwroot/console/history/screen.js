// History and statistics: the figures of a range, and the uploads that ended in it. All choices are part of the
// address.
import { call, root } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { clientOf } from '../parts/client.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { nameOf } from '../parts/name.js'
import { RANGES, beginOf } from '../parts/range.js'
import { segments } from '../parts/segments.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/history.js'
import { Figures } from './charts.js'

const STATES = { all: '', completed: 'completed', unfinished: 'failed,expired', cancelled: 'cancelled' }
const PAGE = 50
const LOOKS = { completed: ['check', 'calm'], failed: ['fail', 'bad'], cancelled: ['stop', ''],
  expired: ['clock', 'warn'] }

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new HistoryScreen(shell)
  screen.go(route)
  return { element: screen.element, close: () => screen.life.leave(), go: (next) => screen.go(next) }
}

class HistoryScreen {
  #range = '7d'
  #state = 'all'
  #protocol = ''
  #name = ''
  #items = []
  #next = null
  #figures = new Figures()
  #body = h('tbody')
  #place = h('div')
  #ranges = segments(t.history.range, Object.keys(RANGES).map((id) => ({ id, word: t.history.ranges[id],
    address: '#' })))
  #states = segments(t.history.filter, Object.keys(STATES).map((id) => ({ id, word: t.history.states[id],
    address: '#' })))
  #protocols = h('select', { class: 'select', 'aria-label': t.history.protocol,
    on: { change: () => go(this.#address({ protocol: this.#protocols.value })) } },
  Object.entries(t.history.protocols).map(([value, word]) => h('option', { value }, word)))
  #csv = h('a', { class: 'button end', download: 'statistics.csv' }, icon('download'), t.history.csv)
  #listCsv = h('a', { class: 'button small end', download: 'history.csv' }, icon('download'), t.history.listCsv)
  #more = h('div', { class: 'card-foot', hidden: true }, button(t.history.more,
    { kind: 'small', act: () => this.life.load(true) }))

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    this.life = new Lifecycle(shell, { read: (more) => this.#read(more), fault: t.history.fault })
    shell.place(t.history.title)
    this.#figures.element.hidden = true
    this.#csv.hidden = !shell.me.scopes.includes('admin')
    this.element = h('div', { class: 'stack' },
      h('div', { class: 'tools' }, this.#ranges.element, this.#csv), this.life.notes.element, this.#figures.element,
      h('section', { class: 'card' },
        h('div', { class: 'card-head list-filters' }, h('h2', {}, t.history.list), this.#states.element,
          this.#protocols, this.#listCsv),
        this.#place, this.#more))
    this.#place.append(bones())
  }

  /** @param {import('../router.js').Route} route */
  go(route) {
    const { query } = route
    this.#range = Object.hasOwn(RANGES, query.get('range')) ? query.get('range') : '7d'
    this.#state = Object.hasOwn(STATES, query.get('state')) ? query.get('state') : 'all'
    this.#protocol = Object.hasOwn(t.history.protocols, query.get('protocol')) ? query.get('protocol') : ''
    this.#name = query.get('name') ?? ''
    this.#ranges.show(this.#range, {}, (range) => this.#address({ range }))
    this.#states.show(this.#state, {}, (state) => this.#address({ state }))
    this.#protocols.value = this.#protocol
    this.life.search(this.#name, t.history.find, (name) => this.#address({ name }))
    this.life.load()
    return true
  }

  #address(change) {
    const { range, state, protocol, name } = {
      range: this.#range, state: this.#state, protocol: this.#protocol, name: this.#name, ...change }
    return addressOf('history', [], { range: range === '7d' ? null : range, state: state === 'all' ? null : state,
      protocol, name })
  }

  /**
   * Loads the statistics of the tenant, which do not change with further rows. Users without the right see only their
   * own history.
   */
  async #readFigures(more) {
    if (!this.shell.me.scopes.includes('admin')) return () => {}
    const range = this.#range
    const { step } = RANGES[range]
    const query = new URLSearchParams({ from: beginOf(range), step })
    this.#csv.href = new URL(`api/stats?${query}&format=csv`, root).href
    if (more) return () => {}
    const stats = await call('GET', `api/stats?${query}`)
    return () => {
      this.#figures.show(stats)
      this.#figures.element.hidden = false
    }
  }

  #query() {
    const given = { from: beginOf(this.#range), state: STATES[this.#state], protocol: this.#protocol,
      name: this.#name }
    return new URLSearchParams(Object.entries(given).filter(([, value]) => value))
  }

  async #read(more) {
    const query = this.#query()
    this.#listCsv.href = new URL(`api/history?${query}&format=csv`, root).href
    if (more && this.#next) query.set('cursor', this.#next)
    const [page, showFigures] = await Promise.all([call('GET', `api/history?limit=${PAGE}&${query}`),
      this.#readFigures(more)])
    return () => {
      showFigures()
      this.#items = more ? [...this.#items, ...page.items] : page.items
      this.#next = page.nextCursor
      this.#show(more ? page.items : null)
    }
  }

  #show(added) {
    this.#more.hidden = this.#next === null
    if (this.#items.length === 0) { this.#place.replaceChildren(emptyPlace(t.history.none,
      t.history.noneHint)); return }
    if (added) { this.#body.append(...added.map(row)); return }
    this.#body.replaceChildren(...this.#items.map(row))
    const { columns } = t.history
    const column = (id, kind) => h('th', { class: kind, scope: 'col' }, columns[id])
    this.#place.replaceChildren(h('table', { class: 'ended-list' },
      h('thead', {}, h('tr', {}, column('when', 'c-when'), column('name', 'c-name'), column('state', 'c-state'),
        column('size', 'c-size amount'), column('took', 'c-took amount'), column('speed', 'wide amount'),
        column('cuts', 'wide amount'),
        column('saved', 'wide amount'))), this.#body))
  }
}

function row(one) {
  const { id, name, state, reason, size, received, endedAt, durationMs, speed, cuts, savedBytes } = one
  const story = [t.history.story(one), clientOf(one.userAgent)].filter(Boolean).join(', ')
  return h('tr', {},
    h('td', { class: 'c-when', title: format.exactTime(endedAt) }, format.moment(endedAt)),
    h('td', { class: 'c-name' }, nameOf(name, 'a', { href: addressOf('uploads', [id]) }),
      (reason || story) && h('p', { title: one.userAgent }, reason ?? story)),
    h('td', { class: 'c-state' }, h('span', { class: `state ${LOOKS[state][1]}`.trim() }, icon(LOOKS[state][0]),
      t.history.state[state])),
    h('td', { class: 'c-size amount' }, state === 'completed' ? format.bytes(received)
      : size === null ? format.bytes(received)
      : format.bytesOf(received, size)),
    h('td', { class: 'c-took amount' }, durationMs > 0 ? format.took(durationMs) : '–'),
    h('td', { class: 'wide amount' }, speed ? format.speed(speed) : '–'),
    h('td', { class: 'wide amount' }, cuts > 0 ? format.number(cuts) : '–'),
    h('td', { class: 'wide amount' }, savedBytes > 0 ? format.bytes(savedBytes) : '–'))
}
