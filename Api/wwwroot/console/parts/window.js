// A list of any length. Only the visible rows exist, and they are reused while the user scrolls.
import { h } from '../dom.js'

// The number of rows beyond each edge, for fast scrolling and the tab key.
const BEYOND = 6

/**
 * @template T
 * @param {object} options
 * @param {HTMLElement} options.scroller the element that scrolls
 * @param {string} options.label
 * @param {() => number} options.height returns the height of a row in pixels
 * @param {() => {element: HTMLElement, update: () => void,
 *   show: (item: T, index: number, count: number, top: number) => void}} options.make
 */
export function rowsInSight({ scroller, label, height, make }) {
  const element = h('div', { class: 'in-sight', role: 'list', 'aria-label': label })
  /** The rows in the order of the page, so that the tab key follows it. @type {ReturnType<typeof make>[]} */
  let rows = []
  let items = []
  let from = 0
  let waiting = 0

  function draw() {
    waiting = 0
    const pitch = height()
    element.style.height = `${items.length * pitch}px`
    const above = scroller.scrollTop - element.offsetTop
    const wanted = Math.min(items.length, Math.ceil(scroller.clientHeight / pitch) + 2 * BEYOND)
    const first = Math.max(0, Math.min(items.length - wanted, Math.floor(above / pitch) - BEYOND))
    while (rows.length < wanted) { const row = make(); rows.push(row); element.append(row.element) }
    for (const row of rows.splice(wanted)) row.element.remove()
    turn(first - from)
    from = first
    rows.forEach((row, i) => row.show(items[first + i], first + i, items.length, (first + i) * pitch))
  }

  /** Moves the rows that left at one edge to the other. */
  function turn(by) {
    if (by === 0 || Math.abs(by) >= rows.length) return
    if (by > 0) {
      const left = rows.splice(0, by)
      rows.push(...left)
      element.append(...left.map((row) => row.element))
    } else {
      const left = rows.splice(rows.length + by)
      rows.unshift(...left)
      element.prepend(...left.map((row) => row.element))
    }
  }

  const soon = () => { waiting ||= requestAnimationFrame(draw) }
  const size = new ResizeObserver(soon)
  size.observe(scroller)
  scroller.addEventListener('scroll', soon, { passive: true })
  return {
    element,
    /** @param {T[]} now */
    show(now) { items = now; soon() },
    update() { if (!waiting) for (const row of rows) row.update() },
    close() { size.disconnect(); cancelAnimationFrame(waiting); scroller.removeEventListener('scroll', soon) }
  }
}
