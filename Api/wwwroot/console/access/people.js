// The users of the tenant; operators see all users.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import { visible } from '../format.js'
import { field } from '../parts/dialog.js'
import { choice, fill, showOnce, sure, tick } from '../parts/fields.js'
import { openMenu } from '../parts/menu.js'
import { command } from '../parts/command.js'
import { qrCode } from '../parts/qr.js'
import { named, row, time } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/access.js'
import { ListPane } from './pane.js'

const ROLES = ['guest', 'viewer', 'member', 'admin']
/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.people.who, 'lead'], [t.people.role], [t.people.state], [t.people.factor], [t.people.last],
  [t.acts, 'acts']]

/** @param {import('./screen.js').AccessScreen} screen */
export function open(screen) {
  let nameOf = (subject) => subject
  const pane = new ListPane(screen, {
    label: t.access.titles.people, hint: t.people.hint, columns: COLUMNS, empty: t.people.empty,
    acts: [button(t.people.invite, { glyph: 'plus', kind: 'primary', act: () => invite(pane) })],
    read: async (cursor) => {
      nameOf = await screen.names()
      return call('GET', `api/users${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`)
    },
    row: (user) => rowOf(pane, user, nameOf)
  })
  return pane
}

const stateOf = (user) => {
  /** @type {[glyph: import('../dom.js').IconName, kind: string, word: string]} */
  const [glyph, kind, word] = !user.enabled ? ['stop', 'warn', t.people.disabled]
    : user.hasPassword ? ['check', 'calm', t.people.active] : ['clock', '', t.people.invited]
  return h('span', { class: `state ${kind}`.trim() }, icon(glyph), word)
}

function rolesOf(pane, user, nameOf) {
  const { tenant } = pane.screen.me
  const roles = user.memberships.map((one) =>
    (one.tenant === tenant ? t.me.roles[one.role] : t.people.roleIn(t.me.roles[one.role],
      visible(nameOf(`tenant:${one.tenant}`)))))
  return [user.isOperator && t.me.roles.operator, ...roles].filter(Boolean).join(', ') || '–'
}

function rowOf(pane, user, nameOf) {
  const name = visible(user.displayName)
  const more = button('', { glyph: 'more', kind: 'plain small', label: t.moreOf(name), 'aria-haspopup': 'menu',
    act: (event) => openMenu(event.currentTarget, actsOf(pane, user)) })
  return row(COLUMNS, [
    named(name, user.name, user.email && ` · ${visible(user.email)}`), rolesOf(pane, user, nameOf), stateOf(user),
    user.hasSecondFactor ? t.on : t.off, time(user.signedInAt), more
  ], { 'data-id': user.id })
}

/** @returns {import('../parts/menu.js').MenuItem[]} */
function actsOf(pane, user) {
  const { screen } = pane
  const name = visible(user.displayName)
  const self = user.id === screen.me.id
  const change = (body, told) => pane.act(() => call('PATCH', `api/users/${user.id}`, body), told)
  return [
    { word: t.people.changeRole, glyph: 'person', act: () => setRole(pane, user) },
    { word: t.access.titles.sessions, glyph: 'list', act: () => go(addressOf('sessions', [], { user: user.id })) },
    { word: t.access.titles.limits, glyph: 'gauge',
      act: () => go(addressOf('limits', [], { of: 'user', id: user.id })) },
    !self && { word: t.people.reset, glyph: 'lock', act: () => reset(pane, user, false) },
    !self && user.hasSecondFactor && { word: t.people.resetFactor, glyph: 'lock',
      act: () => reset(pane, user, true) },
    !self && (user.enabled
      ? { word: t.people.disable, glyph: 'stop', act: () => change({ enabled: false }, t.people.disabledNow(name)) }
      : { word: t.people.enable, glyph: 'check', act: () => change({ enabled: true }, t.people.enabledNow(name)) }),
    !self && { word: t.people.remove, glyph: 'trash', kind: 'danger', act: () => pane.act(async () => {
      if (!await sure(t.people.removeTitle(name), t.people.removeText, t.people.remove)) return false
      screen.forgetNames()
      return call('DELETE', `api/users/${user.id}`)
    }, t.people.removed(name)) }
  ].filter(Boolean)
}

