// The Overview screen: current activity, problems, and the last 24 hours. While the service is unreachable, the last
// state stays and is marked as outdated.
import { ask, call, codeOf, root } from '../api.js'
import { h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { paths } from '../icons.js'
import { live } from '../live.js'
import { byStart, byteScale, chartKey, countScale, keepFold, stepsOf, timeAxis, timeChart } from '../parts/chart.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { nameOf } from '../parts/name.js'
import { Notes } from '../parts/notes.js'
import { beginOf } from '../parts/range.js'
import { addressOf } from '../router.js'
import { t } from '../texts/overview.js'
import { problemList, problemsOf } from './problems.js'
import { loadSetUp } from './setup.js'

Object.assign(paths, {
  alert: 'M8 2.5 14 13H2zM8 6.5v3M8 11.3v.1',
  disk: 'M3 4.5c0-1 2.2-1.8 5-1.8s5 .8 5 1.8v7c0 1-2.2 1.8-5 1.8s-5-.8-5-1.8zm0 0c0 1 2.2 1.8 5 1.8s5-.8 5-1.8'
    + 'M3 8c0 1 2.2 1.8 5 1.8S13 9 13 8'
})

const SOON = 1_500
const NOW = 3_000
const ALL = 10_000
const SELDOM = 60_000
const STEP = 600_000
const RECENT = 8
const ENDS = ['completed', 'failed', 'cancelled', 'expired']
const STATES = ['created', 'job_ended', 'store_degraded', 'store_healthy']
const LOOKS = { completed: ['check', 'calm'], failed: ['fail', 'bad'], expired: ['clock', ''],
  cancelled: ['stop', ''] }

/** @param {import('../shell.js').Shell} shell */
export function open(shell) {
  const screen = new Overview(shell)
  return { element: screen.element, close: () => screen.close() }
}

class Overview {
  #offs = []
  #closed = false
  #allTimer = 0
  #nowTimer = 0
  #tick
  /** @type {any} */
  #state = null
  #now = null
  #goodAt = 0
  #nextAt = 0
  #away = 0
  #set = { system: null, hooks: [], limits: [] }
  #setUpAt = 0
  #allProblems = false
  #tiles = new Map(['active', 'speed', 'success', 'today', 'saved', 'store'].map((id) => [id, tile(id)]))
  #problems = h('div')
  #count = h('span', { class: 'hint' })
  #chart = h('div', { class: 'card-body' })
  #chartIsOld = false
  #key = h('span', { class: 'chart-key' })
  #recent = h('div')
  notes = new Notes()

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    shell.place(t.overview.title)
    const more = (word, address) => h('a', { class: 'lead-on', href: address }, word)
    this.element = h('div', { class: 'stack' }, this.notes.element,
      h('section', { class: 'tiles', 'aria-label': t.overview.now },
        [...this.#tiles.values()].map(({ element }) => element)),
      h('section', { class: 'card' },
        h('div', { class: 'card-head' }, h('h2', {}, t.overview.needs), this.#count,
          more(t.overview.problems, addressOf('history', [], { state: 'unfinished' }))), this.#problems),
      h('div', { class: 'two even' },
        h('section', { class: 'card' }, h('div', { class: 'card-head bare' }, h('h2', {}, t.overview.chart),
          this.#key), this.#chart),
        h('section', { class: 'card' },
          h('div', { class: 'card-head' }, h('h2', {}, t.overview.recent),
            more(t.overview.history, addressOf('history'))), this.#recent)))
    this.#problems.append(bones())
    const redraw = () => { if (this.#chartIsOld) this.#showChart(this.#state.stats) }
    for (const ending of ['pointerover', 'pointerleave']) this.#chart.addEventListener(ending, redraw)
    this.#offs.push(live.widely(), live.on('reset', () => this.#later(SOON)), live.on('state', () => this.#live()),
      live.on('event', ({ kind }) => { if (ENDS.includes(kind) || STATES.includes(kind)) this.#later(SOON) }))
    const onFocus = () => { if (!document.hidden) this.#load() }
    document.addEventListener('visibilitychange', onFocus)
    this.#offs.push(() => document.removeEventListener('visibilitychange', onFocus))
    this.#tick = setInterval(() => this.#showAway(), 1_000)
    this.#load()
    this.#loadNow()
  }

  close() {
    this.#closed = true
    clearTimeout(this.#allTimer)
    clearTimeout(this.#nowTimer)
    clearInterval(this.#tick)
    for (const off of this.#offs) off()
  }

  #later(milliseconds) {
    if (this.#closed) return
    // An earlier time is kept: further events must not postpone the load.
    const at = Date.now() + milliseconds
    if (this.#nextAt > Date.now() && this.#nextAt <= at) return
    this.#nextAt = at
    clearTimeout(this.#allTimer)
    this.#allTimer = setTimeout(() => this.#load(), milliseconds)
  }

  // Loads immediately when the service answers again.
  #live() { if (live.now.state === 'live' && this.#isAway) this.#load() }

  get #isAway() { return this.element.classList.contains('stale') }

  async #load() {
    if (this.#closed || document.hidden) return
    this.#nextAt = 0
    // Requested separately, because the health shows what is wrong if nothing else can be loaded.
    const asked = this.#health()
    try {
      const midnight = new Date().setHours(0, 0, 0, 0)
      const week = 7 * 86_400_000
      const bytesOf = async (from, to) => (await call('GET',
        `api/stats?step=hour&from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`)).total.bytes
      const [stats, today, before, jobs, sessions, history, set] = await Promise.all([
        ask('GET', `api/stats?${new URLSearchParams({ from: beginOf('24h'), step: '10minutes' })}`),
        bytesOf(midnight, Date.now() + 1_000),
        bytesOf(midnight - week, Date.now() - week + 1_000), call('GET', 'api/jobs'),
        call('GET', 'api/sessions?state=open,paused,checking&limit=200'), call('GET', `api/history?limit=${RECENT}`),
        this.#setUp()
      ])
      const health = await asked
      const served = Date.parse(stats.header('Date') ?? '')
      this.#away = Number.isNaN(served) ? 0 : served - Date.now()
      this.#state = {
        stats: stats.body, today, before, jobs: jobs.items, health, sessions: sessions.items, history: history.items,
        ...set
      }
      this.#now = stats.body.now
      this.#goodAt = Date.now()
      this.notes.hide('fault')
      this.element.classList.remove('stale')
      this.#show()
    } catch (error) {
      if (error.status === 403) {
        this.element.replaceChildren(emptyPlace(t.overview.notYours, t.overview.notYoursHint))
        this.close()
      } else if (answered(error)) {
        this.element.classList.remove('stale')
        const problems = this.#problemsOf({ health: await asked })
        if (problems.length > 0) this.#showProblems(problems)
        this.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: t.overview.fault, text: error.message,
          code: codeOf(error),
          actions: [{ word: t.again, act: () => this.#load() }] })
      } else this.element.classList.add('stale')
    } finally {
      this.#later(this.#isAway ? 5_000 : ALL)
      this.#showAway()
    }
  }

  /**
   * Loads the health. A service that cannot accept uploads answers 503 with the reason. Without an answer, the last
   * one is kept; null if there was none.
   */
  async #health() {
    try {
      const answer = await fetch(new URL('health/ready', root), { headers: { Accept: 'application/json' } })
      return await answer.json()
    } catch { return this.#state?.health ?? null }
  }

  /** Loads data that rarely changes and that the rest of the screen does not need. */
  async #setUp() {
    if (Date.now() - this.#setUpAt < SELDOM) return this.#set
    this.#setUpAt = Date.now()
    this.#set = await loadSetUp(this.#set)
    return this.#set
  }

  async #loadNow() {
    clearTimeout(this.#nowTimer)
    if (this.#closed) return
    try {
      if (!document.hidden && !this.#isAway && this.#state) {
        this.#now = (await call('GET', 'api/stats?range=1m&step=minute')).now
        this.#goodAt = Date.now()
        this.#showNow()
      }
    } catch (error) {
      if (!answered(error)) { this.element.classList.add('stale'); this.#nextAt = 0; this.#later(5_000) }
    }
    if (!this.#closed) this.#nowTimer = setTimeout(() => this.#loadNow(), NOW)
  }

  #showAway() {
    if (this.#closed) return
    if (!this.#isAway) { this.notes.hide('away'); return }
    const next = Math.max(1, Math.ceil((this.#nextAt - Date.now()) / 1000))
    this.notes.show('away', { kind: 'warn', glyph: 'clock', lead: t.overview.stale,
      text: t.overview.staleText(format.clock(this.#goodAt || Date.now()), next),
      actions: [{ word: t.tryNow, act: () => this.#load() }] })
  }

  #showNow() {
    const { active, bytesPerSecond } = this.#now
    const { total, points } = this.#state.stats
    const peak = Math.max(0, ...points.map(({ figures }) => figures.bytes)) * 1000 / STEP
    this.#tiles.get('active').show(format.number(active), '', t.overview.begun(total.begun))
    this.#tiles.get('speed').show(...parted(format.speed(bytesPerSecond)),
      t.overview.peak(format.speed(Math.max(peak, bytesPerSecond))))
  }

  #show() {
    const { stats, today, before, health, history } = this.#state
    const { total } = stats
    this.#showNow()
    const ended = total.completed + total.failed + total.expired
    this.#tiles.get('success').show(...(total.successRate === null ? ['–', ''] : parted(share(total.successRate))),
      t.overview.successOf(total.completed, ended))
    const day = new Date().toLocaleDateString('en', { weekday: 'long' })
    this.#tiles.get('today').show(...parted(format.bytes(today)),
      before > 0 ? t.overview.than(Math.round((today - before) * 100 / before), day) : t.overview.noBefore(day))
    this.#tiles.get('saved').show(...parted(format.bytes(total.savedBytes)), t.overview.breaks(total.retries))
    const { freeBytes, totalBytes } = health?.checks?.disk?.figures ?? {}
    this.#tiles.get('store').show(...(totalBytes ? parted(format.percent(totalBytes - freeBytes, totalBytes))
      : ['–', '']),
      totalBytes ? format.bytesOf(totalBytes - freeBytes, totalBytes) : t.overview.unknown)
    this.#showProblems(this.#problemsOf())
    this.#showChart(stats)
    this.#recent.replaceChildren(history.length === 0 ? emptyPlace(t.overview.noneYet, t.overview.noneYetHint)
      : recentList(history))
  }

  #problemsOf(known = {}) {
    return problemsOf({ jobs: [], sessions: [], stats: null, ...this.#set, ...this.#state, ...known,
      now: Date.now() + this.#away })
  }

  #showProblems(problems) {
    say(this.#count, problems.length > 0 ? format.number(problems.length) : '')
    this.shell.count('overview', problems.length)
    const showAll = () => { this.#allProblems = true; this.#showProblems(problems) }
    this.#problems.replaceChildren(problemList(problems, this.#allProblems, showAll))
  }

  #showChart({ from, to, points }) {
    // The chart is not redrawn while the user points at it.
    this.#chartIsOld = Boolean(this.#chart.querySelector('.chart-told:not(:empty)'))
    if (this.#chartIsOld) return
    const keep = keepFold(this.#chart)
    const [begin, end] = [new Date(from).getTime(), new Date(to).getTime()]
    const starts = stepsOf(begin, end, STEP)
    const found = byStart(points)
    // The last step is incomplete.
    const length = (start) => Math.max(1, (Math.min(end, start + STEP) - start) / 1000)
    const accepted = starts.map((start) => (found.get(start)?.bytes ?? 0) / length(start))
    const scale = byteScale(Math.max(...accepted), true)
    const cuts = starts.map((start) => found.get(start)?.retries ?? 0)
    const table = { show: t.overview.asTable, time: t.overview.time }
    this.#key.replaceChildren(...chartKey([{ word: scale.unit, kind: 'area' },
      { word: t.overview.cuts, kind: 'bars' }]).children)
    this.#chart.replaceChildren(
      timeChart({ label: t.overview.chartLabel, starts, step: STEP, scale, table,
        series: [{ word: t.overview.perSecond, kind: 'area', values: accepted }] }),
      timeChart({ label: t.overview.cutsLabel, starts, step: STEP, scale: countScale(), tall: false, table,
        series: [{ word: t.overview.cuts, kind: 'bars', values: cuts }] }),
      timeAxis(starts, end))
    // The table goes below everything else.
    const fold = this.#chart.querySelector('.as-table')
    this.#chart.append(fold)
    keep(fold)
  }
}

/** Formats a rate such as "99.2 %", and never rounds it up. */
const share = (rate) => `${(Math.floor(rate * 1000) / 10).toFixed(rate === 1 ? 0 : 1)}\u00a0%`

/**
 * Returns whether the service itself has answered, even if with an error. A 503 of a proxy does not contain the body
 * of the service.
 * @param {any} error
 */
const answered = (error) => Boolean(error.status) && (error.status !== 503 || error.body !== null)

/** Splits a text into a number and its unit. @param {string} text */
const parted = (text) => text.split('\u00a0')

const ADDRESSES = {
  active: addressOf('uploads'), speed: addressOf('uploads'), success: addressOf('history', [], { range: '24h' }),
  today: addressOf('history', [], { range: '24h' }), saved: addressOf('history', [], { range: '24h' }),
  store: addressOf('system')
}

function tile(id) {
  const value = h('span', {}, '–')
  const unit = h('small')
  const hint = h('p')
  return {
    element: h('a', { class: 'fact-tile', href: ADDRESSES[id] },
      h('h2', {}, t.overview[id]), h('p', { class: 'amount' }, value, unit), hint),
    show(amount, ofUnit, text) {
      say(value, amount)
      say(unit, ofUnit ?? '')
      say(hint, text)
      hint.title = text
    }
  }
}

const recentList = (history) => h('ul', { class: 'latest' },
  history.map(({ id, name, state, size, received, endedAt, reason }) =>
  h('li', {}, h('time', { title: format.exactTime(endedAt) }, format.moment(endedAt).slice(-5)),
    icon(LOOKS[state][0], LOOKS[state][1]),
    h('p', { title: reason ?? '' }, nameOf(name, 'a', { href: addressOf('uploads', [id]) }),
      h('span', {}, state === 'completed' ? t.overview.done(format.bytes(size ?? received))
        : t.overview.ended[state])))))
