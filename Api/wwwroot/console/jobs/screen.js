// The Jobs screen: the recurring jobs of the service, and the runs of one job.
import { ask, call, codeOf } from '../api.js'
import { h, icon } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { segments } from '../parts/segments.js'
import { addressOf } from '../router.js'
import { t } from '../texts/jobs.js'
import { JobRow, RUNS, stateOf } from './row.js'
import { RunList } from './runs.js'

const TICK = 1_000
const SOON = 300
const WHILE_RUNNING = 2_000
const WITHOUT_EVENTS = 5_000
const WITH_EVENTS = 30_000
// A due run starts within moments. If it is this late, no process runs jobs.
const OVERDUE = 120_000
const FILTERS = ['all', 'running', 'failed', 'paused']
const RANK = { failed: 0, running: 1 }

/** @typedef {{run: (job: import('./row.js').Job) => void, pause: (job: import('./row.js').Job) => void,
 *   resume: (job: import('./row.js').Job) => void, busy: (name: string) => boolean}} JobActs */

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new JobsScreen(shell)
  screen.go(route)
  return { element: screen.element, close: () => screen.life.leave(), go: (next) => screen.go(next) }
}

class JobsScreen {
  #rows = new Map()
  #asked = new Set()
  /** @type {import('./row.js').Job[] | null} */
  #jobs = null
  #filter = 'all'
  #runs = null
  #away = 0
  #seg = segments(t.jobs.filter, FILTERS.map((id) => ({ id, word: t.jobs.filters[id], address: this.#address(id) })))
  #pulse = h('p', { class: 'pulse' })
  #body = h('tbody')
  #place = h('section', { class: 'card', 'aria-label': t.jobs.title })
  #list
  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    this.life = new Lifecycle(shell, {
      read: () => this.#read(), every: () => this.#pace, fault: t.jobs.fault, failed: (error) => this.#refused(error)
    })
    this.notes = this.life.notes
    this.#list = h('div', { class: 'stack' },
      h('div', { class: 'tools of-jobs' }, this.#seg.element, this.#pulse,
        h('a', { class: 'button end', href: '../hangfire' }, t.jobs.hangfire, icon('out'))),
      this.notes.element, this.#place)
    this.element = h('div', { class: 'stack' })
    this.#place.replaceChildren(bones())
    this.life.until(live.widely(), live.on('event', ({ kind, data }) => {
      if (kind !== 'job_started' && kind !== 'job_ended') return
      this.life.later(SOON)
      if (kind === 'job_ended') this.#runs?.ended(data.job)
    }))
    const timer = setInterval(() => this.#tick(), TICK)
    this.life.until(() => clearInterval(timer))
    this.life.load()
  }

  /** @param {import('../router.js').Route} route */
  go(route) {
    const [name] = route.path
    const asked = route.query.get('state')
    this.#filter = FILTERS.includes(asked) ? asked : 'all'
    if (name) {
      this.#runs = new RunList(name, this.#acts)
      this.shell.place(name, [{ word: t.jobs.title, address: addressOf('jobs') }], addressOf('jobs'))
      this.element.replaceChildren(this.notes.element, this.#runs.element)
    } else {
      this.#runs = null
      this.shell.place(t.jobs.title)
      this.#list.insertBefore(this.notes.element, this.#place)
      this.element.replaceChildren(this.#list)
    }
    this.#show()
    return true
  }

  #address(filter) { return addressOf('jobs', [], { state: filter === 'all' ? null : filter }) }

  /** @type {JobActs} */
  #acts = {
    run: (job) => this.#act(job, 'run'),
    pause: (job) => this.#act(job, 'pause'),
    resume: (job) => this.#act(job, 'resume'),
    busy: (name) => this.#asked.has(name)
  }

  async #act(job, verb) {
    this.#asked.add(job.name)
    this.#show()
    try {
      const now = await call('POST', `api/jobs/${encodeURIComponent(job.name)}/${verb}`)
      this.#jobs = this.#jobs.map((one) => (one.name === now.name ? now : one))
      this.notes.hide('act')
    } catch (error) {
      this.notes.show('act', { kind: 'bad', glyph: 'fail', lead: t.jobs.actFault(job.name), text: error.message,
        code: codeOf(error) })
    } finally {
      this.#asked.delete(job.name)
      this.#show()
      this.life.later(SOON)
    }
  }

