// The fields for how the owner of a transfer is notified.
import { h, icon, say } from '../dom.js'
import { t } from '../texts/transfers.js'

const OCCASIONS = ['done', 'failed', 'needsOwner']
const WAYS = ['notice', 'mail']
// The defaults of the service.
const USUAL = { done: ['notice'], failed: ['notice'], needsOwner: ['notice', 'mail'] }

/**
 * Formats the notifications, such as "done: here; failed: here; needs you: here and by mail".
 * @param {Record<string, string[]> | undefined} notes
 */
export const notificationWords = (notes = USUAL) => OCCASIONS.map((occasion) =>
  t.tell.short(t.tell.occasions[occasion], (notes[occasion] ?? []).map((way) => t.tell.ways[way] ?? way))).join('; ')

export class NotificationFields {
  #said = h('b', { class: 'cut' })
  #ticks = new Map(OCCASIONS.map((occasion) => [occasion, WAYS.map((way) => h('input', {
    type: 'checkbox', checked: USUAL[occasion].includes(way), 'data-way': way, on: { change: () => this.#say() }
  }))]))

  constructor() {
    this.element = h('details', { class: 'option' }, h('summary', {}, t.tell.title, this.#said, icon('down')),
      h('div', { class: 'patterns tell' },
        OCCASIONS.map((occasion) => h('fieldset', {}, h('legend', {}, t.tell.when[occasion]),
        this.#ticks.get(occasion).map((tick) => h('label', { class: 'tick' }, tick, t.tell.ways[tick.dataset.way])))),
      h('p', { class: 'hint' }, t.tell.text)))
    this.#say()
  }

  get value() {
    return Object.fromEntries(OCCASIONS.map((occasion) => [occasion,
      this.#ticks.get(occasion).filter((tick) => tick.checked).map((tick) => tick.dataset.way)]))
  }

  /** @param {Record<string, string[]> | undefined} notes */
  set value(notes) {
    for (const [occasion, ticks] of this.#ticks) {
      for (const tick of ticks) tick.checked = (notes ?? USUAL)[occasion]?.includes(tick.dataset.way) === true
    }
    this.#say()
  }

  #say() { say(this.#said, notificationWords(this.value)) }
}
