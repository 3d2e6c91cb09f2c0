// Requests for files: those that the user must answer, and those of the user.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { glyphOf } from '../files/list.js'
import { command } from '../parts/command.js'
import { nameOf } from '../parts/name.js'
import { fill, tick } from '../parts/fields.js'
import { addressOf } from '../router.js'
import { t } from '../texts/projects.js'
import { lamp } from './parts.js'

/**
 * @typedef {{id: string, status: 'pending' | 'in_progress' | 'completed' | 'failed' | 'cancelled', approval: string,
 *   attempt: number, file_path: string, total_bytes: number, bytes_transferred: number, speed_mbps: number | null,
 *   eta_seconds: number | null, source_device: {id: string, name: string, online: boolean}, requested_at: string,
 *   transfer_info: {address: string, way: string, reason?: string}, error_message: string | null,
 *   error_code: string | null, requester: {subject: string, name: string}, modified_at: string,
 *   waits_for: string | null}} Request
 * @typedef {{batch_id: string, prefix: string | null, requester: {subject: string, name: string}, status: string,
 *   approval: string, files: number, waiting: number, pending: number, in_progress: number, completed: number,
 *   failed: number, cancelled: number, total_bytes: number, bytes_transferred: number, source_devices: string[],
 *   requested_at: string, completed_at: string | null}} Batch
 */

const MIB = 1 << 20

const fileOf = ({ file_path: path }) => path.slice(path.lastIndexOf('/') + 1)

/**
 * Shows the requests that wait for an answer, grouped by member; those for folders come first.
 * @param {import('../parts/lifecycle.js').Lifecycle} life @param {Request[]} requests @param {Batch[]} batches
 */
export function asking(life, project, requests, batches) {
  const members = Map.groupBy([...batches, ...requests], ({ requester }) => requester.subject)
  return [h('h2', {}, t.asks.head, h('span', { class: 'count' }, String(requests.length + batches.length))),
    ...[...members.values()].map((all) => h('div', { class: 'ask', 'data-id': all[0].requester.subject },
      h('ul', {}, all.map((one) => ('batch_id' in one && one.files ? askAll(life, project, one)
        : ask(life, project, one))))))]
}

const whatOf = ({ prefix, files }) => (prefix ? format.visible(prefix) : t.asks.filesOf(files))

/** Shows a request for a folder. Its files can be viewed before the answer. */
function askAll(life, project, one) {
  const at = `api/projects/${project.id}/batches/${one.batch_id}`
  const who = format.visible(one.requester.name || one.requester.subject)
  const folder = tick(t.asks.folder(who), false)
  const list = h('ul', { class: 'asked-files' })
  const more = h('details', { on: { toggle: () => {
    if (!more.open || list.children.length > 0) return
    life.act(async () => { await listInto(list, project, one); return false })
  } } }, h('summary', {}, t.asks.showFiles(one.waiting)), list)
  const approve = () => life.act(() => fill({
    title: t.asks.approveTitle(whatOf(one), who), text: [t.asks.approveAllText(one.waiting)],
    fields: [folder.element], act: t.asks.send,
    send: () => call('POST', `${at}/approve`, { for: folder.input.checked ? 'folder' : 'version' })
  }), t.asks.approved)
  const decline = () => life.act(() => call('POST', `${at}/decline`, {}), t.asks.declined(who))
  return h('li', {}, h('p', {}, h('b', {}, who), ` ${t.asks.asksFor} `, h('b', {}, whatOf(one))),
    h('small', {}, t.asks.aboutAll(one.waiting, one.total_bytes, one.source_devices.map(format.visible).join(', '),
      one.requested_at)),
    more,
    h('div', { class: 'buttons' }, button(t.asks.send, { kind: 'small', act: approve }),
      button(t.asks.decline, { kind: 'small', act: decline })))
}

const SHOWN = 200

async function listInto(list, project, one) {
  const query = `batch=${one.batch_id}&status=pending&limit=${SHOWN}`
  const { transfers, next_cursor: next } = await call('GET', `api/projects/${project.id}/transfers?${query}`)
  list.replaceChildren(...transfers.map((file) => h('li', {},
    h('span', { class: 'grow' }, format.visible(file.file_path.slice(one.prefix?.length ?? 1))),
    h('span', { class: 'amount' }, format.bytes(file.total_bytes)))),
      ...(next ? [h('li', {}, t.asks.andMore(one.waiting - SHOWN))] : []))
}

/**
 * Requests a folder of devices.
 * @param {import('../parts/lifecycle.js').Lifecycle} life
 * @param {string} prefix with a slash at its end
 */
export const wantAll = (life, project, prefix) => life.act(async () => {
  const asked = await fill({
    title: t.asks.folderTitle(format.visible(prefix)), text: [t.asks.folderText],
    fields: [command(`cu project get ${project.id} ${/^[\w./-]+$/.test(prefix) ? prefix : JSON.stringify(prefix)}`),
      h('p', { class: 'hint' }, t.asks.folderHint)],
    act: t.asks.ask, send: () => call('POST', `api/projects/${project.id}/files/download`, { prefix })
  })
  if (asked?.rejected.length > 0) {
    life.tell({ glyph: 'warn', text: t.asks.refusedSome(asked.rejected.length,
      format.visible(asked.rejected[0].path)) })
  }
  return asked
})

