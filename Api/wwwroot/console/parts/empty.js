// Placeholders for empty lists and for lists that are loading.
import { root } from '../api.js'
import { button, h, mark } from '../dom.js'
import { encoded } from '../format.js'
import { t } from '../texts/files.js'
import { command } from './command.js'

/** @param {string} title @param {string} text @param {...Node} more */
export const emptyPlace = (title, text, ...more) => h('div', { class: 'empty' }, mark(), h('h2', {}, title),
  h('p', {}, text), more)

// On touch screens, files cannot be dropped; phones have no terminal.
const TOUCH = '(pointer: coarse), (width <= 560px)'

/**
 * Creates the placeholder of an empty folder, which explains how to add files.
 * @param {string} path
 * @param {string | null} space
 * @param {() => void} choose opens the dialog for choosing files
 */
export function emptyFolder(path, space, choose) {
  if (matchMedia(TOUCH).matches) {
    return emptyPlace(t.files.emptyTitle, t.files.emptyTouch,
      button(t.drop.files, { glyph: 'upload', kind: 'primary', act: choose }))
  }
  const address = new URL(`api/${space ? `spaces/${space}/` : ''}tree/${path ? `${encoded(path)}/` : ''}`, root).href
  return emptyPlace(t.files.emptyTitle, t.files.empty,
    command(`curl -T FILE -H "Authorization: Bearer $KEY" ${address}`))
}

/** Creates the placeholder of a list that is being loaded. */
export const bones = () =>
  h('div', { class: 'bones', 'aria-hidden': 'true' }, Array.from({ length: 6 }, () => h('span', { class: 'bone' })))
