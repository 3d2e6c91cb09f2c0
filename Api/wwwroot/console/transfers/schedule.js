// The screen of one schedule: what it transfers and when, its last runs, and the arrived files.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { nameOf } from '../parts/name.js'
import { learnNames } from '../parts/people.js'
import { connections } from '../parts/storage.js'
import { named, row, table, time } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/transfers.js'
import { endsOf, savedLists } from './saved.js'
import { optionWords } from './options.js'
import { runsDrawing } from './runs.js'
import { stateWord } from './state.js'
import { whenWords } from './when.js'
import { othersOf, uploaderWords, wordOf } from './uploaders.js'

const EVERY = 5_000
/** @type {import('../parts/table.js').Column[]} */
const RUN_COLUMNS = [[t.schedule.time, 'lead'], [t.schedule.result], [t.schedule.why, 'wide']]
/** @type {import('../parts/table.js').Column[]} */
const ARRIVAL_COLUMNS = [[t.schedule.file, 'lead'], [t.schedule.by], [t.schedule.arrived], [t.schedule.result],
  [t.schedule.why, 'wide']]

/** @typedef {{at: string, result: string, reason: string | null, transfer: string | null, state: string | null}} Run
 *  @typedef {{path: string, subject: string, at: string, state: string, transfer: string | null,
 *  reason: string | null}} Arrival */

export class SchedulePage {
  #life
  #shown = ''
  #content = h('div', { class: 'stack' }, bones())
  #savedLists
  /** @type {import('./uploaders.js').Other[]} */
  #others = []

  /** @param {import('../shell.js').Shell} shell @param {string} id */
  constructor(shell, id) {
    this.shell = shell
    this.id = id
    this.#life = new Lifecycle(shell, { read: () => this.#read(), every: () => EVERY,
      failed: (error) => this.#failed(error) })
    this.element = h('div', { class: 'stack' }, this.#life.notes.element, this.#content)
    this.#savedLists = savedLists(() => this.#life.load(), (error) => this.#life.notes.show('act', {
      kind: 'bad', glyph: 'fail', lead: t.transfers.actFault, text: error.message,
      actions: [{ word: t.close, act: () => this.#life.notes.hide('act') }]
    }))
    this.#place(t.schedule.title)
    this.#life.load()
  }

  close() { this.#life.leave() }

  #place(title) {
    const list = addressOf('transfers', [], { state: 'scheduled' })
    this.shell.place(title, [{ word: t.transfers.title, address: addressOf('transfers') },
      { word: t.transfers.filters.scheduled, address: list }], list)
  }

  async #read() {
    const address = `api/schedules/${encodeURIComponent(this.id)}`
    const [schedule, known] = await Promise.all([call('GET', address), connections()])
    const arrivals = schedule.arrival ? (await call('GET', `${address}/arrivals`)).items : []
    await learnNames(this.shell, [...arrivals.map(({ subject }) => subject), ...(schedule.arrival?.others ?? [])])
    if (schedule.arrival && this.#others.length === 0) this.#others = await othersOf(this.shell.me, null)
    return () => this.#show(schedule, known, arrivals)
  }

  #failed(error) {
    if (error.status !== 404) return false
    this.#content.replaceChildren(emptyPlace(t.schedule.gone, t.detail.goneHint,
      h('a', { class: 'button', href: addressOf('transfers', [], { state: 'scheduled' }) },
        t.transfers.filters.scheduled)))
    return true
  }

  /**
   * @param {import('./saved.js').Schedule} one
   * @param {import('../parts/storage.js').Connection[]} known
   * @param {Arrival[]} arrivals
   */
  #show(one, known, arrivals) {
    const shown = JSON.stringify([one, known, arrivals])
    if (shown === this.#shown) return
    this.#shown = shown
    this.#place(format.visible(one.title))
    const [from, to] = endsOf(one, known)
    const fact = (word, ...what) => [h('dt', {}, word), h('dd', {}, what)]
    const card = (title, ...what) => h('section', { class: 'card', 'aria-label': title },
      h('div', { class: 'card-head' }, h('h2', {}, title)), what)
    this.#content.replaceChildren(
      h('div', { class: 'head' },
        h('div', { class: 'grow' }, nameOf(one.title, 'h2', { class: 'title' }),
          h('div', { class: 'about' }, h('span', {}, t.transfers.route(from, to)))),
        h('div', { class: 'buttons' }, this.#savedLists.enabled(one),
          !one.arrival && button(t.kept.run, { glyph: 'play', act: this.#savedLists.run(one) }),
          button(t.schedule.edit, { glyph: 'pen',
            act: () => go(addressOf('transfers', ['new'], { schedule: one.id })) }),
          button(t.kept.remove, { glyph: 'close', kind: 'plain danger',
            act: this.#savedLists.removeSchedule(one, () =>
            go(addressOf('transfers', [], { state: 'scheduled' }))) }))),
      h('div', { class: 'schedule-parts' },
        h('div', { class: 'stack' },
          one.arrival && card(t.schedule.arrivals, arrivals.length === 0 ? emptyPlace(...t.schedule.noArrivals)
            : table(t.schedule.arrivals, ARRIVAL_COLUMNS, arrivals.map((arrival) => this.#arrival(arrival)))),
          card(t.schedule.runs, one.lastRuns.length === 0 ? emptyPlace(t.kept.notYet, '')
            : table(t.schedule.runs, RUN_COLUMNS, one.lastRuns.map((run) => this.#run(run))))),
        h('section', { class: 'card facts-card', 'aria-label': t.detail.facts },
          h('div', { class: 'card-head' }, h('h2', {}, t.detail.facts)),
          h('dl', { class: 'facts card-body' }, fact(t.when.title, whenWords(one), one.cron && `, ${one.timeZone}`),
            one.arrival ? fact(t.arrival.whose, uploaderWords(one.arrival, this.#others))
              : fact(t.schedule.next, one.nextAt ? format.moment(one.nextAt) : t.kept.off),
            fact(t.schedule.last, runsDrawing(one.lastRuns)),
            fact(t.detail.from, from), fact(t.detail.to, to),
            optionWords(one.transfer.options).flatMap(([word, value]) => fact(word, value))))))
  }

  /** @param {Arrival} one */
  #arrival({ path, subject, at, state, transfer, reason }) {
    return row(ARRIVAL_COLUMNS, [named(nameOf(path)), wordOf(subject, this.#others), time(at),
      transfer ? h('a', { href: addressOf('transfers', [transfer]) }, t.schedule.states[state])
        : t.schedule.states[state],
      reason ?? '–'])
  }

  /** @param {Run} run */
  #run({ at, result, reason, transfer, state }) {
    const word = result === 'begun' && transfer
      ? h('a', { href: addressOf('transfers', [transfer]) },
        state ? stateWord({ state, wait: null }) : t.kept.results.begun)
      : h('span', { class: 'state warn' }, icon('alert'), t.kept.results[result])
    return row(RUN_COLUMNS, [named(time(at)), word, reason ? format.visible(reason) : '–'])
  }
}
