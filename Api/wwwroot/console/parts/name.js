import { halves, visible } from '../format.js'
import { button, copy, h } from '../dom.js'
import { t } from '../texts.js'

/** A file's name, cut in its middle where there is no room; the whole name is its title. @param {string} name @param {string} [tag] */
export function nameOf(name, tag = 'span', attributes = {}) {
  const [head, tail] = halves(name)
  const seen = tail ? [h('span', { 'aria-hidden': 'true' }, head), h('span', { 'aria-hidden': 'true' }, tail)] : [h('span', {}, head)]
  // Two halves would be read as two words.
  return h(tag, { class: 'name', title: visible(name), ...attributes }, seen, tail && h('span', { class: 'only-heard' }, visible(name)))
}

/** A command or an id with a button that copies it. @param {string} text */
export function command(text) {
  return h('div', { class: 'command' }, h('code', { tabindex: '0' }, text), copyButton(() => text))
}

/** @param {() => string} text */
export function copyButton(text, label = t.copy) {
  const made = button('', { glyph: 'copy', kind: 'plain small', label })
  made.addEventListener('click', async () => {
    await copy(text())
    made.title = t.copied
    made.setAttribute('aria-label', t.copied)
    setTimeout(() => { made.title = label; made.setAttribute('aria-label', label) }, 1500)
  })
  return made
}
