// Creates the visible rows of a long table, some rows beyond each edge, and rows that must stay, such as the focused
// one. Empty rows take the place of the others, so that the scroll bar is right. If rows are tiles, whole lines are
// created.
import { h } from '../dom.js'

// The number of rows beyond each edge, for fast scrolling.
const BEYOND = 12
// The height of a row before the first one was measured.
const PITCH = 41
const AT_FIRST = 60

export class Window {
  #scroller = null
  #table
  #body
  #count = 0
  #row
  #stays
  #pitch = PITCH
  #waiting = 0
  #off = []

  /**
   * @param {HTMLElement} table @param {HTMLElement} body
   * @param {(index: number) => HTMLElement} row
   * @param {() => number[]} stays returns the indexes of rows that must exist
   */
  constructor(table, body, row, stays) {
    this.#table = table
    this.#body = body
    this.#row = row
    this.#stays = stays
  }

  /** @param {HTMLElement} scroller the element that scrolls */
  follow(scroller) {
    this.#scroller = scroller
    const soon = () => this.soon()
    const size = new ResizeObserver(soon)
    size.observe(scroller)
    scroller.addEventListener('scroll', soon, { passive: true })
    this.#off.push(() => size.disconnect(), () => scroller.removeEventListener('scroll', soon),
      () => cancelAnimationFrame(this.#waiting))
  }

  close() { for (const off of this.#off) off() }

  soon() { this.#waiting ||= requestAnimationFrame(() => { this.#waiting = 0; this.draw() }) }

  /** @param {number} count the number of all rows */
  show(count) {
    this.#count = count
    this.draw()
    // The position of the table is known once it is in the page.
    this.soon()
  }

  draw() {
    const [from, to] = this.#sight()
    const { columns } = this
    const lineOf = (index) => Array.from({ length: columns }, (_, i) => index - index % columns + i)
    const wanted = [...new Set([...Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i),
      ...this.#stays().flatMap(lineOf)])]
      .filter((index) => index < this.#count).sort((a, b) => a - b)
    const rows = []
    let next = 0
    for (const index of wanted) {
      if (index > next) rows.push(this.#gap(index - next))
      const row = this.#row(index)
      // Row 1 is the head of the table.
      row.ariaRowIndex = String(index + 2)
      rows.push(row)
      next = index + 1
    }
    if (next < this.#count) rows.push(this.#gap(this.#count - next))
    this.#place(rows)
    this.#measure()
  }

  /** Scrolls to a row and creates the rows around it. @param {number} index @returns {HTMLElement} */
  reveal(index) {
    const { top, bottom } = this.#scroller.getBoundingClientRect()
    const at = this.#body.getBoundingClientRect().top + Math.floor(index / this.columns) * this.#pitch
    // With the first row, the content above the table stays visible.
    if (at < top + 2 * this.#pitch) this.#scroller.scrollTop += at - top - 2 * this.#pitch
    else if (at + 2 * this.#pitch > bottom) this.#scroller.scrollTop += at + 2 * this.#pitch - bottom
    this.draw()
    return this.#row(index)
  }

  /** The number of visible rows. */
  get page() { return Math.max(1, Math.floor((this.#scroller?.clientHeight ?? 0) / this.#pitch) - 2) * this.columns }

  /** The number of rows in a line. */
  get columns() {
    if (!this.#body.isConnected) return 1
    const { display, gridTemplateColumns } = getComputedStyle(this.#body)
    return display === 'grid' ? gridTemplateColumns.split(' ').length : 1
  }

  #sight() {
    if (!this.#scroller || !this.#table.isConnected) return [0, Math.min(this.#count, AT_FIRST)]
    const { top, height } = this.#scroller.getBoundingClientRect()
    const above = top - this.#body.getBoundingClientRect().top
    const { columns } = this
    const beyond = Math.ceil(BEYOND / columns)
    const from = Math.max(0, Math.floor(above / this.#pitch) - beyond)
    return [from * columns, Math.min(this.#count, (Math.ceil((above + height) / this.#pitch) + beyond) * columns)]
  }

  #gap(rows) {
    const gap = h('tr', { class: 'gap', 'aria-hidden': 'true' }, h('td', { colspan: '5' }))
    gap.style.height = /** @type {HTMLElement} */ (gap.firstChild).style.height =
      `${Math.ceil(rows / this.columns) * this.#pitch}px`
    return gap
  }

  /** Puts the rows in this order without moving those that are already in place. @param {HTMLElement[]} rows */
  #place(rows) {
    const wanted = new Set(rows)
    for (const row of [...this.#body.children]) if (!wanted.has(row)) row.remove()
    let at = this.#body.firstElementChild
    for (const row of rows) {
      if (row === at) at = at.nextElementSibling
      else this.#body.insertBefore(row, at)
    }
  }

  /**
   * Measures the height of a row. All rows have the same height, which depends on the width of the screen. The first
   * and the last row may have other borders.
   */
  #measure() {
    const { columns } = this
    const rows = [...this.#body.children].filter((row) => !row.classList.contains('gap'))
    if (!this.#table.isConnected || rows.length < 4 * columns) return
    const line = (row) => Math.floor((Number(row.ariaRowIndex) - 2) / columns)
    const [first, last] = [rows[columns], rows.at(-1 - columns)]
    const lines = line(last) - line(first)
    const whole = Number(last.ariaRowIndex) - Number(first.ariaRowIndex) === rows.indexOf(last) - columns
    const pitch = lines > 0 && whole ? (last.getBoundingClientRect().top - first.getBoundingClientRect().top) / lines
      : this.#pitch
    if (pitch > 0 && Math.abs(pitch - this.#pitch) > 0.01) {
      this.#pitch = pitch
      this.soon()
    }
  }
}
