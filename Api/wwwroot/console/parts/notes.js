import { button, h, icon, say } from '../dom.js'

/** Messages of one line: the problem, what is not affected, and one action. */
export class Notes {
  #shown = new Map()

  /** @param {string} [kind] style classes */
  constructor(kind = 'notes') { this.element = h('div', { class: kind }) }

  /**
   * Shows a note, or replaces the note with this id.
   * @param {string} id
   * @param {{kind?: '' | 'warn' | 'bad', glyph?: import('../dom.js').IconName, lead?: string, text?: string,
   *   code?: string, actions?: {word: string, act: () => void}[]}} note
   */
  show(id, { kind = '', glyph, lead = '', text = '', code = '', actions = [] }) {
    const look = [kind, glyph, lead, ...actions.map(({ word }) => word)].join('\n')
    const before = this.#shown.get(id)
    const same = before?.look === look
    const note = same ? before : { look, text: h('span'), code: h('code') }
    note.acts = actions.map(({ act }) => act)
    // The text after the lead may change, such as a countdown. Screen readers announce it once.
    if (same && lead) note.text.setAttribute('aria-live', 'off')
    say(note.text, text)
    say(note.code, code)
    note.code.hidden = !code
    if (same) return
    note.element = h('div', { class: `note ${kind}`.trim(), role: kind === 'bad' ? 'alert' : 'status' },
      glyph && icon(glyph),
      h('span', {}, lead && h('b', {}, lead), lead && ' ', note.text, ' ', note.code),
      actions.map(({ word }, i) => button(word, { kind: 'small', act: () => note.acts[i]() })))
    if (before) before.element.replaceWith(note.element)
    else this.element.append(note.element)
    this.#shown.set(id, note)
  }

  /** @param {string} id */
  hide(id) {
    this.#shown.get(id)?.element.remove()
    this.#shown.delete(id)
  }
}
