// Handles the keyboard in the list of the Files screen; "?" shows all shortcuts.
import { paste, remember } from './clipboard.js'

const ELSEWHERE = 'input, textarea, select, dialog, [popover]'

/** @param {any} screen @returns {() => void} ends it */
export function takeKeys(screen) {
  const listener = (event) => {
    if (event.target.closest?.(ELSEWHERE) && event.target.type !== 'checkbox') return
    if (event.altKey || screen.inTrash) return
    const acts = event.ctrlKey || event.metaKey ? withCtrl(screen) : alone(screen)
    const begun = !event.ctrlKey && !event.metaKey && !acts[event.key] && !'/?'.includes(event.key)
    if (begun ? screen.list.type(event.key) : acts[event.key]?.()) event.preventDefault()
  }
  document.addEventListener('keydown', listener)
  return () => document.removeEventListener('keydown', listener)
}

function alone(screen) {
  const { acts, list, may, query } = screen
  const { meant } = list
  return {
    Delete: () => meant.length > 0 && may.remove && acts.remove(meant),
    F2: () => meant.length === 1 && may.change && acts.rename(meant[0]),
    Escape: () => (query.get('open') ? screen.details(null) : list.choose([])),
    // While the user types a name, a space belongs to the name.
    ' ': () => list.type(' ') || list.toggle(),
    ArrowDown: () => list.step(list.perLine),
    ArrowUp: () => list.step(-list.perLine),
    ...Object.fromEntries(['Home', 'End', 'PageUp', 'PageDown'].map((key) => [key, () => list.leap(key)])),
    ArrowRight: () => screen.tiles && list.step(1),
    ArrowLeft: () => screen.tiles && list.step(-1)
  }
}

function withCtrl(screen) {
  const { acts, items, list, may } = screen
  const { meant } = list
  // If text is selected, the browser copies it.
  const some = meant.length > 0 && !String(getSelection())
  return {
    a: () => items.length > 0 && list.chooseAll(true),
    c: () => some && may.copy && remember(screen, 'copy', meant),
    x: () => some && may.change && remember(screen, 'move', meant),
    v: () => paste(screen),
    z: () => acts.undo()
  }
}
