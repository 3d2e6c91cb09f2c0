// The toolbar of the Files screen, with the actions for the folder or the selection. It also offers the spaces if no
// tree is shown beside the list, and the sort order if the table has no head.
import { button, h, icon } from '../dom.js'
import { openMenu } from '../parts/menu.js'
import { othersOf } from '../parts/spaces.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/files.js'
import { pick } from '../upload/pick.js'
import { download } from './acts.js'
import { contentOf, zipOf } from './tree.js'

const SORTS = [['name', t.files.name], ['-modifiedAt', t.files.newest], ['modifiedAt', t.files.oldest],
  ['-size', t.files.largest],
  ['size', t.files.smallest]]

// Below this width, the name of the space needs the room.
const NARROW = 560

const menu = (word, look, items) => button(word, {
  ...look, 'aria-haspopup': 'menu', act: (event) => openMenu(event.currentTarget, items().filter(Boolean))
})

/**
 * Creates the check box that selects all entries of the folder, including those that are not loaded yet.
 * @param {any} screen
 */
export const pickAll = (screen) => {
  const all = screen.list.allChosen
  return h('input', {
    type: 'checkbox', class: 'check', 'aria-label': t.files.all, checked: all,
    indeterminate: !all && screen.list.chosen.length > 0,
    on: { change: (event) => screen.list.chooseAll(event.target.checked) }
  })
}

/** Creates the menu of the other spaces. @param {any} screen */
function roots(screen) {
  const others = othersOf(screen.spaces, screen.shell.me)
  const items = () => [
    ...screen.spaces.filter((one) => one.id === screen.space || !others.includes(one))
      .map(({ id, title, glyph }) => ({
      word: title, glyph: id === screen.space ? 'check' : glyph, act: () => go(addressOf('files', [], { space: id }))
    })),
    ...(others.length > 0 ? [{ word: t.files.others(others.length), glyph: 'person',
      act: () => go(addressOf('spaces')) }] : []),
    { word: t.files.trash, glyph: 'trash',
      act: () => go(addressOf('files', [], { view: 'trash', space: screen.space })) },
    { word: t.files.manage, glyph: 'pen', act: () => go(addressOf('spaces')) }
  ]
  const now = screen.spaceNow
  return menu([h('span', { class: 'cut' }, now?.title ?? t.files.title), icon('down')], {
    glyph: now?.glyph ?? 'folder', kind: 'plain roots', label: t.files.otherSpace(now?.title ?? t.files.title)
  }, items)
}

/** Returns the toolbar if nothing is selected. @param {any} screen @returns {Node[]} */
export function barOfFolder(screen) {
  const { may, space, path } = screen
  const sorts = () => SORTS.map(([sort, word]) => (
    { word, glyph: screen.sort === sort ? 'check' : 'dashed', act: () => screen.sortBy(sort) }))
  /** @type {{glyph: import('../dom.js').IconName, label: string, act: () => any}} */
  const tiles = { glyph: screen.tiles ? 'lines' : 'tiles', label: screen.tiles ? t.files.asList : t.files.asTiles,
    act: () => screen.turnTiles() }
  const short = screen.query.get('search') && !screen.searching ? t.files.short : ''
  return [
    h('span', { class: 'for-rows' }, screen.items.length > 0 && pickAll(screen)), !screen.everywhere && roots(screen),
    h('span', { class: 'grow hint cut' }, short),
    !screen.searching && menu('', { glyph: 'swap', kind: 'plain for-rows sorts', label: t.files.sort }, sorts),
    button('', { ...tiles, kind: 'plain not-narrow' }),
    menu('', { glyph: 'more', kind: 'plain', label: t.panel.more }, () => [
      innerWidth <= NARROW && { word: tiles.label, ...tiles },
      may.change && { word: t.files.newFolder, glyph: 'plus', act: () => screen.acts.newFolder() },
      { word: t.files.details, glyph: 'list', act: () => screen.details(screen.entries.folder?.id ?? null) },
      { word: t.files.zip, glyph: 'download', act: () => download(zipOf(space, path)) },
      may.change && { word: t.files.ask, glyph: 'upload', act: () => screen.acts.share(path, 'upload') },
      may.share && { word: t.files.shareFolder, glyph: 'link', act: () => screen.acts.share(path) },
      ...screen.acts.transfers(),
      { word: t.files.trash, glyph: 'trash', act: () => go(addressOf('files', [], { view: 'trash', space })) }
    ]),
    may.change && button(t.files.newFolder, { kind: 'not-narrow', act: () => screen.acts.newFolder() }),
    may.change && menu(h('span', { class: 'not-narrow' }, t.files.upload), {
      glyph: 'upload', kind: 'primary', label: t.files.upload
    }, () => [
      { word: t.drop.files, glyph: 'file', act: () => screen.upload(pick('files')) },
      { word: t.drop.folder, glyph: 'folder', act: () => screen.upload(pick('folder')) }
    ])
  ].filter(Boolean)
}

/**
 * Returns the toolbar of a selection.
 * @param {any} screen
 * @param {import('./tree.js').Entry[]} chosen
 * @returns {Node[]}
 */
export function barOfSelection(screen, chosen) {
  const { may } = screen
  const [only] = chosen.length === 1 ? chosen : []
  const wide = innerWidth > 900
  const plain = (word, glyph, act, kind = '') => button(h('span', { class: 'cut' }, word),
    { glyph, kind: `plain ${kind}`.trim(), act })
  return [
    h('span', { class: 'for-rows' }, pickAll(screen)),
    h('b', {}, t.files.selected(chosen.length)), h('span', { class: 'much grow' },
      t.files.much(screen.list.sumOf(chosen))),
    h('div', { class: 'buttons tight' },
      only?.kind === 'file' ? plain(wide ? t.files.download : t.files.downloadShort, 'download',
        () => download(contentOf(only)))
        : plain(wide ? t.files.zip : t.files.zipShort, 'download', () => screen.acts.zip(chosen)),
      innerWidth > NARROW && only && only.kind !== 'link' && may.share
        && plain(t.files.share, 'link', () => screen.acts.share(only.path)),
      may.change && plain(t.files.move, 'move', () => screen.acts.move(chosen)),
      innerWidth > NARROW && may.copy && plain(t.files.copy, 'copy', () => screen.acts.copy(chosen)),
      innerWidth > NARROW && screen.shell.me.scopes.includes('transfers')
        && plain(t.files.send, 'transfer', () => screen.acts.send(chosen)),
      innerWidth > NARROW && only && may.change && plain(t.files.rename, 'pen', () => screen.acts.rename(only)),
      may.remove && plain(t.files.remove, 'trash', () => screen.acts.remove(chosen), 'danger'),
      innerWidth <= NARROW && menu(h('span', { class: 'cut' }, t.panel.more), { glyph: 'more', kind: 'plain' },
        () => [
        only && only.kind !== 'link' && may.share && { word: t.files.share, glyph: 'link',
          act: () => screen.acts.share(only.path) },
        may.copy && { word: t.files.copy, glyph: 'copy', act: () => screen.acts.copy(chosen) },
        only && may.change && { word: t.files.rename, glyph: 'pen', act: () => screen.acts.rename(only) },
        screen.shell.me.scopes.includes('transfers')
          && { word: t.files.send, glyph: 'transfer', act: () => screen.acts.send(chosen) }
      ]),
      button('', { glyph: 'close', kind: 'plain', label: t.files.closeSelection, act: () => screen.list.choose([]) }))
  ]
}
