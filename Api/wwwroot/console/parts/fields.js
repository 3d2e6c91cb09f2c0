// Fields of dialogs beyond a line of text, and the dialogs that are made of them.
import { h, style } from '../dom.js'
import { t } from '../texts/shell.js'
import { ask } from './dialog.js'

await style('css/dialogs.css')

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
 * Several of a few.
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
 * Asks for fields and sends them; what the service refuses keeps the dialog open.
 * @template T
 * @param {{title: string, text?: (Node | string)[], fields: Node[], act: string, kind?: string,
 *   send: () => Promise<T>}} form
 * @returns {Promise<T | null>} null: a person changed their mind
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

/** Asks before something that cannot be undone. @returns {Promise<boolean>} */
export const sure = async (title, text, act) => await ask({
  title, text: [text], dismiss: null, answers: [{ word: t.cancel, value: false },
    { word: act, value: true, kind: 'danger' }]
}) === true

/**
 * Shows what is shown only once.
 * @param {string} title
 * @param {string} text
 * @param {Node[]} content
 * @param {string} done
 */
export const showOnce = (title, text, content, done) =>
  ask({ title, text: [text], fields: content, dismiss: null, keep: true, answers: [{ word: done, value: true }] })
