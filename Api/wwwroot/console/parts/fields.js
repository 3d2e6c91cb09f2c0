// Fields of dialogs other than a text field, and dialogs that consist of fields.
import { h, style } from '../dom.js'
import { t } from '../texts/shell.js'
import { ask } from './dialog.js'

// Not awaited: screens load it beside their modules, and a module that waits delays all that are packed with it.
style('css/dialogs.css')

/**
 * @param {string} word
 * @param {readonly (readonly [value: string, word: string])[]} options
 * @param {string} [value]
 */
export function choice(word, options, value = options[0]?.[0]) {
  const input = h('select', { class: 'input' }, options.map(([option, name]) => h('option', { value: option }, name)))
  input.value = value
  return { input, element: h('label', { class: 'field' }, word, input) }
}

/** @param {string} word @param {boolean} [checked] */
export function tick(word, checked = false, attributes = {}) {
  const input = h('input', { type: 'checkbox', class: 'check', checked, ...attributes })
  return { input, element: h('label', { class: 'tick' }, input, word) }
}

/**
 * Creates a group of check boxes.
 * @param {string} word
 * @param {readonly (readonly [value: string, word: string])[]} options
 * @param {string[]} chosen
 */
export function several(word, options, chosen) {
  const ticks = options.map(([value, name]) => ({ value, ...tick(name, chosen.includes(value)) }))
  return {
    element: h('fieldset', { class: 'several' }, h('legend', {}, word), ticks.map(({ element }) => element)),
    get values() { return ticks.filter(({ input }) => input.checked).map(({ value }) => value) }
  }
}

/**
 * Shows a dialog with fields and sends their values. The dialog stays open if the service refuses them.
 * @template T
 * @param {{title: string, text?: (Node | string)[], fields: Node[], act: string, kind?: string,
 *   send: () => Promise<T>}} form
 * @returns {Promise<T | null>} null if the user cancelled
 */
export async function fill({ title, text, fields, act, kind, send }) {
  let sent = null
  await ask({
    title, text, fields, answers: [{ word: act, value: true, kind }],
    check: async () => {
      try {
        sent = await send() ?? true
        return undefined
      } catch (error) { return error.message }
    }
  })
  return sent
}

/** Asks for confirmation of an action that cannot be undone. @returns {Promise<boolean>} */
export const sure = async (title, text, act) => await ask({
  title, text: [text], dismiss: null, answers: [{ word: t.cancel, value: false },
    { word: act, value: true, kind: 'danger' }]
}) === true

/**
 * Shows content that cannot be shown again, such as a new key.
 * @param {string} title
 * @param {string} text
 * @param {Node[]} content
 * @param {string} done
 */
export const showOnce = (title, text, content, done) =>
  ask({ title, text: [text], fields: content, dismiss: null, keep: true, answers: [{ word: done, value: true }] })
