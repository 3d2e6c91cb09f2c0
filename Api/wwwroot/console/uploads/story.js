// The cards beside the map: network, advice and timeline.
import { h, icon } from '../dom.js'
import * as format from '../format.js'
import { clientOf } from '../parts/client.js'
import { t } from '../texts/uploads.js'

const SHOWN = 30
const GLYPHS = {
  created: ['plus', ''], first: ['up', 'go'], completed: ['check', 'go'], paused: ['pause', ''],
  resumed: ['play', 'go'],
  takeover: ['swap', ''], completing: ['hash', 'go'], failed: ['fail', 'bad'], expired: ['clock', 'bad'],
  cancelled: ['stop', ''],
  deleted: ['trash', ''], checking: ['hash', ''], broke: ['cut', 'warn'], open: ['up', 'go']
}

const card = (name, title, hint, ...content) => h('section', { class: `card ${name}`, 'aria-label': title },
  h('div', { class: 'card-head' }, h('h2', {}, title), hint && h('span', { class: 'hint end' }, hint)), content)

// The limits between the classes of networks, in bits per second and in seconds between two breaks, as on the
// Networks screen.
const [SLOW, FAST] = [1e6, 1e7]
const [UNSTABLE, UNSTEADY] = [30, 300]

/** Returns the class of the network, and whether it is unstable. */
function classOf({ throughputBps, mtbfSeconds }, breaks) {
  const speed = throughputBps < SLOW ? 'slow' : throughputBps < FAST ? 'medium' : 'fast'
  const steady = !breaks || !mtbfSeconds || mtbfSeconds > UNSTEADY
  const word = steady ? 'steady' : mtbfSeconds > UNSTABLE ? 'unsteady' : 'unstable'
  const words = `${t.detail.classes[speed]}, ${t.detail.classes[word]}`
  return h('span', { class: `state end ${steady ? 'calm' : 'tag warn'}` }, icon('net'), words)
}

/** @param {import('./store.js').Session} session */
export function networkCard(session) {
  const why = session.advice?.why
  const fact = (word, value) => value && [h('dt', {}, word), h('dd', {}, value)]
  const measured = why?.throughputBps > 0
  const breaks = session.failures.count
  const lost = measured && why.deadTimeMs !== null && t.detail.lostTime(format.took(why.deadTimeMs))
  return h('section', { class: 'card network', 'aria-label': t.detail.network },
    h('div', { class: 'card-head' }, h('h2', {}, t.detail.network), measured && classOf(why, breaks)),
    h('dl', { class: 'facts card-body' }, [
      fact(t.detail.link, measured ? [t.detail.rate(why.throughputBps), lost].filter(Boolean).join(', ')
        : t.detail.notMeasured),
      fact(t.detail.breaks, why && (why.mtbfSeconds && breaks > 0 ? t.detail.every(why.mtbfSeconds)
        : t.detail.noBreak)),
      fact(t.detail.client, session.userAgent && h('span', { title: session.userAgent },
        clientOf(session.userAgent))),
      fact(t.detail.way, t.uploads.protocol[session.protocol]),
      fact(t.detail.type, session.contentType)
    ].filter(Boolean).flat()))
}

/** @param {import('./store.js').Session} session @param {any[]} steps the changes of the advice, the oldest first */
export function adviceCard(session, steps) {
  const { advice } = session
  const rows = steps.slice(-8).reverse().map((step) => h('li', {},
    h('time', { datetime: step.at, title: format.exactTime(step.at) }, format.moment(step.at)),
    h('b', {}, t.detail.of(step.concurrency, step.chunkSize)),
    h('span', {}, t.detail.limitedBy[step.limitedBy] ?? step.limitedBy)))
  if (rows.length === 0 && advice) {
    rows.push(h('li', {}, h('time'), h('b', {}, t.detail.of(advice.concurrency, advice.chunkSize)),
      h('span', {}, t.detail.limitedBy[advice.why.limitedBy] ?? advice.why.limitedBy)))
  }
  return card('advices', t.detail.advice, advice && t.detail.confidence(advice.confidence),
    rows.length > 0 ? h('ul', { class: 'advised' }, rows)
      : h('p', { class: 'hint card-body' }, session.receivedBytes > 0 ? t.detail.notAdvised : t.detail.noAdvice))
}

/** Returns the timeline of the upload: entries from the service, followed by events since the page was opened. */
export function storyOf(session, happened) {
  const story = [{ at: session.createdAt, kind: 'created',
    text: t.detail.createdWith(session.size, t.uploads.protocol[session.protocol]) }]
  if (session.firstByteAt) story.push({ at: session.firstByteAt, kind: 'first', text: '' })
  for (const { at, kind, bytes, kept } of session.failures.last ?? []) {
    story.push({ at, kind: 'broke', text: `${t.detail.kinds(kind)}, ${t.detail.keptOf(kept, bytes)}` })
  }
  const reason = session.stateReason ?? ''
  const last = happened.findLast(({ kind }) => kind === session.state)
  for (const event of happened) {
    const { at, kind } = event
    if (kind in GLYPHS && kind !== 'created') story.push({ at, kind, text: event === last ? reason : '' })
  }
  if (session.state !== 'open' && !last) story.push({ at: session.stateAt, kind: session.state, text: reason })
  return story.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}

/** @param {import('./store.js').Session} session @param {any[]} happened the events of this upload */
export function timelineCard(session, happened) {
  const story = storyOf(session, happened).slice(0, SHOWN)
  return card('timeline', t.detail.timeline, t.detail.newest,
    h('ol', { class: 'story' }, story.map(({ at, kind, text }) => {
    const [glyph, tone] = GLYPHS[kind] ?? GLYPHS.open
    return h('li', { class: tone }, h('time', { datetime: at, title: format.exactTime(at) }, format.clock(at)),
      icon(glyph),
      h('div', {}, h('b', {}, t.detail.story[kind] ?? kind), text && h('p', {}, text)))
  })))
}
