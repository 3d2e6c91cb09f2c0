// The requests of an upload, both stored and interrupted ones, the newest first.
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { t } from '../texts/uploads.js'

const SHOWN = 12
const FILTERS = ['all', 'broken']

export class Requests {
  #session = null
  #chunks = []
  #filter = 'all'
  #most = SHOWN
  #hint = h('span', { class: 'hint' })
  #place = h('div')
  #more = h('div', { class: 'card-foot', hidden: true }, button(t.detail.moreRequests,
    { kind: 'small', act: () => this.#showMore() }))
  #seg = h('div', { class: 'seg end', role: 'group', 'aria-label': t.detail.requests }, FILTERS.map((filter) =>
    h('button', { type: 'button', 'data-filter': filter, 'aria-pressed': String(filter === this.#filter),
      on: { click: () => this.#turn(filter) } }, t.detail.filters[filter])))
  element = h('section', { class: 'card requests', 'aria-label': t.detail.requests },
    h('div', { class: 'card-head' }, h('h2', {}, t.detail.requests), this.#hint, this.#seg), this.#place, this.#more)

  /** @param {import('./store.js').Session} session @param {any[]} chunks */
  show(session, chunks) {
    this.#session = session
    this.#chunks = chunks
    this.#draw()
  }

  #turn(filter) {
    this.#filter = filter
    this.#most = SHOWN
    for (const one of this.#seg.children) {
      one.setAttribute('aria-pressed', String(one.getAttribute('data-filter') === filter))
    }
    this.#draw()
  }

  #showMore() {
    this.#most += SHOWN * 4
    this.#draw()
  }

  #rows() {
    const broken = (this.#session.failures.last ?? []).map((one) => ({ ...one, end: one.offset + one.bytes,
      took: one.durationMs }))
    const safe = this.#filter === 'all' ? this.#chunks.map(({ offset, length, attempts, startedAt, receivedAt }) => ({
      at: receivedAt, offset, end: offset + length, bytes: length, kept: length, tries: attempts,
      took: Date.parse(receivedAt) - Date.parse(startedAt)
    })) : []
    return [...safe, ...broken].sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
  }

  #draw() {
    const { attemptCount, failures, receivedBytes } = this.#session
    say(this.#hint, attemptCount + failures.count > 0 ? t.detail.requestsOf(attemptCount, failures.count) : '')
    const rows = this.#rows()
    this.#more.hidden = rows.length <= this.#most
    if (rows.length === 0) {
      const none = this.#filter !== 'all' ? t.detail.noneBroke
        : receivedBytes > 0 ? t.detail.onlyBroken : t.detail.noRequest
      this.#place.replaceChildren(h('p', { class: 'hint card-body' }, none))
      return
    }
    const column = (word, kind = '') => h('th', { class: kind, scope: 'col' }, word)
    this.#place.replaceChildren(h('table', { class: 'requests-table', 'aria-label': t.detail.requests },
      h('thead', {}, h('tr', {}, column(t.detail.time), column(t.detail.bytesAt), column(t.detail.answer, 'wide'),
        column(t.detail.keptHead, 'amount'), column(t.detail.tookHead, 'amount'))),
      h('tbody', {}, rows.slice(0, this.#most).map(rowOf))))
  }
}

function rowOf({ at, offset, end, bytes, kept, took, kind, tries }) {
  const answer = kind ? h('span', { class: 'state warn' }, icon('cut'), t.detail.kinds(kind))
    : h('span', { class: 'state calm' }, icon('check'), t.detail.accepted(tries))
  return h('tr', {},
    h('td', { class: 'c-time', title: format.exactTime(at) }, format.clock(at)),
    h('td', { class: 'c-bytes' }, h('code', {}, format.range(offset, end))),
    h('td', { class: 'wide' }, answer),
    h('td', { class: 'amount c-kept' }, kept < bytes ? format.bytesOf(kept, bytes) : format.bytes(kept)),
    h('td', { class: 'amount c-took' }, format.took(Math.max(0, took))))
}
