// Entries that wait to be pasted: Ctrl C copies them, Ctrl X moves them, Ctrl V puts them into the folder that is
// open, also in another space. They are kept until then, for this page.
import { visible } from '../format.js'
import { t } from '../texts/files.js'

/** @type {{verb: 'move' | 'copy', entries: import('./tree.js').Entry[], from: string} | null} */
let held = null

/** @param {any} screen @param {'move' | 'copy'} verb @param {import('./tree.js').Entry[]} entries */
export function hold(screen, verb, entries) {
  held = { verb, entries, from: screen.space }
  showHeld(screen)
  return true
}

/** Another folder is open, into which they may be put. @param {any} screen */
export function showHeld(screen) {
  if (!held) { screen.notes.hide('held'); return }
  const { verb, entries } = held
  screen.notes.show('held', {
    glyph: verb, lead: t.removed.lead(entries.length, visible(entries[0].name)), text: t.held[verb],
    actions: [...(screen.may.change ? [{ word: t.held.paste, act: () => paste(screen) }] : []),
      { word: t.cancel, act: () => drop(screen) }]
  })
}

/** @param {any} screen */
export function paste(screen) {
  if (!held || !screen.may.change) return false
  const { verb, entries, from } = held
  drop(screen)
  screen.acts.bring(verb, entries, { space: screen.space, path: screen.path }, { from, spaces: screen.spaces })
  return true
}

function drop(screen) {
  held = null
  screen.notes.hide('held')
}
