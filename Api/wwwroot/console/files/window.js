// Which rows of a long table exist: those in sight, some beyond each edge, and those that must stay, such as the one with the focus. Rows
// without content stand for the others, so that the scroll bar is right. As tiles, several stand in a line.
import { h } from '../dom.js'

// So that a fast scroll finds something.
const BEYOND = 12
// Before the first row has been measured.
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
  #columns = 1
  /** Pixels between two lines. */
  #between = 0
  #waiting = 0
  #off = []

  /**
   * @param {HTMLElement} table @param {HTMLElement} body
   * @param {(index: number) => HTMLElement} row @param {() => number[]} stays indexes of rows that must exist
   */
  constructor(table, body, row, stays) {
    this.#table = table
    this.#body = body
    this.#row = row
    this.#stays = stays
  }

  /** @param {HTMLElement} scroller what scrolls */
  follow(scroller) {
    this.#scroller = scroller
    const soon = () => this.soon()
    const size = new ResizeObserver(soon)
    size.observe(scroller)
    scroller.addEventListener('scroll', soon, { passive: true })
    this.#off.push(() => size.disconnect(), () => scroller.removeEventListener('scroll', soon), () => cancelAnimationFrame(this.#waiting))
  }

  close() { for (const off of this.#off) off() }

  soon() { this.#waiting ||= requestAnimationFrame(() => { this.#waiting = 0; this.draw() }) }

  /** @param {number} count of all rows */
  show(count) {
    this.#count = count
    this.draw()
    // Where it stands is known when it is in the page.
    this.soon()
  }

  draw() {
    this.#columns = this.#columnsNow()
    const lines = Math.ceil(this.#count / this.#columns)
    const [from, to] = this.#sight(lines)
    const stay = this.#stays().map((index) => Math.floor(index / this.#columns)).filter((line) => line < from || line >= to)
    const wanted = [...new Set([...Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i), ...stay])].sort((a, b) => a - b)
    const rows = []
    let next = 0
    for (const line of wanted) {
      if (line > next) rows.push(this.#gap(line - next))
      for (let at = line * this.#columns; at < Math.min(this.#count, (line + 1) * this.#columns); at++) {
        const row = this.#row(at)
        // The first row is the head.
        row.ariaRowIndex = String(at + 2)
        rows.push(row)
      }
      next = line + 1
    }
    if (next < lines) rows.push(this.#gap(lines - next))
    this.#place(rows)
    this.#measure()
  }

  /** Brings a row into sight, with those around it. @param {number} index @returns {HTMLElement} */
  reveal(index) {
    const { top, bottom } = this.#scroller.getBoundingClientRect()
    const at = this.#body.getBoundingClientRect().top + Math.floor(index / this.#columns) * this.#pitch
    // What stands above the rows stays in sight with the first one.
    if (at < top + 2 * this.#pitch) this.#scroller.scrollTop += at - top - 2 * this.#pitch
    else if (at + 2 * this.#pitch > bottom) this.#scroller.scrollTop += at + 2 * this.#pitch - bottom
    this.draw()
    return this.#row(index)
  }

  /** How many rows are in sight. */
  get page() { return Math.max(1, Math.floor((this.#scroller?.clientHeight ?? 0) / this.#pitch) - 2) * this.#columns }

  #sight(lines) {
    if (!this.#scroller || !this.#table.isConnected) return [0, Math.min(lines, AT_FIRST)]
    const { top, height } = this.#scroller.getBoundingClientRect()
    const above = top - this.#body.getBoundingClientRect().top
    const beyond = Math.ceil(BEYOND / this.#columns)
    const to = Math.max(0, Math.min(lines, Math.ceil((above + height) / this.#pitch) + beyond))
    return [Math.max(0, Math.min(to, Math.floor(above / this.#pitch) - beyond)), to]
  }

  #columnsNow() {
    if (!this.#table.isConnected) return 1
    const { display, gridTemplateColumns, rowGap } = getComputedStyle(this.#body)
    this.#between = display === 'grid' ? parseFloat(rowGap) || 0 : 0
    return display === 'grid' ? gridTemplateColumns.split(' ').length : 1
  }

  /** In the place of lines that do not exist. @param {number} lines */
  #gap(lines) {
    const gap = h('tr', { class: 'gap', 'aria-hidden': 'true' }, h('td', { colspan: '5' }))
    gap.style.height = gap.firstChild.style.height = `${lines * this.#pitch - this.#between}px`
    return gap
  }

  /** Puts the rows in this order; those that are in their place are not touched. @param {HTMLElement[]} rows */
  #place(rows) {
    const wanted = new Set(rows)
    for (const row of [...this.#body.children]) if (!wanted.has(row)) row.remove()
    let at = this.#body.firstElementChild
    for (const row of rows) {
      if (row === at) at = at.nextElementSibling
      else this.#body.insertBefore(row, at)
    }
  }

  /** All lines are as high as each other, but not on every screen: from the last two that exist and follow each other. */
  #measure() {
    if (!this.#table.isConnected) return
    const tops = new Map()
    for (const row of [...this.#body.children].slice(-2 * this.#columns - BEYOND)) {
      if (row.ariaRowIndex) tops.set(Math.floor((Number(row.ariaRowIndex) - 2) / this.#columns), row)
    }
    const line = [...tops.keys()].findLast((one) => tops.has(one - 1))
    if (line === undefined) return
    const pitch = tops.get(line).getBoundingClientRect().top - tops.get(line - 1).getBoundingClientRect().top
    if (pitch > 0 && Math.abs(pitch - this.#pitch) > 0.5) {
      this.#pitch = pitch
      this.soon()
    }
  }
}
