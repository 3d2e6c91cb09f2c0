// The devices of the user: computers on which `cu agent` serves or receives files of projects.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import { visible } from '../format.js'
import { field } from '../parts/dialog.js'
import { fill, sure } from '../parts/fields.js'
import { openMenu } from '../parts/menu.js'
import { command } from '../parts/command.js'
import { named, row, time } from '../parts/table.js'
import { t } from '../texts/access.js'
import { ListPane } from './pane.js'

/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.devices.device, 'lead'], [t.devices.state], [t.devices.last], [t.devices.since], [t.acts, 'acts']]
const EVERY = 15_000

/** @param {import('./screen.js').AccessScreen} screen */
export function open(screen) {
  const pane = new ListPane(screen, {
    label: t.access.titles.devices, hint: t.devices.hint, columns: COLUMNS, empty: t.devices.empty,
    every: () => EVERY,
    read: async () => ({ items: (await call('GET', 'api/devices')).devices, nextCursor: null }),
    row: (device) => rowOf(pane, device)
  })
  pane.element.append(h('div', { class: 'stack' }, h('p', { class: 'hint' }, t.devices.how),
    command('cu login && cu agent')))
  return pane
}

function rowOf(pane, device) {
  const name = visible(device.name)
  const more = (event) => openMenu(event.currentTarget, [
    { word: t.devices.rename, glyph: 'pen', act: () => rename(pane, device, name) },
    { word: t.devices.revoke, glyph: 'stop', kind: 'danger', act: () => pane.act(async () => {
      if (!await sure(t.devices.revokeTitle(name), t.devices.revokeText, t.devices.revoke)) return false
      await call('DELETE', `api/devices/${device.id}`)
      return true
    }, t.devices.revoked(name)) }
  ])
  const state = device.revoked_at ? h('span', { class: 'state' }, icon('stop'), t.devices.ended)
    : device.online ? h('span', { class: 'state calm' }, icon('check'), t.devices.online)
      : h('span', { class: 'state' }, icon('offline'), t.devices.offline)
  return row(COLUMNS, [
    named(name, [device.platform, device.version && `cu ${device.version}`].filter(Boolean).map(visible).join(', ')),
    state,
    time(device.last_seen_at), time(device.created_at),
    !device.revoked_at && button('', { glyph: 'more', kind: 'plain small', label: t.moreOf(name),
      'aria-haspopup': 'menu', act: more })
  ], { 'data-id': device.id, class: device.revoked_at ? 'past' : null })
}

function rename(pane, device, name) {
  const input = field(t.devices.name, device.name, { required: true, maxlength: '200' })
  return pane.act(() => fill({
    title: t.devices.renameTitle(name), fields: [input.element], act: t.save,
    send: () => call('PATCH', `api/devices/${device.id}`, { name: input.input.value.trim() })
  }))
}
