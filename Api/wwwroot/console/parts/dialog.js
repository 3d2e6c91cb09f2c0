import { button, copy, h } from '../dom.js'
import { addOverlay } from '../overlay.js'
import { t } from '../texts/shell.js'
import { command } from './command.js'
import { reveal } from './reveal.js'

/**
 * Shows a dialog and waits for the answer. Enter chooses the main answer, Escape closes the dialog without one.
 * @param {object} question
 * @param {string} question.title
 * @param {(Node | string)[]} [question.text]
 * @param {Node[]} [question.fields]
 * @param {{word: string, value: any, kind?: string}[]} question.answers the first one is the main answer
 * @param {string | null} [question.dismiss] the label of the button that closes the dialog without an answer; null if
 *   one of the answers does
 * @param {boolean} [question.keep] whether Escape does not close the dialog
 * @param {(value: any) => Promise<string | void> | string | void} [question.check] returns an error message if the
 *   dialog must stay open
 * @returns {Promise<any>} the value of the answer, or null if there was none
 */
export function ask({ title, text = [], fields = [], answers, dismiss = t.cancel, keep = false, check }) {
  return new Promise((resolve) => {
    let value = null
    let busy = false
    const fault = h('p', { class: 'fault', role: 'alert', hidden: true })
    // Browsers close a dialog at the second Escape, even if the page cancels the event.
    const hold = (is) => (is ? dialog.setAttribute('closedby', 'none') : dialog.removeAttribute('closedby'))
    const take = async (wanted) => {
      if (busy) return
      busy = true
      hold(true)
      try {
        const sentence = await check?.(wanted)
        if (sentence) {
          fault.textContent = sentence
          fault.hidden = false
          return
        }
        value = wanted
        dialog.close()
      } finally {
        busy = false
        hold(keep)
      }
    }
    const [main, ...others] = answers
    const form = h('form', { on: { submit: (event) => { event.preventDefault(); take(main.value) } } },
      h('div', { class: 'head' }, h('h2', { id: 'dialog-title' }, title), text.map((line) => h('p', {}, line))),
      fields, fault,
      h('div', { class: 'buttons' },
        h('button', { type: 'submit', class: `button ${main.kind ?? 'primary'}` }, main.word),
        others.map((answer) => button(answer.word, { kind: answer.kind ?? '', act: () => take(answer.value) })),
        dismiss && button(dismiss, { act: () => { if (!busy) dialog.close() } })))
    const dialog = h('dialog', { 'aria-labelledby': 'dialog-title', closedby: keep ? 'none' : null, on: {
      cancel: (event) => { if (busy || keep) event.preventDefault() },
      close: () => { closed(); dialog.remove(); resolve(value) }
    } }, form)
    document.body.append(dialog)
    dialog.showModal()
    const closed = addOverlay(() => (busy || keep ? false : dialog.close()))
    /** @type {HTMLInputElement | null} */
    const field = dialog.querySelector('input:not([type=checkbox])')
    field?.focus()
    field?.select()
  })
}

/** @param {string} word @param {string} value @param {Record<string, any>} [attributes] */
export function field(word, value, attributes = {}) {
  const input = h('input', { class: 'input', value, autocomplete: 'off', spellcheck: 'false', autocapitalize: 'none',
    ...attributes })
  const element = h('label', { class: 'field' }, word, input)
  if (attributes.type === 'password') reveal(input, t.secret)
  return { input, element }
}

/** Copies a text to the clipboard, or shows it in a dialog if the browser cannot copy. @param {string} text */
export async function copyOrShow(text) {
  try {
    await copy(text)
  } catch {
    ask({ title: t.copyByHand, fields: [command(text)], answers: [{ word: t.close, value: true }], dismiss: null })
  }
}
