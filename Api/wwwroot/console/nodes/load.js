// Draws the processor load of a node in the last hour.
import { s } from '../dom.js'

const MINUTES = 60
const WIDTH = 200
const HEIGHT = 28
// The line is drawn within the plot.
const EDGE = 1
const STEP = WIDTH / (MINUTES - 1)

/**
 * Returns the path of the line: the last minute is at the right edge, and the plot is as high as the whole processor.
 * @param {number[]} load the share of each minute, the oldest first
 */
export function lineOf(load) {
  const y = (share) => (HEIGHT - EDGE - Math.max(0, Math.min(1, share)) * (HEIGHT - 2 * EDGE)).toFixed(1)
  // A single minute is as wide as the distance between two minutes.
  const shown = load.length === 1 ? [load[0], load[0]] : load.slice(-MINUTES)
  return shown.map((share, i) =>
    `${i === 0 ? 'M' : 'L'}${(WIDTH - (shown.length - 1 - i) * STEP).toFixed(1)} ${y(share)}`).join('')
}

export class LoadDrawing {
  #area = s('path', { class: 'c-area', d: '' })
  #line = s('path', { class: 'c-line', d: '' })
  element = s('svg', { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
    s('path', { class: 'c-grid', d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }), this.#area, this.#line)

  /** @param {number[]} load @param {string} label */
  show(load, label) {
    this.element.setAttribute('aria-label', label)
    const line = lineOf(load)
    if (this.#line.getAttribute('d') === line) return
    this.#line.setAttribute('d', line)
    const from = line.slice(1).split(' ', 1)[0]
    this.#area.setAttribute('d', line && `${line}V${HEIGHT}H${from}z`)
  }
}
