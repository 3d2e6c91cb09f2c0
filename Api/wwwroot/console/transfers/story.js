// The events of a transfer, and its calls to the providers.
import { button, h, icon, say } from '../dom.js'
import { call } from '../api.js'
import * as format from '../format.js'
import { storageMark } from '../parts/storage.js'
import { t } from '../texts/transfers.js'

const SHOWN = 40
const CALLS = 12
const PAGE = 200
// The largest number of pages of events that are loaded.
const MOST_PAGES = 10

/** @type {Record<string, [glyph: import('../dom.js').IconName, kind: string]>} */
const GLYPHS = {
  made: ['plus', ''], taken_over: ['swap', 'go'],
  scanning: ['search', ''], scanned: ['search', 'go'], tried_again: ['retry', 'warn'], goes_on: ['play', 'go'],
  skipped: ['stop', ''], failed: ['fail', 'bad'], pause: ['pause', ''], resume: ['play', 'go'], cancel: ['stop', ''],
  planned: ['list', 'go'], approve: ['play', 'go'], deadline: ['clock', 'bad'], retry: ['retry', 'go'],
  done: ['check', 'go'], partly_done: ['alert', 'warn'], cancelled: ['stop', '']
}

/** @typedef {{number: number, at: string, item: string | null, kind: string, text: string | null}} TransferEvent */

/**
 * Returns the events as they are shown: the newest first, and equal events in a row as one line.
 * @param {TransferEvent[]} events the oldest first
 * @returns {{at: string, kind: string, text: string, times: number}[]}
 */
export function storyOf(events) {
  const story = []
  for (const { at, kind, text } of events) {
    // A file that is repeatedly interrupted and resumed is one line.
    const before = story.at(-2)
    if (story.at(-1)?.kind === 'goes_on' && before?.kind === kind && before.text === (text ?? '')) story.pop()
    const last = story.at(-1)
    if (last?.kind === kind && last.text === (text ?? '')) Object.assign(last, { at, times: last.times + 1 })
    else story.push({ at, kind, text: text ?? '', times: 1 })
  }
  return story.reverse()
}

/** @param {string} kind @returns {[glyph: import('../dom.js').IconName, tone: string, word: string]} */
export function eventLook(kind) {
  const [, reason] = /^waits_(\w+)$/.exec(kind) ?? []
  if (reason) return [{ sign_in: 'lock', network: 'offline' }[reason] ?? 'clock', 'warn',
    t.transfers.wait[reason] ?? reason]
  const [glyph, tone] = GLYPHS[kind] ?? ['dashed', '']
  return [glyph, tone, t.detail.story[kind] ?? kind.replaceAll('_', ' ')]
}

/** The events of a transfer. Each load continues after the last loaded event. */
export class Story {
  #pages = [{ cursor: null, items: [] }]

  /** @param {string} id the id of the transfer */
  constructor(id) { this.id = id }

