// Links with which people without an account upload or download files.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import { bytes, number, visible } from '../format.js'
import { sure } from '../parts/fields.js'
import { openMenu } from '../parts/menu.js'
import { spaceOf, spacesOf } from '../parts/spaces.js'
import { named, row, time } from '../parts/table.js'
import { addressOf, homeOf } from '../router.js'
import { t } from '../texts/access.js'
import { ListPane } from './pane.js'

/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.links.link, 'lead'], [t.links.state], [t.links.used], [t.links.ends], [t.links.by],
  [t.acts, 'acts']]
const STATES = { open: ['check', 'calm'], expired: ['clock', ''], revoked: ['stop', ''] }

/** @param {import('./screen.js').AccessScreen} screen */
export function open(screen) {
  let nameOf = (subject) => subject
  const pane = new ListPane(screen, {
    label: t.access.titles.links, hint: t.links.hint, columns: COLUMNS,
    empty: t.links.empty(screen.me.scopes.includes('upload')),
    acts: [
      h('a', { class: 'button', href: addressOf('files') }, icon('folder'), t.links.share),
      screen.me.scopes.includes('upload') && button(t.links.ask,
        { glyph: 'plus', kind: 'primary', act: () => ask(pane) })
    ],
    read: async (cursor) => {
      nameOf = await screen.names()
      const page = await call('GET', `api/links${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`)
      await nameUntitled(screen.me, page.items)
      return page
    },
    row: (link) => rowOf(pane, link, nameOf)
  })
  return pane
}

/** Names links without a title after their target. @param {any} me @param {any[]} links */
async function nameUntitled(me, links) {
  const untitled = links.filter(({ title }) => !title)
  const all = untitled.length > 0 ? await spacesOf(me) : []
  await Promise.all(untitled.map(async (link) => {
    const found = await call('GET', `api/entries/${link.entry}`).catch(() => null)
    const path = (found?.folder ?? found)?.path
    link.place = path === '' ? spaceOf(all, link.space)?.title : path?.split('/').pop()
  }))
}

async function ask(pane) {
  const { me } = pane.screen
  const { askForFiles } = await import('../frame/make.js')
  if (await askForFiles(me, { space: homeOf(me), path: '' })) pane.load()
}

/** "3 of 20 downloads", "2 files, 14.0 MiB" */
function usedOf(link) {
  const of = (used, most) => (most === null ? number(used) : t.links.of(used, most))
  return link.kind === 'download' ? t.links.downloads(of(link.downloads, link.maxDownloads))
    : `${t.links.files(of(link.files, link.maxFiles))}, ${bytes(link.bytes)}`
}

function rowOf(pane, link, nameOf) {
  const name = visible(link.title || link.place || t.links.untitled)
  const [glyph, kind] = STATES[link.state]
  const more = (event) => openMenu(event.currentTarget, [
    { word: t.links.change, glyph: 'pen',
      act: () => pane.act(async () => (await import('../parts/share.js')).changeLink(link)) },
    { word: t.links.revoke, glyph: 'stop', kind: 'danger', act: () => pane.act(async () =>
      await sure(t.links.revokeTitle(name), t.links.revokeText, t.links.revoke)
        && call('DELETE', `api/links/${link.id}`).then(() => true),
    t.links.revoked(name)) }
  ])
  return row(COLUMNS, [
    named(h('span', { class: 'what' }, icon(link.kind === 'upload' ? 'upload' : 'download'), name),
      t.links.kinds[link.kind],
      link.hasPassword && t.links.password),
    h('span', { class: `state ${kind}`.trim() }, icon(glyph), t.links.states[link.state]),
    h('span', { class: 'short' }, usedOf(link)), time(link.expiresAt),
    h('span', { class: 'short' }, nameOf(link.madeBy)),
    link.state !== 'revoked'
      && button('', { glyph: 'more', kind: 'plain small', label: t.moreOf(name), 'aria-haspopup': 'menu', act: more })
  ], { 'data-id': link.id, class: link.state === 'open' ? null : 'past' })
}
