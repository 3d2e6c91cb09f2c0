// Draws how full a storage is. Used bytes are grey, and the bytes of a transfer have the accent colour.
import { Drawing } from './cells.js'

/**
 * Returns the states of the cells of a storage.
 * @param {number} used
 * @param {number} comes
 * @param {number} total
 * @param {number} count
 * @returns {('used' | 'way' | 'waiting')[]}
 */
export function quotaCells(used, comes, total, count) {
  if (total <= 0) return Array.from({ length: count }, () => 'used')
  const full = Math.min(count, Math.ceil(count * used / total))
  if (comes <= 0) return Array.from({ length: count }, (_, i) => (i < full ? 'used' : 'waiting'))
  // The bytes of the transfer have at least one cell, even if the storage is full.
  const end = Math.min(count, Math.max(full + 1, Math.ceil(count * (used + comes) / total)))
  return Array.from({ length: count }, (_, i) => (i < Math.min(full, end - 1) ? 'used' : i < end ? 'way' : 'waiting'))
}

/** @param {string} label */
export function quotaBar(label = '') {
  /** @type {[used: number, comes: number, total: number]} */
  let now = [0, 0, 0]
  const drawing = new Drawing('strip', () => 8, (context) => {
    const style = getComputedStyle(drawing.element)
    const count = Math.max(1, Math.floor((drawing.width + 1) / 6))
    quotaCells(...now, count).forEach((state, i) => {
      context.fillStyle = style.getPropertyValue(state === 'used' ? '--cell-used'
        : state === 'way' ? '--cell-soft' : '--cell-waiting')
      context.fillRect(i * 6, 0, 5, 8)
      if (state !== 'way') return
      context.fillStyle = style.getPropertyValue('--cell-safe')
      context.fillRect(i * 6, 4, 5, 4)
    })
  })
  const { element } = drawing
  element.removeAttribute('aria-hidden')
  element.setAttribute('role', 'img')
  element.setAttribute('aria-label', label)
  return {
    element,
    /** @param {number} used @param {number} comes @param {number} total @param {string} [word] */
    show(used, comes, total, word = label) {
      now = [used, comes, total]
      element.setAttribute('aria-label', word)
      drawing.paint()
    }
  }
}