function ask(life, project, one) {
  const at = `api/projects/${project.id}/transfers/${one.id}`
  const who = format.visible(one.requester.name || one.requester.subject)
  const folder = tick(t.asks.folder(who), false)
  const approve = () => life.act(() => fill({
    title: t.asks.approveTitle(format.visible(fileOf(one)), who), text: [t.asks.approveText],
    fields: [folder.element], act: t.asks.send,
    send: () => call('POST', `${at}/approve`, { for: folder.input.checked ? 'folder' : 'version' })
  }), t.asks.approved)
  const decline = () => life.act(() => call('POST', `${at}/decline`, {}), t.asks.declined(who))
  return h('li', {}, h('p', {}, h('b', {}, who), ` ${t.asks.asksFor} `, h('b', {}, format.visible(fileOf(one)))),
    h('small', { title: format.visible(one.file_path) }, t.asks.about(one.total_bytes,
      format.visible(one.source_device.name),
      one.requested_at)),
    h('div', { class: 'buttons' }, button(t.asks.send, { kind: 'small', act: approve }),
      button(t.asks.decline, { kind: 'small', act: decline })))
}

/** Requests a file of a device. @param {import('../parts/lifecycle.js').Lifecycle} life */
export const want = (life, project, path) => life.act(() => call('POST', `api/projects/${project.id}/files/download`,
  { file_path: path, request_mode: 'full' }), t.asks.asked(format.visible(path.slice(path.lastIndexOf('/') + 1))))

/**
 * Creates the row of a file that the user has requested.
 * @param {import('../parts/lifecycle.js').Lifecycle} life
 * @param {Request} one
 */
export function coming(life, project, one) {
  const name = fileOf(one)
  const shown = format.visible(name)
  const at = `api/projects/${project.id}/transfers/${one.id}`
  const { way, reason } = one.transfer_info
  const isStraight = way !== 'relay'
  const isWhole = one.status === 'in_progress' && !isStraight && one.bytes_transferred === one.total_bytes
  const moves = one.status === 'in_progress' && !isWhole && one.bytes_transferred > 0
  const over = t.asks.over[one.status]
  const state = over ?? (one.status === 'failed' ? `${t.asks.failed} ${format.visible(one.error_message ?? '')}`
    : isWhole ? t.asks.whole : (!isStraight && t.asks.waits[one.waits_for]) || (one.status === 'in_progress'
      && t.asks.ways[way])
      || t.asks.comes)
  return h('tr', { class: 'coming', 'data-id': one.id },
    h('td', { class: 'what' }, h('div', {}, icon(glyphOf({ kind: 'file', name })),
      h('div', { class: 'grow' }, nameOf(name),
      !over && one.status !== 'failed' && h('progress', { max: String(Math.max(1, one.total_bytes)),
        value: String(one.bytes_transferred),
        'aria-label': t.asks.here(shown) }),
      h('p', { title: t.asks.why[reason] ?? null }, one.bytes_transferred > 0
        ? `${format.bytesOf(one.bytes_transferred, one.total_bytes)}, ${state}` : state)))),
    h('td', { class: 'amount' }, moves && one.speed_mbps ? format.speed(one.speed_mbps * MIB)
      : format.bytes(one.total_bytes)),
    h('td', { class: 'modified' }, moves && one.eta_seconds ? t.asks.left(format.duration(one.eta_seconds)) : ''),
    h('td', { class: 'where' }, lamp(format.visible(one.source_device.name), one.source_device.online)),
    h('td', { class: 'act' }, h('div', { class: 'buttons tight' },
      // The user need not confirm a download: the last byte completes the request.
      isWhole && h('a', { class: 'button small primary', href: one.transfer_info.address, download: '',
        'aria-label': t.asks.saveIt(shown), on: { click: () => life.later() } }, icon('download'), t.asks.save),
      one.status === 'failed' && button(t.asks.again, { kind: 'small', label: t.asks.againIt(shown),
        act: () => life.act(() => call('POST', `${at}/retry`)) }),
      !over && one.status !== 'failed' && button('', { glyph: 'close', kind: 'plain small',
        label: t.asks.cancel(shown),
        act: () => life.act(() => call('DELETE', at)) }))))
}

/**
 * Creates the row of a folder that the user has requested.
 * @param {import('../parts/lifecycle.js').Lifecycle} life
 * @param {Batch} one
 */
export function comingAll(life, project, one) {
  const open = one.waiting + one.pending + one.in_progress
  const state = open === 0 ? t.asks.someFailed(one.failed + one.cancelled)
    : one.waiting > 0 ? t.asks.waitsAll(one.waiting) : t.asks.comesAll
  return h('tr', { class: 'coming', 'data-id': one.batch_id },
    h('td', { class: 'what' }, h('div', {}, icon('folder'), h('div', { class: 'grow' },
      h('a', { href: addressOf('projects', [project.id], { where: 'coming', batch: one.batch_id }) },
        nameOf(whatOf(one))),
      open > 0 && h('progress', { max: String(Math.max(1, one.total_bytes)), value: String(one.bytes_transferred),
        'aria-label': t.asks.here(whatOf(one)) }),
      h('p', {}, `${t.asks.doneOf(one.completed, one.files)}, ${state}`)))),
    h('td', { class: 'amount' }, format.bytes(one.total_bytes)), h('td', { class: 'modified' }),
    h('td', { class: 'where' }, one.source_devices.map(format.visible).join(', ')),
    h('td', { class: 'act' }, open > 0 && h('div', { class: 'buttons tight' },
      button('', { glyph: 'close', kind: 'plain small',
      label: t.asks.cancel(whatOf(one)),
      act: () => life.act(() => call('DELETE', `api/projects/${project.id}/batches/${one.batch_id}`)) }))))
}
