// The title of the Files screen and the path to the open folder.
import { h, icon } from '../dom.js'
import { visible } from '../format.js'
import { emptyPlace } from '../parts/empty.js'
import { addressOf } from '../router.js'
import { t } from '../texts/files.js'

/** @param {any} screen */
export function showPlace({ shell, space, spaceNow, path, inTrash, everywhere }) {
  const title = spaceNow?.title ?? (space && space === shell.me.space ? t.spaces.mine : t.files.title)
  const names = path.split('/').filter(Boolean)
  const address = (count) => addressOf('files', names.slice(0, count), { space })
  if (inTrash) {
    shell.place(t.files.trash, [{ word: title, address: address(0) }], address(0))
    return
  }
  if (everywhere) { shell.place(t.files.allSpaces, [{ word: title, address: address(0) }], address(0)); return }
  const way = [title, ...names].map((name, index) => ({ word: index > 0 ? visible(name) : name,
    address: address(index) }))
  shell.place(way.at(-1).word, way.slice(0, -1), names.length > 0 ? address(names.length - 1) : null)
}

/** Creates the placeholder of an address at which there is no folder. @param {any} screen */
export const noFolder = ({ space, spaceNow }) => emptyPlace(t.files.noFolder, t.files.noFolderHint,
  h('a', { class: 'button', href: addressOf('files', [], { space: spaceNow ? space : null }) }, icon('folder'),
    t.files.toTop))

/** Returns the actions that the user may perform in the open place. @param {any} screen */
export function mayOf({ shell, everywhere, spaceNow }) {
  if (everywhere) return { change: false, remove: false, share: false, copy: false }
  const share = shell.me.scopes.includes('read')
  return { ...(spaceNow?.may ?? { change: false, remove: false }), share,
    copy: share && shell.me.scopes.includes('upload') }
}

/** Returns a summary of the entries of the place or of the search results. @param {any} screen */
export function summaryOf({ entries, arriving, searching }) {
  if (searching) return t.files.found(entries.items.length, searching, entries.next)
  const { totals } = entries
  return [totals && t.files.sum(totals.folders, totals.files, totals.bytes),
    arriving.length > 0 && t.files.arriving(arriving.length)]
    .filter(Boolean).join(', ')
}
