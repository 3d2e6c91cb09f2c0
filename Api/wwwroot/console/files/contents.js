// Loads how much a folder contains, with all folders below it, and which of its files were changed last.
import { h, say } from '../dom.js'
import { exactTime, when } from '../format.js'
import { nameOf } from '../parts/name.js'
import { learnNames, nameOfSubject } from '../parts/people.js'
import { addressOf } from '../router.js'
import { t } from '../texts/files.js'
import { list } from './tree.js'

const PAGE = 1000
// The largest number of pages that are loaded. If there are more, only that fact is shown.
const PAGES = 50
const LAST = 6

/**
 * @param {any} screen @param {import('./tree.js').Entry} folder
 * @param {{sum: HTMLElement, recent: HTMLElement, isShown: () => boolean}} places
 */
export async function showContents(screen, folder, { sum, recent, isShown }) {
  const { space } = screen
  let [folders, files, bytes, cursor] = [0, 0, 0, null]
  let last = []
  for (let page = 0; page < PAGES; page++) {
    const { items, nextCursor } = await list(space, folder.path, { recursive: true, limit: PAGE, cursor })
    if (!isShown()) return
    for (const { kind, size } of items) {
      if (kind === 'folder') folders++
      else files++
      bytes += size ?? 0
    }
    last = [...last, ...items.filter(({ kind }) => kind === 'file')]
      .sort((one, other) => Date.parse(other.modifiedAt) - Date.parse(one.modifiedAt)).slice(0, LAST)
    cursor = nextCursor
    const words = t.files.sum(folders, files, bytes)
    say(sum, cursor ? t.inFolder.atLeast(words) : words)
    if (!cursor) break
  }
  await learnNames(screen.shell, last.map(({ owner }) => owner))
  if (isShown()) showLast(recent, last, space)
}

function showLast(recent, last, space) {
  recent.replaceChildren(h('h3', {}, t.inFolder.last), last.length === 0 ? h('p', { class: 'hint' }, t.inFolder.none)
    : h('ul', { class: 'recent' }, last.map(({ id, name, path, owner, modifiedAt }) => h('li', {},
      nameOf(name, 'a', { href: addressOf('files', path.split('/').slice(0, -1), { space, open: id }) }),
      h('span', { class: 'hint', title: exactTime(modifiedAt) },
        t.inFolder.by(nameOfSubject(owner), when(modifiedAt)))))))
}
