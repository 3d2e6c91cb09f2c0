// Edits a timetable of bandwidths as a grid of hours, beside its text.
import { h } from '../dom.js'
import { field } from '../parts/dialog.js'
import { fill } from '../parts/fields.js'
import { t } from '../texts/access.js'
import { DAYS, HOURS, parse, rateOf, textOf } from './week.js'

const STEPS = 4

/**
 * Shows a dialog for a timetable. Changes of the grid update the text, and vice versa.
 * @param {string} title @param {string} text @returns {Promise<string | null>} null if the user cancelled
 */
export async function askTimetable(title, text) {
  // A double click must not open two dialogs.
  if (document.querySelector('dialog[open]')) return null
  const written = field(t.limits.timetable, text, { placeholder: t.limits.noLimit, maxlength: '1000' })
  const brush = field(t.limits.brush, [...new Set(parse(text) ?? [])].find((rate) => rate !== 'off') ?? '1M',
    { maxlength: '12' })
  const grid = new WeekGrid(() => brush.input.value.trim(), () => { written.input.value = grid.text })
  grid.show(parse(text), text)
  written.input.addEventListener('input', () => grid.show(parse(written.input.value), written.input.value))
  const chosen = await fill({
    title, fields: [brush.element, grid.element, written.element], act: t.limits.take,
    send: async () => {
      if (parse(written.input.value) === null) throw new Error(t.limits.hints.bandwidth)
      return { text: written.input.value.trim() }
    }
  })
  grid.close()
  return chosen?.text ?? null
}

class WeekGrid {
  /** @type {string[]} */
  #rates = parse('')
  #cells = []
  #painting = false
  #at = 0
  #end = new AbortController()
  #legend = h('ul', { class: 'legend' })
  #hint = h('p', { class: 'hint', role: 'status' }, t.limits.paint)

  /** @param {() => string} brush returns the rate that is painted @param {() => void} changed */
  constructor(brush, changed) {
    this.brush = brush
    this.changed = changed
    const head = h('div', { class: 'week-head', 'aria-hidden': 'true' },
      ['00', '06', '12', '18'].map((hour) => h('span', {}, hour)))
    const rows = DAYS.map((day, number) => h('div', { role: 'row', class: 'week-day' },
      h('span', { role: 'rowheader', 'aria-label': t.limits.days[number] }, day),
      Array.from({ length: HOURS }, (_, hour) => this.#cell(number * HOURS + hour))))
    this.element = h('div', { class: 'week' }, head, h('div', { role: 'grid', 'aria-label': t.limits.week, on: {
      pointerdown: (event) => this.#press(event),
      pointerover: (event) => { if (this.#painting) this.#paint(event.target) },
      keydown: (event) => this.#key(event)
    } }, rows), this.#legend, this.#hint)
    for (const ending of ['pointerup', 'pointercancel']) {
      addEventListener(ending, () => { this.#painting = false }, { signal: this.#end.signal })
    }
  }

  close() { this.#end.abort() }

  get text() { return textOf(this.#rates) }

  /**
   * @param {string[] | null} rates the rates, or null if the text is invalid and the grid stays unchanged
   * @param {string} text
   */
  show(rates, text) {
    this.#hint.textContent = /:(?!00,)\d\d,/.test(text) ? t.limits.paintHours : t.limits.paint
    this.element.classList.toggle('unknown', rates === null)
    if (rates === null) return
    this.#rates = rates
    this.#draw()
  }

  #cell(at) {
    const cell = h('span', { role: 'gridcell', tabindex: at === 0 ? '0' : '-1', 'data-at': String(at) })
    this.#cells.push(cell)
    return cell
  }

  #draw() {
    const kinds = [...new Set(this.#rates)].sort((a, b) => rateOf(a) - rateOf(b)).filter((rate) => rate !== 'off')
    const stepOf = (rate) => `step${rate === 'off' ? 0 : Math.max(1, STEPS - kinds.indexOf(rate))}`
    this.#legend.replaceChildren(...[...kinds, 'off'].map((rate) =>
      h('li', {}, h('span', { class: stepOf(rate) }), t.limits.rate(rate))))
    this.#cells.forEach((cell, at) => {
      const rate = this.#rates[at]
      cell.className = stepOf(rate)
      const name = t.limits.hour(t.limits.days[Math.floor(at / HOURS)], at % HOURS, t.limits.rate(rate))
      cell.setAttribute('aria-label', name)
      cell.title = name
    })
  }

  #press(event) {
    if (event.button !== 0 || !event.target.dataset?.at) return
    event.preventDefault()
    // Otherwise, the first touched cell would receive all further events of the pointer.
    event.target.releasePointerCapture(event.pointerId)
    this.#painting = true
    this.#paint(event.target)
  }

  #paint(cell) {
    if (!cell.dataset?.at) return
    const rate = this.brush()
    if (Number.isNaN(rateOf(rate))) { this.#painting = false; this.#hint.textContent = t.limits.noRate; return }
    this.#hint.textContent = t.limits.paint
    this.#focus(Number(cell.dataset.at))
    this.#rates = this.#rates.with(this.#at, rate)
    this.#draw()
    this.changed()
  }

  #focus(at) {
    this.#cells[this.#at].tabIndex = -1
    this.#at = at
    this.#cells[at].tabIndex = 0
    this.#cells[at].focus()
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -HOURS, ArrowDown: HOURS }[event.key]
    const paints = event.key === ' ' || event.key === 'Enter'
    if (!step && !paints) return
    event.preventDefault()
    if (step && this.#cells[this.#at + step]) this.#focus(this.#at + step)
    if (paints || event.shiftKey) this.#paint(this.#cells[this.#at])
  }
}
