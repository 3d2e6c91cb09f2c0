// Networks: the measurements of the advisor for the networks from which clients upload. For operators.
import { call } from '../api.js'
import { h } from '../dom.js'
import * as format from '../format.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { learnNames, nameOfSubject } from '../parts/people.js'
import { named, row, table, time } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/networks.js'

const EVERY = 15_000
const PAGE = 200
const MOST = 2_000
const WEEK = 7 * 86_400_000
// The advisor's limit for a steady network, in seconds between two breaks.
const STEADY = 300
/** @type {import('../parts/table.js').Column[]} */
const CLASSES = [[t.networks.class, 'lead'], [t.networks.speed, 'amount'], [t.networks.failed, 'amount'],
  [t.networks.breaks, 'amount'],
  [t.networks.advice, 'amount']]
/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.networks.network, 'lead'], [t.networks.class], [t.networks.speed, 'amount'],
  [t.networks.pause, 'amount'],
  [t.networks.breaks, 'amount'], [t.networks.failed, 'amount'], [t.networks.uploaded, 'amount'], [t.networks.seen]]
// The classes of the advisor, from good to bad.
const SPEEDS = ['fast', 'medium', 'slow', 'unknown']
const STEADINESS = ['steady', 'unsteady', 'unstable']

/**
 * @typedef {{subject: string, network: string, class: string, firstSeenAt: string, seenAt: string,
 *   uploadedBytes: number, requests: number, failures: number, throughputBps: number | null,
 *   deadTimeMs: number | null, mtbfSeconds: number | null}} Network
 */

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new NetworksScreen(shell)
  screen.go(route)
  return { element: screen.element, go: (next) => screen.go(next), close: () => screen.life.leave() }
}

const parts = (word) => word.split(', ')
const rank = (word) => SPEEDS.indexOf(parts(word)[0]) * 3 + STEADINESS.indexOf(parts(word)[1])
const wordOf = (word) => word.replace(/^\w+/, (speed) => t.networks.words[speed] ?? speed)
const hintOf = (word) => parts(word).map((part) => t.networks.hints[part]).filter(Boolean).join('; ')
const speed = (bitsPerSecond) => (bitsPerSecond === null ? '–' : format.speed(bitsPerSecond / 8))
// For a network without a break, the time between breaks is at least the observed time.
const between = (word, seconds) =>
  (seconds === null || (parts(word)[1] === 'steady' && seconds < STEADY) ? t.networks.noBreak
    : format.duration(seconds))
const known = (values) => values.filter((value) => value !== null)

function median(values) {
  const sorted = known(values).sort((a, b) => a - b)
  return sorted.length === 0 ? null : sorted[Math.floor((sorted.length - 1) / 2)]
}

