// Spaces, each with a tree of its own. Team spaces have members, who may read or also change files.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import { bytes, number, visible } from '../format.js'
import { field } from '../parts/dialog.js'
import { fill, tick } from '../parts/fields.js'
import { openMenu } from '../parts/menu.js'
import { forgetSpaces, spacesOf } from '../parts/spaces.js'
import { named, row } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/access.js'
import { t as v } from '../texts/versions.js'
import { finder } from './finder.js'
import { ListPane } from './pane.js'
import { setPolicy } from './policy.js'

/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.spaces.space, 'lead'], [t.spaces.owner], [t.spaces.entries, 'amount'], [t.spaces.size, 'amount'],
  [t.acts, 'acts']]
/** @type {import('../parts/table.js').Column[]} */
const MEMBERS = [[t.spaces.member, 'lead'], [t.spaces.may], [t.acts, 'acts']]

/** Only the owner of a space and administrators manage its members. */
const mayManage = (screen, space) => screen.isAdmin || space?.owner === screen.me.subject

/** @param {import('./screen.js').AccessScreen} screen @param {URLSearchParams} query */
export const open = (screen, query) => (query.get('space') ? membersOf(screen, query.get('space')) : allOf(screen))

function allOf(screen) {
  let nameOf = (subject) => subject
  const pane = new ListPane(screen, {
    label: t.access.titles.spaces, hint: t.spaces.hint, columns: COLUMNS, empty: t.spaces.empty,
    acts: [screen.me.scopes.includes('upload') && button(t.spaces.add,
      { glyph: 'plus', kind: 'primary', act: () => add(pane) })],
    read: async () => {
      nameOf = await screen.names()
      return listOf(screen)
    },
    row: (space) => rowOf(pane, space, nameOf)
  })
  return pane
}

/** Loads the spaces, with the names that they have in the navigation. */
async function listOf(screen) {
  forgetSpaces()
  return { items: await spacesOf(screen.me), nextCursor: null }
}

function rowOf(pane, space, nameOf) {
  const name = space.title
  const team = space.kind === 'team'
  const files = addressOf('files', [], { space: space.id })
  const more = (event) => openMenu(event.currentTarget, [
    { word: t.spaces.open, glyph: 'folder', act: () => go(files) },
    ...(mayManage(pane.screen, space) && ['upload', 'delete'].every((scope) => pane.screen.me.scopes.includes(scope))
      ? [{ word: v.policy.act, glyph: 'clock', act: () => setPolicy(pane, space) }] : []),
    ...(team ? [
      { word: t.spaces.members, glyph: 'person', act: () => go(addressOf('spaces', [], { space: space.id })) },
      mayManage(pane.screen, space) && { word: t.spaces.rename, glyph: 'pen', act: () => rename(pane, space) },
      mayManage(pane.screen, space) && pane.screen.me.scopes.includes('delete')
        && { word: t.spaces.erase, glyph: 'trash', kind: 'danger', act: () => erase(pane, space, name) }
    ].filter(Boolean) : [])
  ])
  return row(COLUMNS, [
    named(h('span', { class: 'what' }, icon(space.glyph), h('a', { href: files }, name)), t.spaces.kinds[space.kind],
      !space.canChange && t.spaces.readOnly),
    space.owner ? visible(nameOf(space.owner)) : t.spaces.tenants, number(space.entries), bytes(space.bytes),
    button('', { glyph: 'more', kind: 'plain small', label: t.moreOf(name), 'aria-haspopup': 'menu', act: more })
  ], { 'data-id': space.id })
}

async function add(pane) {
  const name = field(t.spaces.name, '', { required: true, maxlength: '200' })
  const made = await fill({
    title: t.spaces.add, text: [t.spaces.addText], fields: [name.element], act: t.spaces.make,
    send: () => call('POST', 'api/spaces', { name: name.input.value.trim() })
  })
  if (made) go(addressOf('spaces', [], { space: made.id }))
}

async function rename(pane, space) {
  const name = field(t.spaces.name, space.name, { required: true, maxlength: '200' })
  await pane.act(() => fill({
    title: t.spaces.rename, fields: [name.element], act: t.save,
    send: () => call('PATCH', `api/spaces/${space.id}`, { name: name.input.value.trim() })
  }))
}

/** Deletes a space with all of its files, so the user must type its name. */
async function erase(pane, space, shown) {
  const name = field(t.spaces.typeName(shown), '', { required: true })
  await pane.act(() => fill({
    title: t.spaces.eraseTitle(shown), text: [t.spaces.eraseText(space.entries)], fields: [name.element],
    act: t.spaces.erase,
    kind: 'danger',
    send: async () => {
      if (name.input.value.trim() !== space.name.trim()) throw new Error(t.spaces.otherName(shown))
      await call('DELETE', `api/spaces/${space.id}?contents=delete`)
    }
  }), t.spaces.erased(shown))
}

/** Lists the users and keys that have access to a team space. */
function membersOf(screen, id) {
  const address = `api/spaces/${encodeURIComponent(id)}/members`
  const more = button(t.spaces.addMember, { glyph: 'plus', kind: 'primary', hidden: true,
    act: () => addMember(pane, address, id) })
  const back = addressOf('spaces')
  let space = null
  const pane = new ListPane(screen, {
    label: t.spaces.members, hint: t.spaces.membersHint, columns: MEMBERS, empty: t.spaces.alone,
    acts: [
      h('a', { class: 'button', href: addressOf('files', [], { space: id }) }, icon('folder'), t.spaces.open), more
    ],
    read: async () => {
      const { items } = await listOf(screen)
      space = items.find((one) => one.id === id) ?? null
      if (space) {
        screen.shell.place(space.title, [{ word: t.nav.files, address: addressOf('files') },
          { word: t.nav.spaces, address: back }], back)
      }
      more.hidden = !mayManage(screen, space)
      return call('GET', address)
    },
    row: (member) => memberRow(pane, member, `${address}/${encodeURIComponent(member.subject)}`, space)
  })
  return pane
}

function memberRow(pane, member, address, space) {
  const isOwner = member.subject === space?.owner
  const name = visible(member.name ?? member.subject)
  const set = (canChange) => pane.act(() => call('PUT', address, { canChange }).then(() => true), t.spaces.set(name))
  const more = (event) => openMenu(event.currentTarget, [
    member.canChange ? { word: t.spaces.onlyRead, glyph: 'file', act: () => set(false) }
      : { word: t.spaces.alsoChange, glyph: 'pen', act: () => set(true) },
    { word: t.spaces.remove, glyph: 'trash', kind: 'danger',
      act: () => pane.act(() => call('DELETE', address).then(() => true), t.spaces.removed(name)) }
  ])
  return row(MEMBERS, [
    named(name, isOwner && t.spaces.isOwner), member.canChange ? t.spaces.changes : t.spaces.reads,
    !isOwner && mayManage(pane.screen, space)
      && button('', { glyph: 'more', kind: 'plain small', label: t.moreOf(name), 'aria-haspopup': 'menu', act: more })
  ], { 'data-id': member.subject })
}

const addMember = (pane, address, space) => pane.act(() => {
  const who = finder(space)
  const change = tick(t.spaces.mayChange)
  return fill({
    title: t.spaces.addMember, fields: [who.element, change.element], act: t.spaces.addMember,
    send: async () => call('PUT', `${address}/${encodeURIComponent(who.chosen().subject)}`,
      { canChange: change.input.checked })
  })
})
