// The cards beside and below the map: network, advice, timeline, requests that broke off.
import { h, icon } from '../dom.js'
import * as format from '../format.js'
import { t } from '../texts/uploads.js'

const SHOWN = 30
const GLYPHS = {
  created: ['plus', ''], first: ['up', 'go'], completed: ['check', 'go'], paused: ['pause', ''], resumed: ['play', 'go'],
  takeover: ['swap', ''], completing: ['hash', 'go'], failed: ['fail', 'bad'], expired: ['clock', 'bad'], cancelled: ['stop', ''],
  deleted: ['trash', ''], checking: ['hash', ''], broke: ['cut', 'warn'], open: ['up', 'go']
}

const card = (title, hint, ...content) => h('section', { class: 'card', 'aria-label': title },
  h('div', { class: 'card-head' }, h('h2', {}, title), hint && h('span', { class: 'hint end' }, hint)), content)

/** @param {import('./store.js').Session} session */
export function networkCard(session) {
  const why = session.advice?.why
  const fact = (word, value) => value && [h('dt', {}, word), h('dd', {}, value)]
  const measured = why?.throughputBps > 0
  return card(t.detail.network, '', h('dl', { class: 'facts card-body' }, [
    fact(t.detail.link, measured ? t.detail.rate(why.throughputBps) : t.detail.notMeasured),
    fact(t.detail.lost, measured && why.deadTimeMs !== null && format.took(why.deadTimeMs)),
    fact(t.detail.breaks, why && (why.mtbfSeconds && session.failures.count > 0 ? t.detail.every(why.mtbfSeconds) : t.detail.noBreak)),
    fact(t.detail.way, t.uploads.protocol[session.protocol]),
    fact(t.detail.type, session.contentType)
  ].filter(Boolean).flat()))
}

/** @param {import('./store.js').Session} session @param {any[]} steps the oldest first */
export function adviceCard(session, steps) {
  const { advice } = session
  const rows = steps.slice(-8).reverse().map((step) => h('li', {},
    h('time', { datetime: step.at, title: format.exactTime(step.at) }, format.moment(step.at)),
    h('b', {}, t.detail.of(step.concurrency, step.chunkSize)), h('span', {}, t.detail.limitedBy[step.limitedBy] ?? step.limitedBy)))
  if (rows.length === 0 && advice) {
    rows.push(h('li', {}, h('time'), h('b', {}, t.detail.of(advice.concurrency, advice.chunkSize)),
      h('span', {}, t.detail.limitedBy[advice.why.limitedBy] ?? advice.why.limitedBy)))
  }
  return card(t.detail.advice, advice && t.detail.confidence(advice.confidence),
    rows.length > 0 ? h('ul', { class: 'advised' }, rows) : h('p', { class: 'hint card-body' }, t.detail.noAdvice))
}

/** What is known of the past, and what has happened since the page was opened. */
function storyOf(session, happened) {
  const story = [{ at: session.createdAt, kind: 'created', text: t.detail.createdWith(session.size, t.uploads.protocol[session.protocol]) }]
  if (session.firstByteAt) story.push({ at: session.firstByteAt, kind: 'first', text: '' })
  for (const { at, kind, bytes, kept } of session.failures.last ?? []) {
    story.push({ at, kind: 'broke', text: `${t.detail.kinds(kind)}, ${t.detail.keptOf(kept, bytes)}` })
  }
  const seen = new Set()
  for (const { at, kind } of happened) {
    if (!(kind in GLYPHS) || kind === 'created') continue
    seen.add(kind)
    story.push({ at, kind, text: '' })
  }
  if (session.state !== 'open' && !seen.has(session.state)) {
    story.push({ at: session.stateAt, kind: session.state, text: session.stateReason ?? '' })
  }
  return story.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}

/** @param {import('./store.js').Session} session @param {any[]} happened events of this upload */
export function timelineCard(session, happened) {
  const story = storyOf(session, happened).slice(0, SHOWN)
  return card(t.detail.timeline, t.detail.newest, h('ol', { class: 'story' }, story.map(({ at, kind, text }) => {
    const [glyph, tone] = GLYPHS[kind] ?? GLYPHS.open
    return h('li', { class: tone }, h('time', { datetime: at, title: format.exactTime(at) }, format.clock(at)), icon(glyph),
      h('div', {}, h('b', {}, t.detail.story[kind] ?? kind), text && h('p', {}, text)))
  })))
}

/** @param {import('./store.js').Session} session */
export function brokenCard(session) {
  const last = session.failures.last ?? []
  if (last.length === 0) return card(t.detail.requestsBroke, '', h('p', { class: 'hint card-body' }, t.detail.noneBroke))
  const column = (word, kind = '') => h('th', { class: kind, scope: 'col' }, word)
  return card(t.detail.requestsBroke, format.number(session.failures.count), h('table', { class: 'broken-table' },
    h('thead', {}, h('tr', {}, column(t.detail.time), column(t.detail.bytesAt), column(t.detail.why, 'wide'),
      column(t.detail.came, 'amount'), column(t.detail.kept, 'amount'), column(t.detail.tookHead, 'amount'))),
    h('tbody', {}, last.map((one) => h('tr', {},
      h('td', { title: format.exactTime(one.at) }, format.clock(one.at)), h('td', {}, h('code', {}, format.bytes(one.offset))),
      h('td', { class: 'wide' }, h('span', { class: 'state warn' }, icon('cut'), t.detail.kinds(one.kind))),
      h('td', { class: 'amount' }, format.bytes(one.bytes)), h('td', { class: 'amount' }, format.bytes(one.kept)),
      h('td', { class: 'amount' }, format.took(one.durationMs)))))))
}
