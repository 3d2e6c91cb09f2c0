import { button, h } from '../dom.js'

/**
 * @typedef {{word: string, glyph?: string, kind?: string, act: () => any}} MenuItem `glyph` is the name of an icon
 */

/**
 * Opens a menu beside its button. Escape, a click elsewhere or a choice closes it.
 * @param {HTMLElement} anchor
 * @param {MenuItem[]} items
 * @param {{clientX: number, clientY: number}} [pointer] the place where the menu opens instead; a menu that was
 *   opened by a key has none
 */
export function openMenu(anchor, items, pointer) {
  const menu = h('div', { class: 'menu', role: 'menu', popover: 'auto' },
    items.map(({ word, glyph, kind = '', act }) =>
    button(word, { glyph: /** @type {import('../dom.js').IconName} */ (glyph), kind, role: 'menuitem',
      act: () => { menu.hidePopover(); act() } })))
  document.body.append(menu)
  menu.addEventListener('toggle', (event) => {
    if (event.newState !== 'closed') return
    menu.remove()
    anchor.focus()
  })
  menu.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const all = /** @type {HTMLElement[]} */ ([...menu.children])
    all[(all.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step + all.length) % all.length].focus()
  })
  menu.showPopover()
  const at = pointer?.clientX ? { left: pointer.clientX, top: pointer.clientY, bottom: pointer.clientY }
    : anchor.getBoundingClientRect()
  const below = at.bottom + 4 + menu.offsetHeight < innerHeight
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - 4 - menu.offsetHeight)}px`
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`
  menu.querySelector('button')?.focus()
}
