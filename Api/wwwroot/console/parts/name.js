import { halves, visible } from '../format.js'
import { button, copy, h } from '../dom.js'
import { t } from '../texts/shell.js'

/** A file's name, cut in its middle where there is no room; the whole name is its title. @param {string} name @param {string} [tag] */
export function nameOf(name, tag = 'span', attributes = {}) {
  const [head, tail] = halves(name)
  const seen = tail ? [h('span', { 'aria-hidden': 'true' }, head), h('span', { 'aria-hidden': 'true' }, tail)] : [h('span', {}, head)]
  // Two halves would be read as two words.
  return h(tag, { class: 'name', title: visible(name), ...attributes }, seen, tail && h('span', { class: 'only-heard' }, visible(name)))
}

/** A command or an id with a button that copies it. @param {string} text */
export function command(text) {
  const code = h('code', { tabindex: '0' }, text)
  return h('div', { class: 'command' }, code, copyButton(() => text, t.copy, code))
}

/** @param {() => string} text @param {string} [label] @param {HTMLElement} [shown] is selected where the browser does not copy */
export function copyButton(text, label = t.copy, shown = null) {
  const made = button('', { glyph: 'copy', kind: 'plain small', label })
  const byHand = h('span', { class: 'hint', role: 'alert' }, t.copyByHand)
  made.addEventListener('click', async () => {
    try {
      await copy(text())
    } catch {
      made.after(byHand)
      if (shown) getSelection().selectAllChildren(shown)
      return
    }
    byHand.remove()
    made.title = t.copied
    made.setAttribute('aria-label', t.copied)
    setTimeout(() => { made.title = label; made.setAttribute('aria-label', label) }, 1500)
  })
  return made
}

/** Copies a text; where the browser does not, a dialog shows it. @param {string} text */
export async function copyOrShow(text) {
  try {
    await copy(text)
  } catch {
    const { ask } = await import('./dialog.js')
    ask({ title: t.copyByHand, fields: [command(text)], answers: [{ word: t.close, value: true }], dismiss: null })
  }
}
