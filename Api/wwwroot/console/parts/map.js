// Draws the map of a file's chunks and its legend.
import { s } from '../dom.js'
import { Drawing, cell } from './cells.js'

/** @typedef {import('./cells.js').CellState} CellState */

const SIDE = 7
const PITCH = 8

/**
 * Creates the map of all chunks of a file. A number as the state of a cell is a step between partly safe (0) and safe
 * (1).
 * @param {() => (CellState | number)[]} cells @param {(index: number) => void} onPoint
 */
export function map(cells, onPoint) {
  const columns = () => Math.max(1, Math.floor((drawing.width + 1) / PITCH))
  let shown = []
  const drawing = new Drawing('map', () => Math.ceil((shown = cells()).length / columns()) * PITCH,
    (context, colour) => {
    shown.forEach((state, i) => cell(context, colour, state, i % columns() * PITCH, Math.floor(i / columns()) * PITCH,
      SIDE, SIDE))
    if (at >= 0) {
      context.strokeStyle = colour.ink
      context.strokeRect(at % columns() * PITCH - 0.5, Math.floor(at / columns()) * PITCH - 0.5, SIDE + 1, SIDE + 1)
    }
  })
  let at = -1
  const point = (index) => {
    if (index < 0 || index >= shown.length) return
    at = index
    drawing.paint()
    onPoint(index)
  }
  const { element } = drawing
  element.removeAttribute('aria-hidden')
  element.setAttribute('role', 'img')
  element.tabIndex = 0
  element.addEventListener('pointermove', ({ offsetX, offsetY }) =>
    point(Math.floor(offsetY / PITCH) * columns() + Math.min(columns() - 1, Math.floor(offsetX / PITCH))))
  element.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() }[event.key]
    if (!step) return
    event.preventDefault()
    point(at < 0 ? 0 : at + step)
  })
  return { element, paint: () => drawing.paint(), get cells() { return shown }, get at() { return at } }
}

/** Creates a cell for a legend. @param {CellState} state */
export function legendCell(state) {
  const whole = (kind) => s('path', { class: `cell-${kind}`, d: 'M0 0h10v10H0z' })
  const parts = {
    safe: [whole('safe')], waiting: [whole('waiting')], soft: [whole('soft')],
    way: [whole('soft'), s('path', { class: 'cell-safe', d: 'M0 5h10v5H0z' })],
    again: [s('path', { class: 'cell-again', d: 'M0 0 10 8v2H0z' })],
    failed: [s('path', { class: 'cell-failed', d: 'M1 1h8v8H1z' })]
  }
  return s('svg', { viewBox: '0 0 10 10', 'aria-hidden': 'true' }, ...parts[state])
}