  get events() { return this.#pages.flatMap(({ items }) => items) }

  async load() {
    for (let left = MOST_PAGES; left > 0; left--) {
      const page = this.#pages.at(-1)
      const query = new URLSearchParams({ limit: String(PAGE), ...(page.cursor ? { cursor: page.cursor } : {}) })
      const { items, nextCursor } = await call('GET', `api/transfers/${this.id}/events?${query}`)
      page.items = items
      if (!nextCursor) return
      this.#pages.push({ cursor: nextCursor, items: [] })
    }
  }
}

/** @param {TransferEvent[]} events */
export function timelineCard(events) {
  const story = storyOf(events)
  const shown = story.slice(0, SHOWN)
  return h('section', { class: 'card timeline', 'aria-label': t.detail.timeline },
    h('div', { class: 'card-head' }, h('h2', {}, t.detail.timeline),
      h('span', { class: 'hint end' }, t.detail.newest)),
    shown.length === 0 ? h('p', { class: 'hint card-body' }, t.detail.noStory)
      : h('ol', { class: 'story' }, shown.map(
      ({ at, kind, text, times }) => {
        const [glyph, tone, word] = eventLook(kind)
        return h('li', { class: tone }, h('time', { datetime: at, title: format.exactTime(at) }, format.clock(at)),
          icon(glyph),
          h('div', {}, h('b', {}, word), times > 1 && h('span', { class: 'hint' }, ` ${t.detail.times(times)}`),
            text && h('p', {}, format.visible(text))))
      })))
}

/** @typedef {{number: number, at: string, side: string, operation: string, status: number | null, tookMs: number,
 *   requestId: string | null, fault: string | null}} Call */

/** Returns whether the provider accepted the call. @param {Call} one */
export const accepted = ({ fault, status }) => fault === null && status !== null && status < 400

export class Calls {
  #items = []
  #filter = 'all'
  #most = CALLS
  #kinds = { source: '', destination: '' }
  #hint = h('span', { class: 'hint' })
  #place = h('div')
  #more = h('div', { class: 'card-foot', hidden: true }, button(t.transfers.more,
    { kind: 'small', act: () => this.#showMore() }))
  #seg = h('div', { class: 'seg end', role: 'group', 'aria-label': t.detail.calls }, ['all', 'failed'].map((filter) =>
    h('button', { type: 'button', 'data-filter': filter, 'aria-pressed': String(filter === this.#filter),
      on: { click: () => this.#turn(filter) } }, t.detail.callFilters[filter])))
  element = h('section', { class: 'card calls', 'aria-label': t.detail.calls },
    h('div', { class: 'card-head' }, h('h2', {}, t.detail.calls), this.#hint, this.#seg), this.#place, this.#more)

  /**
   * @param {string} id the id of the transfer
   * @param {{source: string, destination: string}} kinds the kinds of its storages
   */
  async load(id, kinds) {
    const { items } = await call('GET', `api/transfers/${id}/calls?limit=${PAGE}`)
    const same = JSON.stringify(items[0]) === JSON.stringify(this.#items[0]) && items.length === this.#items.length
    this.#items = items
    this.#kinds = kinds
    if (!same || !this.#place.firstChild) this.#draw()
  }

  #turn(filter) {
    this.#filter = filter
    this.#most = CALLS
    for (const one of this.#seg.children) {
      one.setAttribute('aria-pressed', String(one.getAttribute('data-filter') === filter))
    }
    this.#draw()
  }

  #showMore() {
    this.#most += CALLS * 4
    this.#draw()
  }

  #draw() {
    const failed = this.#items.filter((one) => !accepted(one))
    const items = this.#filter === 'all' ? this.#items : failed
    say(this.#hint, this.#items.length > 0 && this.#items.length < PAGE ? format.number(this.#items.length) : '')
    this.#more.hidden = items.length <= this.#most
    if (items.length === 0) {
      this.#place.replaceChildren(h('p', { class: 'hint card-body' },
        this.#items.length > 0 ? t.detail.noneFailedCalls : t.detail.noCalls))
      return
    }
    const column = (word, kind = '') => h('th', { class: kind, scope: 'col' }, word)
    this.#place.replaceChildren(h('table', { class: 'requests-table', 'aria-label': t.detail.calls },
      h('thead', {}, h('tr', {}, column(t.detail.time), column(t.detail.call, 'wide'), column(t.detail.answer),
        column(t.detail.took1, 'amount'), column(t.detail.requestId))),
      h('tbody', {}, items.slice(0, this.#most).map((one) => this.#row(one)))))
  }

  /** @param {Call} one */
  #row(one) {
    const { at, side, operation, status, tookMs, requestId, fault } = one
    const answer = [status ?? t.detail.noAnswer, fault && (t.detail.faults[fault] ?? fault)].filter(Boolean)
      .join(', ')
    const good = accepted(one)
    return h('tr', {},
      h('td', { class: 'c-time', title: format.exactTime(at) }, format.clock(at)),
      h('td', { class: 'wide' }, h('span', { class: 'called', title: t.detail.sides[side] },
        storageMark(this.#kinds[side] ?? '–', 'small'), h('code', {}, format.visible(operation)))),
      h('td', { class: 'c-answer' }, h('span',
        { class: `state ${good ? 'calm' : fault === 'throttled' ? 'warn' : 'bad'}` },
        icon(good ? 'check' : fault === 'throttled' ? 'clock' : 'fail'), answer)),
      h('td', { class: 'amount c-took' }, format.took(tookMs)),
      h('td', { class: 'c-id' }, requestId ? h('code', { class: 'cut', title: requestId }, format.visible(requestId))
        : '–'))
  }
}
