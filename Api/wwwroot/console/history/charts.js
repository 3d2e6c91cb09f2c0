// The statistics of a range: facts, charts, and causes by frequency.
import { h, s, say } from '../dom.js'
import * as format from '../format.js'
import { byStart, byteScale, chartKey, stepsOf, timeAxis, timeChart, timeScale } from '../parts/chart.js'
import { t } from '../texts/history.js'

const STEPS = { minute: 60_000, '10minutes': 600_000, hour: 3_600_000, day: 86_400_000 }

export class Figures {
  #facts = new Map()
  #charts = h('div', { class: 'charts' })
  #causes = h('div', { class: 'charts three' })

  constructor() {
    const ids = ['ended', 'success', 'bytes', 'speed', 'took', 'saved']
    const facts = ids.map((id) => {
      const value = h('span', {}, '–')
      const hint = h('small')
      this.#facts.set(id, (text, more) => { say(value, text); say(hint, more); hint.title = more })
      return h('div', {}, h('dt', {}, t.history[id]), h('dd', {}, value, hint))
    })
    this.element = h('div', { class: 'stack' },
      h('dl', { class: 'figures', 'aria-label': t.history.total }, facts), this.#charts, this.#causes)
  }

  /** @param {any} stats the answer of the service */
  show(stats) {
    const { total } = stats
    const fact = (id, value, hint) => this.#facts.get(id)(value, hint)
    const others = total.failed + total.expired
    fact('ended', format.number(total.completed), t.history.endedOf(others))
    fact('success', total.successRate === null ? '–' : `${(Math.floor(total.successRate * 1000) / 10)}\u00a0%`,
      t.history.cancelled(total.cancelled))
    fact('bytes', format.bytes(total.bytes), t.history.begun(total.begun))
    const { speed, durationMs } = total
    fact('speed', speed.p50 === null ? '–' : format.speed(speed.p50),
      speed.p95 === null ? '' : t.history.upTo(format.speed(speed.p95)))
    fact('took', durationMs.p50 === null ? '–' : format.took(durationMs.p50),
      durationMs.p95 === null ? '' : t.history.slow(format.took(durationMs.p95)))
    fact('saved', format.bytes(total.savedBytes), t.history.perGiB(total.retries, total.retriesPerGiB))
    this.#showCharts(stats)
    this.#causes.replaceChildren(
      causes(t.history.cuts, stats.cuts.map(({ name, value }) => ({ name: t.history.causes[name] ?? name, value })),
        t.history.noCuts),
      causes(t.history.failures, stats.failures, t.history.noFailures),
      causes(t.history.networks, stats.networks, t.history.noNetworks, 'calm'))
  }

  #showCharts({ from, to, step, points }) {
    const length = STEPS[step]
    const [begin, end] = [new Date(from).getTime(), new Date(to).getTime()]
    const starts = stepsOf(begin, end, length)
    const found = byStart(points)
    const of = (read) => starts.map((start) => (found.has(start) ? read(found.get(start)) : null))
    // The last step is incomplete, but its values are shown, because the totals above include them.
    const zero = (read) => of(read).map((value) => value ?? 0)
    const most = (...series) => Math.max(0, ...series.flat().filter((value) => value !== null))
    const speeds = [of(({ speed }) => speed.p50), of(({ speed }) => speed.p95)]
    const times = [of(({ durationMs }) => durationMs.p50), of(({ durationMs }) => durationMs.p95)]
    const volume = zero(({ bytes }) => bytes)
    const saved = zero(({ savedBytes }) => savedBytes)
    /** @returns {import('../parts/chart.js').Series[]} */
    const percentiles = (/** @type {(number | null)[][]} */ [p50, p95]) => [
      { word: t.history.median, kind: 'area', values: p50 }, { word: t.history.ninety, kind: 'line', values: p95 }]
    const one = (title, label, scale, series) => h('section', { class: 'card' },
      h('div', { class: 'card-head bare' }, h('h2', {}, title), h('span', { class: 'hint' }, scale.unit),
        series.length > 1 && chartKey(series)),
      h('div', { class: 'card-body' },
        timeChart({ label, starts, step: length, scale, series,
          table: { show: t.history.asTable, time: t.history.time } })))
    const cards = [
      one(t.history.throughput, t.history.throughputLabel, byteScale(most(...speeds), true), percentiles(speeds)),
      one(t.history.duration, t.history.durationLabel, timeScale(most(...times)), percentiles(times)),
      one(t.history.volume, t.history.volumeLabel, byteScale(most(volume)),
        [{ word: t.history.accepted, kind: 'area', values: volume }]),
      one(t.history.savedChart, t.history.savedLabel, byteScale(most(saved)),
        [{ word: t.history.kept, kind: 'area', values: saved }])
    ]
    for (const card of cards) card.querySelector('.chart').after(timeAxis(starts, end, 5))
    this.#charts.replaceChildren(...cards)
  }
}

/** Creates a Pareto chart: each cause with its count and its share. */
function causes(title, counts, nothing, kind = '') {
  const all = counts.reduce((sum, { value }) => sum + value, 0)
  return h('section', { class: 'card' }, h('div', { class: 'card-head bare' }, h('h2', {}, title)),
    counts.length === 0 ? h('p', { class: 'calm-line' }, nothing)
      : h('ol', { class: 'causes' }, counts.slice(0, 6).map(({ name, value }) => h('li', {},
        h('div', { class: 'line' }, h('span', {}, name), h('span', {}, format.number(value)),
          h('span', { class: 'share' }, format.percent(value, all))),
        s('svg', { viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
          s('path', { class: 'track', d: 'M0 0h100v6H0z' }),
          s('path', { class: `bar ${kind}`.trim(),
            d: `M0 0h${Math.max(1, value / counts[0].value * 100)}v6H0z` }))))))
}
