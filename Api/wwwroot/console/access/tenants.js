// Tenants: apps, teams or companies that cannot see each other. For operators.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import { visible } from '../format.js'
import { field } from '../parts/dialog.js'
import { fill } from '../parts/fields.js'
import { openMenu } from '../parts/menu.js'
import { named, row, time } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/access.js'
import { ListPane } from './pane.js'

/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.tenants.tenant, 'lead'], [t.tenants.state], [t.tenants.made], [t.acts, 'acts']]
const STATES = { active: ['check', 'calm'], suspended: ['pause', 'warn'], removing: ['trash', 'bad'] }
// The tenant of the operator key, which cannot be removed.
const STAYS = 'default'

/** @param {import('./screen.js').AccessScreen} screen */
export function open(screen) {
  const pane = new ListPane(screen, {
    label: t.access.titles.tenants, hint: t.tenants.hint, columns: COLUMNS, empty: t.tenants.empty,
    acts: [button(t.tenants.add, { glyph: 'plus', kind: 'primary', act: () => add(pane) })],
    read: () => call('GET', 'api/tenants'),
    row: (tenant) => rowOf(pane, tenant)
  })
  return pane
}

function rowOf(pane, tenant) {
  const title = visible(tenant.title)
  const [glyph, kind] = STATES[tenant.state]
  const more = (event) => openMenu(event.currentTarget, actsOf(pane, tenant, title))
  return row(COLUMNS, [
    named(title, h('code', {}, tenant.name)), h('span', { class: `state ${kind}` }, icon(glyph),
      t.tenants.states[tenant.state]),
    time(tenant.createdAt),
    tenant.state !== 'removing'
      && button('', { glyph: 'more', kind: 'plain small', label: t.moreOf(title), 'aria-haspopup': 'menu',
        act: more })
  ], { 'data-id': tenant.name })
}

/** @returns {import('../parts/menu.js').MenuItem[]} */
function actsOf(pane, tenant, title) {
  const address = `api/tenants/${encodeURIComponent(tenant.name)}`
  const suspend = (suspended, told) => pane.act(() => call('PATCH', address, { suspended }), told)
  return [
    { word: t.tenants.rename, glyph: 'pen', act: () => rename(pane, tenant, address) },
    { word: t.access.titles.limits, glyph: 'gauge',
      act: () => go(addressOf('limits', [], { of: 'tenant', id: tenant.name })) },
    tenant.state === 'suspended' ? { word: t.tenants.resume, glyph: 'play',
      act: () => suspend(false, t.tenants.resumed(title)) }
      : { word: t.tenants.suspend, glyph: 'pause', act: () => suspend(true, t.tenants.suspended(title)) },
    tenant.name !== STAYS && { word: t.tenants.remove, glyph: 'trash', kind: 'danger',
      act: () => remove(pane, tenant, title, address) }
  ].filter(Boolean)
}

async function add(pane) {
  const name = field(t.tenants.name, '', { required: true, pattern: '[a-z0-9]([a-z0-9\\-]*[a-z0-9])?',
    title: t.tenants.nameHint })
  const title = field(t.tenants.title, '')
  await pane.act(() => fill({
    title: t.tenants.add, text: [t.tenants.addText], fields: [name.element, title.element], act: t.tenants.addIt,
    send: () => call('POST', 'api/tenants', { name: name.input.value.trim(),
      title: title.input.value.trim() || undefined })
  }))
}

async function rename(pane, tenant, address) {
  const title = field(t.tenants.title, tenant.title, { required: true })
  await pane.act(() => fill({
    title: t.tenants.rename, fields: [title.element], act: t.save,
    send: () => call('PATCH', address, { title: title.input.value.trim() })
  }))
}

/** Deletes a tenant with all of its data, so the user must type its name. */
async function remove(pane, tenant, title, address) {
  const name = field(t.tenants.typeName(tenant.name), '', { required: true })
  await pane.act(() => fill({
    title: t.tenants.removeTitle(title), text: [t.tenants.removeText], fields: [name.element], act: t.tenants.remove,
    kind: 'danger',
    send: async () => {
      if (name.input.value.trim() !== tenant.name) throw new Error(t.tenants.otherName(tenant.name))
      await call('DELETE', address)
    }
  }), t.tenants.removed(title))
}
