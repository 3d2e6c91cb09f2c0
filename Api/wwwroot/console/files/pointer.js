// Handles the pointer in the list: a click on a row opens the entry, the secondary button opens its menu, and the
// selection can be dragged onto a folder of the list, of the tree or of the path above it, or onto the trash. With
// Ctrl, entries are copied. keys.js handles the keyboard.
import { kindOf } from '../parts/kinds.js'
import { openMenu } from '../parts/menu.js'
import { addressOf, go, here } from '../router.js'
import { t } from '../texts/files.js'
import { download } from './acts.js'
import { contentOf } from './tree.js'

const OWN = 'a, button, input, label, select'
// Links to folders beside the list.
const PLACES = '.tree a, .place a'

/** @param {any} screen @param {HTMLElement} body the rows */
export function handlePointer(screen, body) {
  const rowOf = (event) => event.target.closest?.('tr[data-id]')
  const entryOf = (row) => row && screen.items.find(({ id }) => id === row.dataset.id)
  /** Returns the selection if the entry is part of it, or otherwise the entry alone. */
  const meant = (entry) => {
    const { chosen } = screen.list
    return chosen.includes(entry) ? chosen : [entry]
  }
  let dragged = []
  let over = null
  let stop = null
  const hover = (element) => {
    over?.classList.remove('over')
    over = element
    over?.classList.add('over')
  }
  const copies = (event) => event.ctrlKey || event.metaKey
  /**
   * Returns the target under the pointer if the dragged entries may be dropped there.
   * @returns {{element: HTMLElement, drop: () => any} | null}
   */
  function target(event) {
    if (dragged.length === 0) return null
    const row = rowOf(event)
    const entry = body.contains(row) ? entryOf(row) : null
    if (entry) return entry.kind === 'folder' && !dragged.includes(entry) ? onto(row, screen.space, entry.path, event)
      : null
    const link = event.target.closest?.(PLACES)
    const route = link?.hash ? here(link.hash) : null
    if (route?.screen !== 'files') return null
    const space = route.query.get('space') ?? screen.space
    if (route.query.get('view') === 'trash') {
      return screen.may.remove && space === screen.space ? { element: link, drop: () => screen.acts.remove(dragged) }
        : null
    }
    return onto(link, space, route.path.join('/'), event)
  }

  function onto(element, space, path, event) {
    const to = screen.spaces.find(({ id }) => id === space)
    const here = space === screen.space
    const inside = dragged.some((entry) => here && (path === entry.path || path.startsWith(`${entry.path}/`)))
    const copy = copies(event)
    const same = here && !copy && dragged.every((entry) => entry.path.split('/').slice(0, -1).join('/') === path)
    if (!to?.may.change || inside || same || !(copy ? screen.may.copy : screen.may.change)) return null
    return { element, drop: () => screen.acts.bring(copy ? 'copy' : 'move', dragged, { space, path }) }
  }

  const whileDragged = {
    dragover: (event) => {
      const found = target(event)
      hover(found?.element ?? null)
      if (!found) return
      event.preventDefault()
      event.dataTransfer.dropEffect = copies(event) ? 'copy' : 'move'
    },
    drop: (event) => {
      const found = target(event)
      hover(null)
      if (!found) return
      event.preventDefault()
      found.drop()
      end()
    }
  }
  // Browsers send no dragend event for a row that was removed.
  const end = () => {
    dragged = []
    hover(null)
    stop?.abort()
  }
  const listeners = {
    click: (event) => {
      const entry = entryOf(rowOf(event))
      // A click that selects text does not open the entry.
      if (!entry || event.target.closest(OWN) || String(getSelection())) return
      if (event.ctrlKey || event.metaKey || event.shiftKey) screen.list.pick(entry.id, !screen.list.has(entry.id),
        event.shiftKey)
      else if (event.target.closest('.tile-face') && entry.kind === 'file'
        && kindOf(entry.name, entry.size)) screen.view(entry)
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
      if (!entry || !(screen.may.change || screen.may.copy)) { event.preventDefault(); return }
      end()
      dragged = meant(entry)
      event.dataTransfer.effectAllowed = 'copyMove'
      event.dataTransfer.setData('text/plain', dragged.map(({ name }) => name).join('\n'))
      stop = new AbortController()
      for (const [type, listener] of Object.entries(whileDragged)) {
        document.addEventListener(type, listener, { signal: stop.signal })
      }
      document.addEventListener('dragend', end, { signal: stop.signal })
    }
  }
  for (const [type, listener] of Object.entries(listeners)) body.addEventListener(type, listener)
}

function open(screen, entry) {
  if (entry.kind === 'folder') go(addressOf('files', entry.path.split('/'), { space: entry.space ?? screen.space }))
  else screen.details(entry.id)
}

/** Shows an entry that a search found in its folder. */
const showInFolder = (screen, entry) => go(addressOf('files', entry.path.split('/').slice(0, -1),
  { space: entry.space ?? screen.space, open: entry.id }))

/**
 * Opens the menu with the actions for entries.
 * @param {any} screen
 * @param {import('./tree.js').Entry[]} entries
 * @param {HTMLElement} anchor
 * @param {{clientX: number, clientY: number}} [at]
 */
export function showMenu(screen, entries, anchor, at) {
  const { may, acts } = screen
  const [only] = entries.length === 1 ? entries : []
  openMenu(anchor, [
    only && { word: t.files.openIt, glyph: only.kind === 'folder' ? 'folder' : 'eye', act: () => open(screen, only) },
    only?.kind === 'file' && kindOf(only.name, only.size) && { word: t.files.view, glyph: 'large',
      act: () => screen.view(only) },
    only && screen.searching && { word: t.files.inFolder, glyph: 'folder', act: () => showInFolder(screen, only) },
    only?.kind === 'folder' && { word: t.files.details, glyph: 'list', act: () => screen.details(only.id) },
    only?.kind === 'file' ? { word: t.files.download, glyph: 'download', act: () => download(contentOf(only)) }
      : !screen.everywhere && { word: t.files.zip, glyph: 'download', act: () => acts.zip(entries) },
    only && only.kind !== 'link' && may.share && { word: t.files.share, glyph: 'link',
      act: () => acts.share(only.path) },
    may.change && { word: t.files.move, glyph: 'move', act: () => acts.move(entries) },
    may.copy && { word: t.files.copy, glyph: 'copy', act: () => acts.copy(entries) },
    only && may.change && { word: t.files.rename, glyph: 'pen', act: () => acts.rename(only) },
    may.remove && { word: t.files.remove, glyph: 'trash', kind: 'danger', act: () => acts.remove(entries) }
  ].filter(Boolean), at)
}
