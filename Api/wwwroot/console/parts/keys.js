// Shows the keyboard shortcuts of the console in a dialog.
import { h, style } from '../dom.js'
import { t } from '../texts/frame.js'
import { ask } from './dialog.js'

/** @param {string} screen the id of the open screen */
export async function showKeys(screen) {
  if (document.querySelector('dialog[open]')) return
  await style('css/dialogs.css')
  const known = [...t.keys.all, ...(t.keys[screen] ?? [])]
  await ask({
    title: t.keys.title, dismiss: null, answers: [{ word: t.close, value: true }],
    fields: [h('dl', { class: 'keys' }, known.flatMap(([key, word]) => [h('dt', {}, h('kbd', {}, key)),
      h('dd', {}, word)]))]
  })
}
