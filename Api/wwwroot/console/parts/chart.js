// Charts over time: a stretched SVG, labels in HTML beside it, and a table with the same figures.
import { h, s } from '../dom.js'
import * as format from '../format.js'

const WIDTH = 1000
const LINES = 3
// The highest value stays below the upper edge by this factor.
const HEADROOM = 1.06
// The width of a date, as a fraction of the narrowest plot.
const DATE_WIDTH = 0.12
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/**
 * @typedef {{unit: string, of: number, word: (value: number) => string}} Scale the axis counts in `of`; `word` tells
 *   one value exactly
 * @typedef {{word: string, kind: 'area' | 'line' | 'bars', values: (number | null)[]}} Series null: nothing is known
 *   of that step
 */

/**
 * Creates a scale in bytes, with the unit that fits the largest value.
 * @param {number} most
 * @param {boolean} [perSecond]
 * @returns {Scale}
 */
export function byteScale(most, perSecond = false) {
  const power = Math.max(0, Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, most)) / 10)))
  return { unit: UNITS[power] + (perSecond ? '/s' : ''), of: 1024 ** power,
    word: perSecond ? format.speed : format.bytes }
}

/** Creates a scale of durations in milliseconds. @param {number} most @returns {Scale} */
export function timeScale(most) {
  const [unit, of] = most < 1_000 ? ['ms', 1] : most < 180_000 ? ['s', 1_000]
    : most < 10_800_000 ? ['min', 60_000] : ['h', 3_600_000]
  return { unit, of, word: format.took }
}

/** @returns {Scale} */
export const countScale = () => ({ unit: '', of: 1, word: format.number })

/** Returns the smallest round step for which three steps reach the value. */
function roundStep(most) {
  const rough = Math.max(most, 1e-9) / LINES
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((round) => round * power >= rough * 0.999) * power
}

const tidy = (value) => format.number(Number(value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0)))

/**
 * @param {{label: string, starts: number[], step: number, series: Series[], scale: Scale, tall?: boolean,
 *   whole?: boolean, table: {show: string, time: string}}} chart `starts` are the start times of the steps; `whole`
 *   indicates that all values are integers
 */
export function timeChart({ label, starts, step, series, scale, tall = true, whole = false, table }) {
  const most = Math.max(0, ...series.flatMap(({ values }) => values).filter((value) => value !== null)) / scale.of
  const line = Math.max(roundStep(most * HEADROOM), whole ? 1 : 0)
  const top = line * LINES
  const height = tall ? 160 : 28
  const x = (i) => (starts.length < 2 ? 0 : i * WIDTH / (starts.length - 1))
  const y = (value) => height * (1 - value / scale.of / (tall ? top : Math.max(most, 1e-9)))
  const drawing = s('svg', { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', role: 'img',
    'aria-label': label })
  if (tall) {
    drawing.append(s('path', {
      class: 'c-grid', d: Array.from({ length: LINES + 1 }, (_, i) => `M0 ${0.5 + i * (height - 1) / LINES}H${WIDTH}`)
        .join('')
    }))
  }
  for (const { kind, values } of series) drawing.append(...shapesOf(kind, values, x, y, height, starts.length))
  const pointer = s('path', { class: 'c-point', d: '' })
  drawing.append(pointer)
  const told = h('p', { class: 'chart-told', 'aria-hidden': 'true' })
  const plot = h('div', { class: tall ? 'plot tall' : 'plot' }, drawing, told)
  const point = (event) => {
    const box = plot.getBoundingClientRect()
    const i = Math.max(0, Math.min(starts.length - 1,
      Math.round((event.clientX - box.left) / box.width * (starts.length - 1))))
    pointer.setAttribute('d', `M${x(i)} 0V${height}`)
    told.classList.toggle('left', i > starts.length / 2)
    told.style.setProperty('inset-inline', i > starts.length / 2
      ? `auto ${100 - x(i) / WIDTH * 100}%` : `${x(i) / WIDTH * 100}% auto`)
    told.textContent = [format.moment(starts[i]), ...series.map(({ word, values }) =>
      `${values[i] === null ? '–' : scale.word(values[i])}${series.length > 1 ? ` ${word}` : ''}`)].join(' · ')
  }
  plot.addEventListener('pointermove', point)
  plot.addEventListener('pointerleave', () => { pointer.setAttribute('d', ''); told.textContent = '' })
  const labels = tall ? Array.from({ length: LINES + 1 }, (_, i) => tidy(top - i * line)) : [tidy(most)]
  return h('div', { class: 'charted' },
    h('div', { class: 'chart' }, plot,
      h('div', { class: tall ? 'axis-y' : 'axis-y one', 'aria-hidden': 'true' },
        labels.map((text) => h('span', {}, text)))),
    tall && tableOf({ starts, series, scale, table, label }))
}

const fullHour = (at) => new Date(at + 1_800_000).setMinutes(0, 0, 0)

/** Returns midnights within a range, at equal distances and at most `most`. @param {number} from @param {number} end
 * @param {number} most */
export function midnights(from, end, most) {
  const days = Math.max(1, Math.ceil((end - from) / 864e5 / most))
  const at = new Date(from)
  at.setHours(0, 0, 0, 0)
  if (at.getTime() < from) at.setDate(at.getDate() + 1)
  const found = []
  for (; at.getTime() <= end; at.setDate(at.getDate() + days)) found.push(at.getTime())
  return found
}

