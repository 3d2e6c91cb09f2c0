// The fields for how often and how long a transfer retries, by kind of failure. An empty field means the default of
// the service.
import { h, icon, say } from '../dom.js'
import { field } from '../parts/dialog.js'
import { t } from '../texts/transfers.js'

// The fields are in minutes, but the service expects seconds.
const MINUTE = 60
/** @type {[name: string, least: number, most: number, unit: number][]} */
const FIELDS = [
  ['refused', 1, 20, 1], ['restarts', 0, 20, 1], ['network', 1, 1000, 1], ['longestPause', 1, 3600, 1],
  ['fullPause', 1, 1440, MINUTE],
  ['dailyPause', 1, 1440, MINUTE]
]

/**
 * Formats the values, such as "3 refusals, 20 min while it is full".
 * @param {Record<string, number | null> | null | undefined} attempts
 */
export const attemptWords = (attempts) => FIELDS.filter(([name]) => attempts?.[name] != null)
  .map(([name, , , unit]) => t.attempts.short[name](attempts[name] / unit)).join(', ')

export class Attempts {
  #said = h('b', { class: 'cut' })
  #fields = new Map(FIELDS.map(([name, least, most]) => [name, field(t.attempts.names[name], '', {
    type: 'number', min: String(least), max: String(most), placeholder: t.attempts.usual[name], inputmode: 'numeric'
  })]))

  constructor() {
    for (const { input } of this.#fields.values()) input.addEventListener('input', () => this.#say())
    this.element = h('details', { class: 'option' }, h('summary', {}, t.attempts.title, this.#said, icon('down')),
      h('div', { class: 'patterns' }, [...this.#fields.values()].map(({ element }) => element),
        h('p', { class: 'hint' }, t.attempts.text)))
    this.#say()
  }

  /** @returns {Record<string, number> | undefined} undefined for the defaults of the service */
  get value() {
    const set = FIELDS.filter(([name]) => this.#fields.get(name).input.value !== '')
      .map(([name, , , unit]) => [name, Number(this.#fields.get(name).input.value) * unit])
    return set.length > 0 ? Object.fromEntries(set) : undefined
  }

  /** @param {Record<string, number | null> | null | undefined} attempts */
  set value(attempts) {
    for (const [name, , , unit] of FIELDS) {
      const seconds = attempts?.[name]
      this.#fields.get(name).input.value = seconds == null ? '' : String(seconds / unit)
    }
    this.#say()
  }

  #say() { say(this.#said, attemptWords(this.value) || t.attempts.asUsual) }
}
