// All runs of one job, the newest first.
import { call } from '../api.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { t } from '../texts/jobs.js'
import { stateOf, stateWord } from './row.js'
import { inWords } from './schedule.js'

const PAGE = 50

export class RunList {
  #items = []
  #next = null
  #shown = ''
  #head = h('div', { class: 'head' })
  #fault = h('p', { class: 'fault hint', role: 'alert', hidden: true })
  #place = h('section', { class: 'card', 'aria-label': t.jobs.runs })
  #count = h('span', { class: 'hint' })
  #more = button(t.jobs.older, { hidden: true, act: () => this.#load(true) })

  /** @param {string} name @param {import('./screen.js').JobActs} acts */
  constructor(name, acts) {
    this.name = name
    this.acts = acts
    this.element = h('div', { class: 'stack' }, this.#head, this.#fault, this.#place, h('div', {}, this.#more))
    this.#place.replaceChildren(bones())
    this.#load()
  }

  /** Loads the runs again when a run has ended. @param {string} job */
  ended(job) { if (job === this.name) this.#load() }

  /** @param {import('./row.js').Job | null} job */
  show(job) {
    if (!job) { this.#head.replaceChildren(emptyPlace(t.jobs.unknown, t.jobs.unknownHint)); return }
    const look = [stateOf(job), job.paused, job.state, this.acts.busy(job.name), job.lastRun?.startedAt].join()
    if (look === this.#shown) return
    // If events do not arrive, another last run in the list shows that the run has ended.
    if (this.#shown && job.lastRun?.startedAt !== this.#items[0]?.startedAt) this.#load()
    this.#shown = look
    const busy = job.state === 'running' || this.acts.busy(job.name)
    this.#head.replaceChildren(
      h('div', { class: 'grow' }, h('h2', { class: 'title' }, job.name),
        h('div', { class: 'about' }, stateWord(stateOf(job)),
          job.paused && stateOf(job) !== 'paused' && stateWord('paused'),
          h('span', {}, job.description), h('span', { title: t.jobs.cron(job.schedule) }, inWords(job.schedule)))),
      h('div', { class: 'buttons' },
        button(t.jobs.run, { glyph: 'retry', disabled: busy, act: () => this.acts.run(job) }),
        job.paused ? button(t.resume, { glyph: 'play', act: () => this.acts.resume(job) })
          : button(t.pause, { glyph: 'pause', act: () => this.acts.pause(job) })))
  }

  async #load(more = false) {
    try {
      const cursor = more && this.#next ? `&cursor=${encodeURIComponent(this.#next)}` : ''
      const page = await call('GET', `api/jobs/${encodeURIComponent(this.name)}/history?limit=${PAGE}${cursor}`)
      this.#items = more ? [...this.#items, ...page.items] : page.items
      this.#next = page.nextCursor
      this.#fault.hidden = true
      this.#list()
    } catch (error) {
      this.#fault.hidden = error.status === 404
      say(this.#fault, error.message)
      if (this.#items.length === 0) this.#place.hidden = true
    }
  }

  #list() {
    this.#place.hidden = false
    this.#more.hidden = this.#next === null
    if (this.#items.length === 0) { this.#place.replaceChildren(emptyPlace(t.jobs.noRuns,
      t.jobs.noRunsHint)); return }
    say(this.#count, `${format.number(this.#items.length)}${this.#next ? '+' : ''}`)
    const column = (word, kind = '') => h('th', { class: kind, scope: 'col' }, word)
    this.#place.replaceChildren(
      h('div', { class: 'card-head' }, h('h2', {}, t.jobs.runs), this.#count),
      h('table', { class: 'runs-table' },
        h('thead', {}, h('tr', {}, column(t.jobs.began), column(t.jobs.result), column(t.jobs.took, 'amount'),
          column(t.jobs.deed, 'wide'))),
        h('tbody', {}, this.#items.map((run) => h('tr', {},
          h('td', { class: 'c-time', title: format.exactTime(run.startedAt) }, format.moment(run.startedAt)),
          h('td', { class: 'c-state' }, stateWord(run.outcome)),
          h('td', { class: 'amount' }, format.took(run.durationMs)),
          h('td', { class: run.error ? 'wide fault' : 'wide' }, run.error ?? run.summary,
            run.byHand && h('span', { class: 'by-hand' }, icon('person'), t.jobs.byHand)))))))
  }
}
