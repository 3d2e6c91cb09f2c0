// Copies and moves entries by keys: Ctrl+C or Ctrl+X remembers them, and Ctrl+V copies or moves them to the open
// folder, also in another space. The page remembers them until then.
import { visible } from '../format.js'
import { t } from '../texts/files.js'

/** @type {{verb: 'move' | 'copy', entries: import('./tree.js').Entry[], from: string} | null} */
let held = null

/** @param {any} screen @param {'move' | 'copy'} verb @param {import('./tree.js').Entry[]} entries */
export function remember(screen, verb, entries) {
  held = { verb, entries, from: screen.space }
  showRemembered(screen)
  return true
}

/** Shows the remembered entries when another folder is opened into which they can be pasted. @param {any} screen */
export function showRemembered(screen) {
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
