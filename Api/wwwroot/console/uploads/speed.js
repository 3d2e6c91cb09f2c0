// A chart of the speed at which an upload's bytes were stored, the size of its chunks, and its interrupted requests.
import { h, s } from '../dom.js'
import * as format from '../format.js'
import { byteScale, chartKey, keepFold, timeChart } from '../parts/chart.js'
import { t } from '../texts/uploads.js'

const MOST_STEPS = 90
const LEAST_STEP = 1_000
const MOST_CUTS = 40
const MOST_SIZES = 4
// The smallest distance between two labels of sizes, as a fraction of the width.
const APART = 0.16
const TICKS = 5
// In shorter ranges, the labels need seconds.
const BRIEF = 20 * 60_000
const [WIDTH, HEIGHT] = [1000, 160]

export class SpeedCard {
  #key = h('span', { class: 'chart-key' })
  #place = h('div', { class: 'card-body' })
  element = h('section', { class: 'card speeds', 'aria-label': t.detail.speedChart, hidden: true },
    h('div', { class: 'card-head bare' }, h('h2', {}, t.detail.speedChart), this.#key), this.#place)

  /** @param {import('./store.js').Session} session @param {any[]} chunks */
  show(session, chunks) {
    const taken = chunks.map(({ offset, length, startedAt, receivedAt }) =>
      ({ offset, length, from: Date.parse(startedAt), to: Date.parse(receivedAt) })).sort((a, b) => a.to - b.to)
    const cuts = (session.failures.last ?? []).slice(0, MOST_CUTS).map(({ at }) => Date.parse(at))
    const [begin, end] = spanOf(session, taken, cuts)
    this.element.hidden = taken.length < 2 || end - begin < 2 * LEAST_STEP
    // The chart is not redrawn while the user points at it.
    if (this.element.hidden || this.#place.querySelector('.chart-told:not(:empty)')) return
    const count = Math.min(MOST_STEPS, Math.ceil((end - begin) / LEAST_STEP))
    const step = (end - begin) / count
    const starts = Array.from({ length: count }, (_, i) => begin + i * step)
    const values = speedsOf(taken, starts, step)
    const scale = byteScale(Math.max(...values), true)
    const keep = keepFold(this.#place)
    const chart = timeChart({ label: t.detail.speedLabel, starts, step, scale,
      series: [{ word: t.detail.speed, kind: 'area', values }],
      table: { show: t.detail.asTable, time: t.detail.time } })
    this.#addSizes(chart.querySelector('.plot'), taken, session.size, (at) => (at - begin) / (end - begin))
    this.#addCuts(chart.querySelector('.plot svg'), cuts, (at) => (at - begin) / (end - begin))
    chart.querySelector('.chart').after(axis(begin, end))
    this.#key.replaceChildren(...chartKey([{ word: scale.unit, kind: 'area' },
      { word: t.detail.chunkSize, kind: 'line' },
      { word: t.detail.broke, kind: 'mark' }]).children)
    this.#place.replaceChildren(chart)
    keep(this.#place.querySelector('.as-table'))
  }

  /** Adds a line of the sizes, with a scale of its own and a label at each change. */
  #addSizes(plot, taken, size, x) {
    // The last chunk has the size of the remaining bytes, which says nothing.
    const sizes = taken.filter(({ offset, length }) => offset + length !== size)
    const steps = sizes.filter(({ length }, i) => i === 0 || length !== sizes[i - 1].length)
    if (steps.length === 0) return
    const most = Math.max(...steps.map(({ length }) => length)) * 1.2
    const y = (length) => HEIGHT * (1 - length / most)
    const line = steps.map(({ to, length }, i) =>
      `${i === 0 ? 'M0 ' : `H${(x(to) * WIDTH).toFixed(1)}V`}${y(length).toFixed(1)}`)
    plot.querySelector('svg').append(s('path', { class: 'c-step', d: `${line.join('')}H${WIDTH}` }))
    const told = []
    for (const { to, length } of [steps.at(-1), ...steps.slice(0, -1)]) {
      const at = length === steps[0].length && told.length > 0 ? 0 : x(to)
      if (told.length >= MOST_SIZES || told.some((one) => Math.abs(one - at) < APART)) continue
      told.push(at)
      const label = h('span', { class: 'size-mark', 'aria-hidden': 'true' }, format.bytes(length))
      label.style.setProperty('inset-inline', at > 0.8 ? 'auto 0' : `${at * 100}% auto`)
      label.style.top = `${y(length) / HEIGHT * 100}%`
      plot.append(label)
    }
  }

  #addCuts(drawing, cuts, x) {
    drawing.append(s('path', { class: 'c-mark',
      d: cuts.map((at) => `M${(x(at) * WIDTH).toFixed(1)} 0V${HEIGHT}`).join('') }))
  }
}

/**
 * Returns the range of time that the chart shows. Requests may be interrupted before the first chunk is accepted, and
 * after the last.
 * @param {{firstByteAt: string | null}} session
 * @param {{from: number, to: number}[]} taken
 * @param {number[]} cuts
 */
export function spanOf({ firstByteAt }, taken, cuts) {
  const first = firstByteAt ? [Date.parse(firstByteAt)] : []
  return [Math.min(...first, ...cuts, ...taken.map(({ from }) => from)),
    Math.max(...cuts, ...taken.map(({ to }) => to))]
}

/** Returns the bytes per second of each step. The bytes of a chunk are spread over the time that the chunk took. */
function speedsOf(taken, starts, step) {
  const sums = starts.map(() => 0)
  for (const { length, from, to } of taken) {
    const first = Math.max(0, Math.floor((from - starts[0]) / step))
    const last = Math.min(starts.length - 1, Math.floor((to - starts[0]) / step))
    for (let i = first; i <= last; i++) {
      const share = to > from ? (Math.min(to, starts[i] + step) - Math.max(from, starts[i])) / (to - from)
        : 1 / (last - first + 1)
      sums[i] += length * Math.max(0, share)
    }
  }
  return sums.map((sum) => sum * 1000 / step)
}

function axis(begin, end) {
  const word = (at) => (end - begin < BRIEF ? format.clock(at) : format.moment(at).slice(-5))
  return h('div', { class: 'axis-x', 'aria-hidden': 'true' }, Array.from({ length: TICKS }, (_, i) => {
    const tick = h('span', {}, word(begin + i * (end - begin) / (TICKS - 1)))
    tick.style.left = `${i * 100 / (TICKS - 1)}%`
    return tick
  }))
}