async function tenantsOf(screen) {
  if (!screen.me.isOperator && screen.me.memberships.filter(({ role }) => role === 'admin').length < 2) {
    return [screen.me.tenant]
  }
  const { items } = await call('GET', 'api/tenants')
  return items.filter(({ state }) => state === 'active').map(({ name }) => name)
}

async function invite(pane) {
  const { screen } = pane
  const tenants = await tenantsOf(screen).catch(() => [screen.me.tenant])
  const name = field(t.people.name, '', { required: true })
  const display = field(t.people.displayName, '')
  const email = field(t.people.email, '', { type: 'email' })
  const role = choice(t.people.role, ROLES.map((one) => [one, t.people.roles[one]]), 'member')
  const tenant = choice(t.people.tenant, tenants.map((one) => [one, one]), screen.me.tenant)
  const operator = tick(t.people.operator)
  const made = await fill({
    title: t.people.inviteTitle, text: [t.people.inviteText], act: t.people.makeInvitation,
    fields: [name.element, display.element, email.element, role.element,
      ...(tenants.length > 1 ? [tenant.element] : []),
      ...(screen.me.isOperator ? [operator.element] : [])],
    send: () => call('POST', 'api/users', {
      name: name.input.value.trim(), displayName: display.input.value.trim() || undefined,
      email: email.input.value.trim() || undefined,
      role: role.input.value, tenant: tenant.input.value, ...(operator.input.checked ? { isOperator: true } : {})
    })
  })
  if (!made) return
  screen.forgetNames()
  pane.load()
  await showLink(t.people.invitation(visible(made.user.displayName)), made.user.name, made.invitation.link)
}

/** @param {string} title @param {string} name the name with which the user signs in @param {string} link */
function showLink(title, name, link) {
  return showOnce(title, t.people.linkText,
    [h('p', { class: 'signs-in' }, t.people.signsIn(h('b', {}, name))), command(link), qrCode(link, t.qr)], t.done)
}

async function reset(pane, user, secondFactor) {
  const name = visible(user.displayName)
  const title = secondFactor ? t.people.resetFactorTitle(name) : t.people.resetTitle(name)
  const made = await fill({
    title, text: [secondFactor ? t.people.resetFactorText : t.people.resetText], fields: [], act: t.people.makeLink,
    send: () => call('POST', `api/users/${user.id}/reset`, secondFactor ? { secondFactor } : {})
  })
  if (!made) return
  pane.load()
  await showLink(title, user.name, made.link)
}

async function setRole(pane, user) {
  const { screen } = pane
  const tenants = await tenantsOf(screen).catch(() => [screen.me.tenant])
  const tenant = choice(t.people.tenant, tenants.map((one) => [one, one]), screen.me.tenant)
  const held = () => user.memberships.find((one) => one.tenant === tenant.input.value)?.role ?? 'none'
  const role = choice(t.people.role, [...ROLES, 'none'].map((one) => [one, t.people.roles[one]]), held())
  tenant.input.addEventListener('change', () => { role.input.value = held() })
  const address = () => `api/users/${user.id}/memberships/${encodeURIComponent(tenant.input.value)}`
  const operator = tick(t.people.operator, user.isOperator)
  const grants = screen.me.isOperator && user.id !== screen.me.id
  await pane.act(() => fill({
    title: t.people.roleTitle(visible(user.displayName)), act: t.save,
    fields: [...(tenants.length > 1 ? [tenant.element] : []), role.element, ...(grants ? [operator.element] : [])],
    send: async () => {
      if (role.input.value !== held()) {
        await (role.input.value === 'none' ? call('DELETE', address())
          : call('PUT', address(), { role: role.input.value }))
      }
      if (grants && operator.input.checked !== user.isOperator) {
        await call('PATCH', `api/users/${user.id}`, { isOperator: operator.input.checked })
      }
    }
  }), t.people.roleSet(visible(user.displayName)))
}
