// What a mouse does with the rows of the list: a click anywhere on one opens it, the other button has its menu, and what is chosen is
// dragged onto a folder. What keys do is said by "?".
import { openMenu } from '../parts/menu.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/files.js'
import { download } from './acts.js'
import { contentOf } from './tree.js'

const OWN = 'a, button, input, label, select'

/** @param {any} screen @param {HTMLElement} body the rows */
export function takeHands(screen, body) {
  const rowOf = (event) => event.target.closest?.('tr[data-id]')
  const entryOf = (row) => row && screen.items.find(({ id }) => id === row.dataset.id)
  /** All that are chosen, where this is one of them. */
  const meant = (entry) => {
    const { chosen } = screen.list
    return chosen.includes(entry) ? chosen : [entry]
  }
  let dragged = []
  let over = null
  const hover = (row) => {
    over?.classList.remove('over')
    over = row
    over?.classList.add('over')
  }
  /** A folder on which what is dragged may be dropped. */
  const target = (event) => {
    const entry = entryOf(rowOf(event))
    return dragged.length > 0 && entry?.kind === 'folder' && !dragged.includes(entry) ? entry : null
  }
  const listeners = {
    click: (event) => {
      const entry = entryOf(rowOf(event))
      // Text that was just selected is not opened.
      if (!entry || event.target.closest(OWN) || String(getSelection())) return
      if (event.ctrlKey || event.metaKey || event.shiftKey) screen.list.pick(entry.id, !screen.list.has(entry.id), event.shiftKey)
      else open(screen, entry)
    },
    contextmenu: (event) => {
      const row = rowOf(event)
      const entry = entryOf(row)
      if (!entry) return
      event.preventDefault()
      showMenu(screen, meant(entry), row.querySelector('.name'), event)
    },
    dragstart: (event) => {
      const entry = entryOf(rowOf(event))
      if (!entry || !screen.may.change) { event.preventDefault(); return }
      dragged = meant(entry)
      event.dataTransfer.effectAllowed = 'move'
      event.dataTransfer.setData('text/plain', dragged.map(({ name }) => name).join('\n'))
    },
    dragover: (event) => {
      const entry = target(event)
      hover(entry ? rowOf(event) : null)
      if (entry) event.preventDefault()
    },
    drop: (event) => {
      const entry = target(event)
      hover(null)
      if (!entry) return
      event.preventDefault()
      screen.acts.moveTo(dragged, { space: screen.space, path: entry.path })
    },
    dragend: () => { dragged = []; hover(null) }
  }
  for (const [type, listener] of Object.entries(listeners)) body.addEventListener(type, listener)
}

function open(screen, entry) {
  if (entry.kind === 'folder') go(addressOf('files', entry.path.split('/'), { space: screen.space }))
  else screen.details(entry.id)
}

/** What may be done with entries. @param {any} screen @param {import('./tree.js').Entry[]} entries @param {HTMLElement} anchor
 * @param {{clientX: number, clientY: number}} [at] */
export function showMenu(screen, entries, anchor, at) {
  const { may, acts } = screen
  const [only] = entries.length === 1 ? entries : []
  openMenu(anchor, [
    only && { word: t.files.openIt, glyph: only.kind === 'folder' ? 'folder' : 'eye', act: () => open(screen, only) },
    only?.kind === 'file' ? { word: t.files.download, glyph: 'download', act: () => download(contentOf(only)) }
      : { word: t.files.zip, glyph: 'download', act: () => acts.zip(entries) },
    only && only.kind !== 'link' && may.share && { word: t.files.share, glyph: 'link', act: () => acts.share(only.path) },
    may.change && { word: t.files.move, glyph: 'move', act: () => acts.move(entries) },
    only && may.change && { word: t.files.rename, glyph: 'pen', act: () => acts.rename(only) },
    may.remove && { word: t.files.remove, glyph: 'trash', kind: 'danger', act: () => acts.remove(entries) }
  ].filter(Boolean), at)
}