  get #pace() {
    return this.#jobs?.some(({ state }) => state === 'running') ? WHILE_RUNNING
      : live.now.streaming ? WITH_EVENTS : WITHOUT_EVENTS
  }

  async #read() {
    const [{ body, header }, { waits }] = await Promise.all([ask('GET', 'api/jobs'), call('GET', 'api/nodes')])
    return () => {
      if (waits) this.notes.show('work', { kind: 'bad', glyph: 'alert', text: waits })
      else this.notes.hide('work')
      // The clock of the service decides which runs are due.
      const served = Date.parse(header('Date') ?? '')
      this.#away = Number.isNaN(served) ? 0 : served - Date.now()
      this.#jobs = body.items.map((job) => ({ ...job, waits: waits !== null }))
      this.#show()
      return Promise.all(body.items.map((job) => this.#loadRuns(job)))
    }
  }

  #refused({ status }) {
    if (status === 403) this.#place.replaceChildren(emptyPlace(t.jobs.notYours, t.jobs.notYoursHint))
    return status === 403
  }

  async #loadRuns(job) {
    const row = this.#rows.get(job.name)
    if (!row || row.history[0]?.startedAt === job.lastRun?.startedAt) { row?.showRuns(row.history); return }
    const page = await call('GET', `api/jobs/${encodeURIComponent(job.name)}/history?limit=${RUNS}`)
    row.showRuns(page.items)
  }

  #show() {
    if (!this.#jobs) return
    const counts = { all: this.#jobs.length, running: 0, failed: 0, paused: 0 }
    for (const job of this.#jobs) {
      const state = stateOf(job)
      if (state in counts) counts[state]++
      if (job.paused && state !== 'paused') counts.paused++
    }
    this.#seg.show(this.#filter, counts)
    this.shell.count('jobs', counts.failed, true)
    const wanted = this.#jobs
      .filter((job) => this.#filter === 'all' || stateOf(job) === this.#filter
        || (this.#filter === 'paused' && job.paused))
      .sort((a, b) => (RANK[stateOf(a)] ?? 2) - (RANK[stateOf(b)] ?? 2) || a.name.localeCompare(b.name))
    const rows = wanted.map((job) => {
      const row = this.#rows.get(job.name) ?? new JobRow(job, this.#acts)
      this.#rows.set(job.name, row)
      row.update(job)
      return row
    })
    const elements = rows.flatMap(({ element }) => element)
    if (elements.length !== this.#body.children.length
      || elements.some((element, i) => element !== this.#body.children[i])) {
      this.#body.replaceChildren(...elements)
    }
    if (wanted.length === 0) this.#place.replaceChildren(emptyPlace(t.jobs.none[this.#filter], t.jobs.noneHint))
    else if (!this.#place.contains(this.#body)) this.#place.replaceChildren(this.#table())
    this.#runs?.show(this.#jobs.find(({ name }) => name === this.#runs.name) ?? null)
    this.#showPulse()
  }

  #table() {
    const column = (word, kind) => h('th', { class: kind, scope: 'col' }, word)
    return h('table', { class: 'jobs' },
      h('thead', {}, h('tr', {}, column(t.jobs.job, 'c-name'), column(t.jobs.schedule, 'c-when'),
        column(t.jobs.last, 'c-last'),
        column(t.jobs.lastFew(RUNS), 'c-hist'), column(t.jobs.next, 'c-next'),
        h('th', { class: 'c-act', scope: 'col' }, h('span', { class: 'only-heard' }, t.jobs.acts)))), this.#body)
  }

  /** Shows whether any process runs jobs. */
  #showPulse() {
    const now = Date.now() + this.#away
    const late = this.#jobs.find(({ nextRunAt, paused, state }) =>
      !paused && state === 'idle' && nextRunAt && now - Date.parse(nextRunAt) > OVERDUE)
    const off = this.#jobs.some(({ nextRunAt, paused }) => !paused && !nextRunAt)
    const runs = this.#jobs.map(({ lastRun }) => lastRun && new Date(lastRun.startedAt).getTime()
      + lastRun.durationMs).filter(Boolean)
    const word = late ? t.jobs.nothingRuns : off ? t.jobs.off
      : runs.length > 0 ? t.jobs.pulse(format.ago(Math.max(...runs), now)) : ''
    const glyph = late ? 'fail' : off ? 'stop' : 'check'
    if (this.#pulse.textContent !== word) this.#pulse.replaceChildren(...(word ? [icon(glyph), word] : []))
    this.#pulse.className = late ? 'pulse bad' : 'pulse'
    if (off) this.notes.show('off', { kind: 'warn', glyph, lead: t.jobs.off, text: t.jobs.offHint })
    else this.notes.hide('off')
    if (!late) { this.notes.hide('late'); return }
    this.notes.show('late', { kind: 'bad', glyph: 'fail', lead: t.jobs.nothingRuns,
      text: t.jobs.overdue(late.name, format.duration((now - Date.parse(late.nextRunAt)) / 1000)) })
  }

  #tick() {
    if (!this.#jobs || document.hidden) return
    for (const row of this.#rows.values()) row.tick()
    this.#showPulse()
  }
}
