// API keys: the user's own, and for administrators all keys of the tenant.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import { visible } from '../format.js'
import { field } from '../parts/dialog.js'
import { choice, fill, several, showOnce, sure } from '../parts/fields.js'
import { openMenu } from '../parts/menu.js'
import { command } from '../parts/command.js'
import { named, row, time } from '../parts/table.js'
import { t } from '../texts/access.js'
import { ListPane } from './pane.js'
import { proofOf } from './proof.js'

/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.keys.key, 'lead'], [t.keys.of], [t.keys.may, 'wide'], [t.keys.used], [t.keys.ends],
  [t.acts, 'acts']]
const DAYS = ['30', '90', '365', '']
const OVERLAPS = ['0', '3600', '86400', '604800']
const USUAL = ['upload', 'list']
const OF_DRIVES = ['upload', 'read', 'delete', 'list']

/** @param {import('./screen.js').AccessScreen} screen */
export function open(screen) {
  let nameOf = (subject) => subject
  const pane = new ListPane(screen, {
    label: t.access.titles.keys, hint: t.keys.hint, columns: COLUMNS, empty: t.keys.empty,
    acts: [
      screen.me.id && screen.me.scopes.includes('read') && button(t.keys.drive, { act: () => makeForDrive(pane) }),
      button(t.keys.make, { glyph: 'plus', kind: 'primary', act: () => make(pane) })
    ],
    read: async (cursor) => {
      nameOf = await screen.names()
      return call('GET', `api/keys${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`)
    },
    row: (key) => rowOf(pane, key, nameOf)
  })
  return pane
}

function rowOf(pane, key, nameOf) {
  const name = visible(key.name)
  const ended = key.revokedAt !== null || (key.expiresAt !== null && Date.parse(key.expiresAt) < Date.now())
  const more = (event) => openMenu(event.currentTarget, [
    { word: t.keys.rotate, glyph: 'retry', act: () => rotate(pane, key) },
    { word: t.keys.revoke, glyph: 'stop', kind: 'danger', act: () => pane.act(async () =>
      await sure(t.keys.revokeTitle(name), t.keys.revokeText, t.keys.revoke)
        && call('DELETE', `api/keys/${key.id}`).then(() => true),
    t.keys.wasRevoked(name)) }
  ])
  return row(COLUMNS, [
    named(name, h('code', {}, `${key.prefix}…`)),
    key.kind === 'tenant' ? t.keys.ofTenant : nameOf(key.user),
    key.scopes.map((scope) => t.keys.scopes[scope] ?? scope).join(', '),
    time(key.usedAt),
    key.revokedAt ? h('span', { class: 'state' }, icon('stop'), t.keys.revoked)
      : ended ? h('span', { class: 'state warn' }, icon('clock'), t.keys.expired)
        : key.expiresAt ? time(key.expiresAt) : t.keys.never,
    !ended && button('', { glyph: 'more', kind: 'plain small', label: t.moreOf(name), 'aria-haspopup': 'menu',
      act: more })
  ], { 'data-id': key.id, class: ended ? 'past' : null })
}

async function make(pane) {
  const { screen } = pane
  const { me } = screen
  const name = field(t.keys.name, '', { required: true, placeholder: t.keys.nameHint })
  /** @type {[value: string, word: string][]} */
  const kinds = []
  if (me.id) kinds.push(['own', t.keys.own])
  if (screen.isAdmin) kinds.push(['tenant', t.keys.tenant])
  const kind = choice(t.keys.kind, kinds)
  const scopes = several(t.keys.may, me.scopes.map((scope) => [scope, t.keys.scopeWords[scope] ?? scope]),
    me.scopes.filter((scope) => USUAL.includes(scope)))
  const days = choice(t.keys.ends, DAYS.map((one) => [one, one ? t.keys.days(Number(one)) : t.keys.never]), '365')
  const proof = proofOf(me)
  const made = await fill({
    title: t.keys.make, act: t.keys.makeIt,
    fields: [name.element, ...(kinds.length > 1 ? [kind.element] : []), scopes.element, days.element,
      ...proof.elements],
    send: () => call('POST', 'api/keys', {
      name: name.input.value.trim(), kind: kind.input.value || undefined, scopes: scopes.values,
      ...(days.input.value ? { days: Number(days.input.value) } : {}), ...proof.values
    })
  })
  if (!made) return
  pane.load()
  await showSecret(made)
}

/** Creates a key for a network drive, and shows the address for each operating system. */
async function makeForDrive(pane) {
  const { me } = pane.screen
  const name = field(t.keys.name, '', { required: true, placeholder: t.keys.driveHint })
  const proof = proofOf(me)
  const made = await fill({
    title: t.keys.drive, text: [t.keys.driveText], act: t.keys.makeIt, fields: [name.element, ...proof.elements],
    send: () => call('POST', 'api/keys', {
      name: name.input.value.trim(), kind: 'own', scopes: me.scopes.filter((scope) => OF_DRIVES.includes(scope)),
      days: 365,
      ...proof.values
    })
  })
  if (!made) return
  pane.load()
  const address = new URL('../dav/', document.baseURI)
  const gnome = address.href.replace(/^http/, 'dav')
  await showOnce(t.keys.secretTitle(visible(made.key.name)), t.keys.drivePassword, [
    command(made.secret),
    ...[[t.keys.driveAddress, address.href], [t.keys.driveGnome, gnome],
      ['rclone',
        `rclone config create drive webdav url=${address.href} vendor=owncloud user=me pass=$(rclone obscure KEY)`]
    ].map(([label, text]) => h('div', {}, h('p', { class: 'hint' }, label), command(text)))
  ], t.keys.kept)
}

async function rotate(pane, key) {
  const overlap = choice(t.keys.overlap, OVERLAPS.map((one) => [one, t.keys.overlaps[one]]), '86400')
  const proof = proofOf(pane.screen.me)
  const made = await fill({
    title: t.keys.rotateTitle(visible(key.name)), text: [t.keys.rotateText],
    fields: [overlap.element, ...proof.elements],
    act: t.keys.rotate,
    send: () => call('POST', `api/keys/${key.id}/rotate`, { overlapSeconds: Number(overlap.input.value),
      ...proof.values })
  })
  if (!made) return
  pane.load()
  await showSecret(made)
}

const showSecret = ({ key, secret }) => showOnce(t.keys.secretTitle(visible(key.name)), t.keys.secretText,
  [command(secret)], t.keys.kept)
