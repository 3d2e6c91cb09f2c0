// Schedules and templates of transfers.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { ask } from '../parts/dialog.js'
import { emptyPlace } from '../parts/empty.js'
import { openMenu } from '../parts/menu.js'
import { nameOf } from '../parts/name.js'
import { endKind, endName, storageMark } from '../parts/storage.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/transfers.js'
import { Beginner, show } from './begin.js'
import { optionWords } from './options.js'
import { runsDrawing } from './runs.js'
import { stateWord } from './state.js'
import { whenWords } from './when.js'

/**
 * @typedef {{label: string, source: {connection: string | null, items: string[]}, priority: string,
 *   destination: {connection: string | null, folder: string}, options: Record<string, any>}} Draft
 * @typedef {{at: string, result: string, reason: string | null, transfer: string | null, state: string | null}} Run
 * @typedef {{id: string, title: string, cron: string | null, at: string | null, timeZone: string, enabled: boolean,
 *   arrival: {folder: string, own: boolean, others: string[]} | null, lastRuns: Run[],
 *   nextAt: string | null, lastAt: string | null, lastResult: string | null, lastReason: string | null, lastTransfer:
 *   string | null, lastState: string | null, runs: number, skipped: number, transfer: Draft, names: string[],
 *   folderName: string}} Schedule
 * @typedef {{id: string, title: string, transfer: Draft, names: string[], folderName: string}} Template
 * @typedef {import('../parts/storage.js').Connection} Connection
 */

/**
 * Returns the texts for both ends.
 * @param {Schedule | Template} one
 * @param {Connection[]} connections
 * @returns {[string, string]}
 */
export function endsOf({ transfer: { source, destination }, names, folderName }, connections) {
  const what = names.length > 1 ? t.make.labelOf(names[0], names.length - 1) : names[0] ?? ''
  return [`${endName(source.connection, connections)} / ${format.visible(what)}`,
    `${endName(destination.connection, connections)} / ${format.visible(folderName)}`]
}

