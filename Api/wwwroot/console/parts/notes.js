import { button, h, icon } from '../dom.js'

/** One line each: what is, what still holds, one action. */
export class Notes {
  #shown = new Map()

  /** @param {string} [kind] classes */
  constructor(kind = 'notes') { this.element = h('div', { class: kind }) }

  /**
   * Shows a note, or changes the one with this id.
   * @param {string} id
   * @param {{kind?: '' | 'warn' | 'bad', glyph?: string, lead?: string, text?: string, code?: string,
   *   actions?: {word: string, act: () => void}[]}} note
   */
  show(id, { kind = '', glyph, lead = '', text = '', code = '', actions = [] }) {
    const element = h('div', { class: `note ${kind}`.trim(), role: kind === 'bad' ? 'alert' : 'status' }, glyph && icon(glyph),
      h('span', {}, lead && h('b', {}, lead), lead && text ? ' ' : '', text, code && ' ', code && h('code', {}, code)),
      actions.map(({ word, act }) => button(word, { kind: 'small', act })))
    const before = this.#shown.get(id)
    if (before) before.replaceWith(element)
    else this.element.append(element)
    this.#shown.set(id, element)
  }

  /** @param {string} id */
  hide(id) {
    this.#shown.get(id)?.remove()
    this.#shown.delete(id)
  }
}