/**
 * Returns the midnights whose labels end within the plot.
 * @param {number} from
 * @param {number} end
 * @param {number} most
 */
export const datesOf = (from, end, most) => midnights(from, end, most).filter((at) =>
  at <= end - (end - from) * DATE_WIDTH)

/**
 * Creates the labels below a chart: dates at midnights, or times if the range is shorter than a day and a half. The
 * first and the last time are at the edges.
 * @param {number[]} starts
 * @param {number} end
 * @param {number} [count]
 */
export function timeAxis(starts, end, count = 7) {
  const from = starts[0]
  const far = end - from > 36 * 3_600_000
  const hours = () => Array.from({ length: count }, (_, i) => {
    const even = from + i * (end - from) / (count - 1)
    return i === 0 || i === count - 1 ? even : fullHour(even)
  })
  // The line ends at the start of the last step.
  const last = far ? starts.at(-1) : end
  const ticks = (far ? datesOf(from, last, count + 2) : hours()).map((at) => {
    const tick = h('span', {}, far ? format.date(at) : format.moment(at).slice(-5))
    tick.style.left = `${(at - from) * 100 / (last - from)}%`
    return tick
  })
  return h('div', { class: far ? 'axis-x days' : 'axis-x', 'aria-hidden': 'true' }, ticks)
}

function shapesOf(kind, values, x, y, height, count) {
  if (kind === 'bars') {
    const width = WIDTH / Math.max(1, count) * 0.64
    return [s('path', { class: 'c-warn', d: values.map((value, i) =>
      (value ? `M${x(i) - width / 2} ${height}h${width}V${y(value)}h${-width}z` : '')).join('') })]
  }
  // A step without a value interrupts the line.
  const runs = []
  let run = []
  values.forEach((value, i) => {
    if (value === null) { if (run.length) runs.push(run); run = [] } else run.push([x(i), y(value)])
  })
  if (run.length) runs.push(run)
  // A single step is drawn half as wide as the distance between two steps.
  const wide = count > 1 ? WIDTH / (count - 1) / 2 : WIDTH
  const way = (points) => (points.length === 1
    ? `M${points[0][0] - wide / 2} ${points[0][1].toFixed(1)}h${wide}`
    : `M${points.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join('L')}`)
  const line = s('path', { class: kind === 'area' ? 'c-line' : 'c-step', d: runs.map(way).join('') })
  if (kind !== 'area') return [line]
  const aside = (points) => (points.length === 1 ? wide / 2 : 0)
  return [s('path', { class: 'c-area', d: runs.map((points) =>
    `${way(points)}L${points.at(-1)[0] + aside(points)} ${height}L${points[0][0] - aside(points)} ${height}z`)
      .join('') }), line]
}

/** Creates the table of the figures, which is filled when the user opens it. */
function tableOf({ starts, series, scale, table, label }) {
  const place = h('div', { class: 'figures-table', role: 'region', 'aria-label': label, tabindex: '0' })
  const fold = h('details', { class: 'as-table' }, h('summary', {}, table.show), place)
  fold.addEventListener('toggle', () => {
    if (!fold.open || place.firstChild) return
    place.append(h('table', { 'aria-label': label },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, table.time),
        series.map(({ word }) => h('th', { scope: 'col', class: 'amount' }, word)))),
      h('tbody', {}, starts.map((start, i) => (series.some(({ values }) => values[i])
        ? h('tr', {}, h('th', { scope: 'row' }, format.moment(start)),
          series.map(({ values }) => h('td', { class: 'amount' }, values[i] === null ? '–' : scale.word(values[i]))))
        : null)).reverse())))
  })
  return fold
}

/**
 * Returns a function that opens, scrolls and focuses the table of a redrawn chart as its previous table was. Call
 * this function before the chart is drawn again.
 * @param {HTMLElement} place
 */
export function keepFold(place) {
  /** @type {HTMLDetailsElement | null} */
  const before = place.querySelector('.as-table')
  const focused = ['.figures-table', 'summary'].find((what) => before?.querySelector(what) === document.activeElement)
  const top = before?.querySelector('.figures-table').scrollTop
  return (now) => {
    if (before?.open) {
      now.addEventListener('toggle', () => { now.querySelector('.figures-table').scrollTop = top }, { once: true })
      now.open = true
    }
    if (focused) now.querySelector(focused).focus()
  }
}

/** Creates the legend of a chart. @param {{word: string, kind: string}[]} series */
export const chartKey = (series) => h('span', { class: 'chart-key' }, series.map(({ word, kind }) => h('span', {},
  s('svg', { viewBox: '0 0 12 12', 'aria-hidden': 'true' }, kind === 'bars'
    ? s('path', { class: 'c-warn', d: 'M1 12V6h3v6zM5 12V2h3v10zM9 12V8h3v4z' })
    : kind === 'mark' ? s('path', { class: 'c-mark', d: 'M6 0v12' })
      : s('path', { class: kind === 'area' ? 'c-line' : 'c-step', d: 'M0 6h12' })), word)))

/** Returns the start times of all steps of a range. @param {number} from @param {number} to @param {number} step */
export const stepsOf = (from, to, step) => Array.from({ length: Math.max(1, Math.ceil((to - from) / step)) },
  (_, i) => from + i * step)

/**
 * Returns the points of an answer by the start times of their steps.
 * @param {{start: string, figures: any}[]} points
 */
export const byStart = (points) => new Map(points.map(({ start, figures }) => [new Date(start).getTime(), figures]))