/** @param {() => void} again loads the list again @param {(error: Error) => void} failed */
export function savedLists(again, failed) {
  const beginner = new Beginner()
  const act = (doing) => async () => {
    try {
      await doing()
      again()
    } catch (error) { failed(error) }
  }
  const remove = (what, title, address, then = () => {}) => act(async () => {
    const yes = await ask({ title: t.kept.removeTitle(format.visible(title)), text: [t.kept.removeText[what]],
      dismiss: null, answers: [
      { word: t.kept.keep, value: null }, { word: t.kept.remove, value: true, kind: 'danger' }] })
    if (!yes) return
    await call('DELETE', address)
    then()
  })
  const addressOfSchedule = ({ id }) => `api/schedules/${id}`
  /** @param {Schedule} one */
  const enabled = (one) => h('label', { class: 'kept-on' }, h('input',
    { type: 'checkbox', class: 'check', checked: one.enabled,
    'aria-label': t.kept.enabledOf(format.visible(one.title)), on: { change: ({ currentTarget }) =>
      act(() => call('PATCH', addressOfSchedule(one), { enabled: currentTarget.checked }))() } }), t.kept.enabled)
  /** @param {Schedule} one */
  const run = (one) => act(async () => {
    const made = await call('POST', `${addressOfSchedule(one)}/run`)
    go(addressOf('transfers', [made.id]))
  })
  /** @param {Schedule} one @param {() => void} [then] */
  const removeSchedule = (one, then) => remove('schedule', one.title, addressOfSchedule(one), then)

  /** @param {Schedule} one @param {Connection[]} connections */
  function scheduleRow(one, connections) {
    const page = addressOf('transfers', ['schedules', one.id])
    const [from, to] = endsOf(one, connections)
    const title = format.visible(one.title)
    const last = one.lastResult === 'begun' && one.lastTransfer
      ? h('a', { href: addressOf('transfers', [one.lastTransfer]) }, one.lastState
        ? stateWord({ state: one.lastState, wait: null }) : t.kept.results.begun)
      : one.lastResult ? h('span', { class: 'state warn', title: one.lastReason }, icon('alert'),
        t.kept.results[one.lastResult])
        : h('span', { class: 'hint' }, t.kept.notYet)
    return h('li', { class: 'kept-row', 'data-id': one.id },
      h('span', { class: 'storage-pair' }, storageMark(endKind(one.transfer.source.connection, connections)),
        icon('to'),
        storageMark(endKind(one.transfer.destination.connection, connections))),
      h('div', { class: 'what' }, nameOf(one.title, 'a', { class: 'name', href: page }),
        h('p', { class: 'route' }, h('span', { title: from }, from), icon('to'), h('span', { title: to }, to))),
      h('div', {}, whenWords(one), h('small', {}, one.arrival ? t.kept.below(format.visible(one.names[0] ?? ''))
        : one.cron ? one.timeZone : t.kept.once)),
      h('div', {}, last, h('small', { class: 'cut', title: one.lastReason },
        [one.lastAt && format.moment(one.lastAt), one.lastReason && format.visible(one.lastReason),
          one.skipped > 0 && t.kept.skipped(one.skipped)].filter(Boolean).join(', '))),
      h('div', { class: 'wide-only' }, one.lastRuns.length > 0 && runsDrawing(one.lastRuns)),
      h('div', {}, one.arrival && one.enabled ? t.kept.onArrival : one.nextAt ? format.ahead(one.nextAt) : t.kept.off,
        h('small', {}, one.nextAt ? format.moment(one.nextAt) : '')),
      enabled(one),
      h('div', { class: 'buttons tight' },
        !one.arrival && button(t.kept.run, { kind: 'small', act: run(one) }),
        button('', { glyph: 'more', kind: 'plain small', label: t.transfers.moreOf(title), 'aria-haspopup': 'menu',
          act: ({ currentTarget }) => openMenu(currentTarget,
            [{ word: t.schedule.edit, glyph: 'pen',
              act: () => go(addressOf('transfers', ['new'], { schedule: one.id })) },
              { word: t.kept.remove, glyph: 'close', kind: 'danger', act: removeSchedule(one) }]) })))
  }

  /** @param {Template} one @param {Connection[]} connections */
  function templateCard(one, connections) {
    const { transfer } = one
    const [from, to] = endsOf(one, connections)
    const end = (id, word) => h('p', {}, storageMark(endKind(id, connections), 'small'),
      h('span', { class: 'cut', title: word }, word))
    const make = (plan) => act(async () => {
      show(await beginner.begin({ ...transfer, label: transfer.label || one.title, plan }))
    })
    return h('section', { class: 'card template', 'aria-label': format.visible(one.title), 'data-id': one.id },
      h('div', { class: 'template-head' }, nameOf(one.title, 'h2', { class: 'name' }),
        button('', { glyph: 'more', kind: 'plain small', label: t.transfers.moreOf(format.visible(one.title)),
          'aria-haspopup': 'menu',
          act: ({ currentTarget }) => openMenu(currentTarget,
            [{ word: t.kept.remove, glyph: 'close', kind: 'danger',
              act: remove('template', one.title, `api/templates/${one.id}`) }]) })),
      h('div', { class: 'template-body' }, end(transfer.source.connection, from),
        end(transfer.destination.connection, to),
        h('p', { class: 'hint' }, optionWords(transfer.options).map(([, value]) => value).join(', '))),
      h('div', { class: 'card-foot' }, h('div', { class: 'buttons' },
        button(t.make.makePlan, { kind: 'small', act: make(true) }),
        button(t.make.start, { kind: 'small', glyph: 'play', act: make(false) }))))
  }

  const fresh = () => h('a', { class: 'button', href: addressOf('transfers', ['new']) }, icon('plus'),
    t.transfers.new)
  return {
    enabled, run, removeSchedule,
    /** @param {Schedule[]} schedules @param {Connection[]} connections */
    schedules: (schedules, connections) => (schedules.length === 0 ? emptyPlace(...t.kept.noSchedules, fresh())
      : h('div', {}, h('ul', { class: 'kept-rows', 'aria-label': t.transfers.filters.scheduled },
        schedules.map((one) => scheduleRow(one, connections))), h('p', { class: 'hint kept-hint' }, t.kept.overlap))),
    /** @param {Template[]} templates @param {Connection[]} connections */
    templates: (templates, connections) => (templates.length === 0 ? emptyPlace(...t.kept.noTemplates, fresh())
      : h('div', { class: 'template-cards' }, templates.map((one) => templateCard(one, connections))))
  }
}