/** Returns the most common last advice of the uploads. @param {{chunkSize: number, concurrency: number}[]} advice */
function usual(advice) {
  const counts = new Map()
  for (const { concurrency, chunkSize } of advice) {
    const word = t.networks.advised(concurrency, chunkSize)
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '–'
}

class NetworksScreen {
  /** @type {Network[] | null} */
  #items = null
  #complete = true
  #ended = []
  #advice = []
  #class = ''
  #search = ''
  #shown = ''
  #summary = h('div', {}, bones())
  #place = h('div', {}, bones())
  #filter = h('select', { class: 'select end', 'aria-label': t.networks.filter,
    on: { change: () => go(this.#address({ class: this.#filter.value })) } })

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.life = new Lifecycle(shell, { read: () => this.#read(), every: () => EVERY })
    this.notes = this.life.notes
    this.shell = shell
    shell.place(t.networks.title)
    this.element = h('div', { class: 'stack access networks' }, h('p', { class: 'hint' }, t.networks.hint),
      this.notes.element,
      h('section', { class: 'card', 'aria-label': t.networks.byClass },
        h('div', { class: 'card-head' }, h('h2', {}, t.networks.byClass)), this.#summary),
      h('section', { class: 'card', 'aria-label': t.networks.list },
        h('div', { class: 'card-head' }, h('h2', {}, t.networks.list), this.#filter), this.#place))
    this.life.load()
  }

  /** @param {import('../router.js').Route} route */
  go({ query }) {
    this.#class = query.get('class') ?? ''
    this.#search = query.get('search') ?? ''
    this.life.search(this.#search, t.networks.find, (search) => this.#address({ search }))
    if (this.#items) this.#show()
    return true
  }

  #address(change) { return addressOf('networks', [], { class: this.#class, search: this.#search, ...change }) }

  async #read() {
    const from = new Date(Date.now() - WEEK).toISOString()
    const [items, stats, history] = await Promise.all([
      this.#networks(), call('GET', 'api/stats?range=7d&step=day'),
      call('GET', `api/history?limit=${PAGE}&from=${from}`),
      learnNames(this.shell)
    ])
    return () => {
      this.#items = items
      this.#ended = stats.networks
      this.#advice = history.items.filter(({ advice, network }) => advice && network)
      this.#show()
    }
  }

  /** @returns {Promise<Network[]>} */
  async #networks() {
    const items = []
    let cursor = null
    do {
      const page = await call('GET', `api/networks?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}`
        : ''}`)
      items.push(...page.items)
      cursor = page.nextCursor
    } while (cursor && items.length < MOST)
    this.#complete = !cursor
    return items
  }

  #show() {
    const classes = [...new Set([...this.#items.map((one) => one.class), ...this.#ended.map(({ name }) => name)])]
      .sort((a, b) => rank(a) - rank(b))
    const options = ['', ...classes]
    if (this.#class && !options.includes(this.#class)) options.push(this.#class)
    const found = this.#items.filter((one) => this.#fits(one)).sort((a, b) => b.seenAt.localeCompare(a.seenAt))
    // An unchanged list is not redrawn, so that selected text stays selected.
    const shown = JSON.stringify([this.#class, found, this.#ended, this.#advice.length])
    if (shown === this.#shown) return
    this.#shown = shown
    if (document.activeElement !== this.#filter) {
      this.#filter.replaceChildren(...options.map((value) => h('option', { value },
        value ? wordOf(value) : t.networks.every)))
      this.#filter.value = this.#class
    }
    if (this.#complete) this.notes.hide('most')
    else this.notes.show('most', { kind: 'warn', text: t.networks.first(this.#items.length) })
    this.#summary.replaceChildren(classes.length === 0 ? emptyPlace(...t.networks.empty)
      : table(t.networks.byClass, CLASSES, classes.map((word) => this.#summaryRow(word))))
    this.#place.parentElement.hidden = this.#items.length === 0
    this.#place.replaceChildren(found.length === 0 ? emptyPlace(...t.networks.nothing)
      : table(t.networks.list, COLUMNS, found.map((one) => this.#row(one))))
  }

  /** @param {Network} one */
  #fits(one) {
    const text = `${one.network} ${nameOfSubject(one.subject)}`.toLowerCase()
    return (!this.#class || one.class === this.#class) && text.includes(this.#search.toLowerCase())
  }

  /** @param {string} word the class */
  #summaryRow(word) {
    const of = this.#items.filter((one) => one.class === word)
    const sum = (name) => of.reduce((all, one) => all + one[name], 0)
    const ended = this.#ended.find(({ name }) => name === word)?.value ?? 0
    return row(CLASSES, [
      named(h('a', { href: this.#address({ class: word }), title: hintOf(word) }, wordOf(word)),
        t.networks.count(of.length, ended)),
      speed(median(of.map(({ throughputBps }) => throughputBps))),
      h('span', { title: t.networks.of(sum('failures'), sum('requests')) },
        t.networks.share(sum('failures'), sum('requests'))),
      of.length === 0 ? '–' : between(word, median(of.map(({ mtbfSeconds }) => mtbfSeconds))),
      usual(this.#advice.filter(({ network }) => network === word).map(({ advice }) => advice))
    ])
  }

  /** @param {Network} one */
  #row(one) {
    return row(COLUMNS, [
      named(one.network, nameOfSubject(one.subject)), h('span', { title: hintOf(one.class) }, wordOf(one.class)),
      speed(one.throughputBps), one.deadTimeMs === null ? '–' : format.took(one.deadTimeMs),
      between(one.class, one.mtbfSeconds),
      h('span', { title: t.networks.of(one.failures, one.requests) }, t.networks.share(one.failures, one.requests)),
      format.bytes(one.uploadedBytes), time(one.seenAt)
    ])
  }
}
