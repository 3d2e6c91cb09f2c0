// Draws chunks as small squares, in the strip of a row and in the map of chunks.
import { h } from '../dom.js'

/** @typedef {'waiting' | 'soft' | 'way' | 'again' | 'failed' | 'safe'} CellState */

/**
 * Returns the state of each cell. A cell is safe only if all of its bytes are; otherwise it shows the most urgent
 * state.
 * @param {import('../../client/upload.js').Upload} upload
 * @param {number} count
 * @returns {CellState[]}
 */
export function cellsOf(upload, count) {
  /** @type {CellState[]} */
  const cells = []
  const failed = upload.state === 'failed'
  const running = [...upload.running.values()]
  for (let i = 0; i < count; i++) {
    const start = Math.floor(i * upload.size / count)
    const length = Math.max(1, Math.floor((i + 1) * upload.size / count) - start)
    const safe = upload.state === 'done' ? length : upload.safe.within(start, length)
    if (safe >= length) { cells.push('safe'); continue }
    const here = running.filter((chunk) => chunk.offset < start + length && chunk.offset + chunk.length > start)
    const begun = here.filter((chunk) => chunk.offset + chunk.kept + chunk.sent > start)
    if (here.some((chunk) => chunk.tries > 0)) cells.push('again')
    else if (begun.length > 0) cells.push('way')
    else cells.push(safe > 0 ? 'soft' : 'waiting')
  }
  if (failed) cells[cells.findIndex((cell) => cell !== 'safe')] = 'failed'
  return cells
}

/**
 * Returns the cells for several uploads together: safe bytes first, then sent bytes.
 * @param {number} safe @param {number} sent @param {number} all @param {number} count
 * @returns {CellState[]}
 */
export function cellsOfSum(safe, sent, all, count) {
  const full = all === 0 ? 0 : Math.floor(count * safe / all)
  const begun = all === 0 ? 0 : Math.ceil(count * sent / all)
  return Array.from({ length: count }, (_, i) => (i < full ? 'safe' : i < begun ? 'way' : 'waiting'))
}

/** A canvas that is drawn again when the size of its element changes. */
export class Drawing {
  width = 0

  constructor(kind, height, draw) {
    this.draw = draw
    this.element = h('canvas', { class: kind, 'aria-hidden': 'true' })
    this.observer = new ResizeObserver(([entry]) => {
      this.width = Math.floor(entry.contentRect.width)
      this.paint()
    })
    this.observer.observe(this.element)
    this.height = height
  }

  paint() {
    if (this.width === 0) return
    const canvas = this.element
    const scale = devicePixelRatio || 1
    const height = this.height(this.width)
    if (canvas.width !== Math.round(this.width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(this.width * scale)
      canvas.height = Math.round(height * scale)
      canvas.style.height = `${height}px`
    }
    const context = canvas.getContext('2d')
    context.setTransform(scale, 0, 0, scale, 0, 0)
    context.clearRect(0, 0, this.width, height)
    this.draw(context, colours(canvas))
  }
}

/** Creates a row of cells that shows which parts of a file are stored, and not only how much. */
export function strip() {
  /** @type {(count: number) => CellState[]} */
  let cells = () => []
  const drawing = new Drawing('strip', () => 8, (context, colour) => {
    const count = Math.max(1, Math.floor((drawing.width + 1) / 6))
    cells(count).forEach((state, i) => cell(context, colour, state, i * 6, 0, 5, 8))
  })
  return { element: drawing.element, show(source) { cells = source; drawing.paint() }, paint: () => drawing.paint() }
}

export function cell(context, colour, state, x, y, width, height) {
  context.fillStyle = colour.waiting
  if (state === 'failed') {
    context.strokeStyle = colour.failed
    context.lineWidth = 1.5
    context.strokeRect(x + 0.75, y + 0.75, width - 1.5, height - 1.5)
    context.lineWidth = 1
    return
  }
  if (typeof state === 'number') {
    context.fillStyle = colour.soft
    context.fillRect(x, y, width, height)
    context.globalAlpha = state
    context.fillStyle = colour.safe
    context.fillRect(x, y, width, height)
    context.globalAlpha = 1
    return
  }
  if (state === 'safe') context.fillStyle = colour.safe
  if (state === 'soft') context.fillStyle = colour.soft
  if (state === 'way') context.fillStyle = colour.soft
  if (state !== 'again') {
    context.fillRect(x, y, width, height)
    if (state !== 'way') return
    context.fillStyle = colour.safe
    context.fillRect(x, y + height / 2, width, height / 2)
    return
  }
  // The upper right corner of the cell is cut off.
  context.fillStyle = colour.again
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(x + width, y + height * 0.8)
  context.lineTo(x + width, y + height)
  context.lineTo(x, y + height)
  context.fill()
}

function colours(element) {
  const style = getComputedStyle(element)
  const of = (name) => style.getPropertyValue(`--cell-${name}`)
  return { waiting: of('waiting'), safe: of('safe'), soft: of('soft'), again: of('again'), failed: of('failed'),
    ink: style.color }
}
