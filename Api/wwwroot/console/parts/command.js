import { button, copy, h } from '../dom.js'
import { t } from '../texts/shell.js'

/** Creates a command or an id with a button that copies it. @param {string} text */
export function command(text) {
  const code = h('code', { tabindex: '0' }, text)
  return h('div', { class: 'command' }, code, copyButton(() => text, t.copy, code))
}

/**
 * @param {() => string} text
 * @param {string} [label]
 * @param {HTMLElement} [shown] the element that is selected if the browser cannot copy
 */
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
