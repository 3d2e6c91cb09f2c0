// One job in the table. The row is created once; later, only what has changed is updated.
import { button, h, icon, s, say } from '../dom.js'
import * as format from '../format.js'
import { root } from '../api.js'
import { cellsOfSum, strip } from '../parts/cells.js'
import { openMenu } from '../parts/menu.js'
import { copyOrShow } from '../parts/dialog.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/jobs.js'
import { inWords } from './schedule.js'

export const RUNS = 14

const LOOKS = {
  running: ['retry', 'go'], succeeded: ['check', 'calm'], failed: ['fail', 'bad'], cancelled: ['stop', ''],
  paused: ['pause', ''],
  waiting: ['dashed', '']
}

/** Returns the state that is shown: running or paused, or otherwise the outcome of the last run. @param {Job} job */
export function stateOf(job) {
  if (job.state === 'running') return 'running'
  if (job.lastRun?.outcome === 'failed') return 'failed'
  if (job.paused) return 'paused'
  return job.lastRun?.outcome ?? 'waiting'
}

/**
 * @typedef {{startedAt: string, durationMs: number, outcome: string, summary: string, counts: Record<string, number>,
 *   error: string | null, node: string, byHand: boolean}} Run
 * @typedef {{name: string, description: string, schedule: string, state: string, paused: boolean, waits?: boolean,
 *   nextRunAt: string | null, lastRun: Run | null, running: {startedAt: string, node: string,
 *   progress: {done: number, total: number | null, what: string} | null} | null}} Job
 */

/** Creates the icon and the word of a state. @param {string} state */
export const stateWord = (state) =>
  h('span', { class: `state ${LOOKS[state][1]}`.trim() }, icon(LOOKS[state][0]), t.jobs.state[state])

/** "1.2 s, 12 ended" @param {Run} run */
function deed(run) {
  const [name, count] = Object.entries(run.counts ?? {}).find(([, amount]) => amount > 0) ?? []
  return [format.took(run.durationMs), name && `${format.number(count)} ${name}`].filter(Boolean).join(', ')
}

export class JobRow {
  #strip = strip()
  #state = h('div', { class: 'meter' })
  #detail = h('p')
  #next = h('span')
  #nextAt = h('p')
  #runs = h('td', { class: 'c-hist' })
  #acts = h('td', { class: 'c-act' })
  #why = h('div', { class: 'why-box' })
  #whyRow
  #shown = ''
  #shownRuns = ''
  /** @type {Run[]} */
  history = []

  /** @param {Job} job @param {import('./screen.js').JobActs} acts */
  constructor(job, acts) {
    this.job = job
    this.acts = acts
    const address = addressOf('jobs', [job.name])
    this.row = h('tr', { 'data-name': job.name },
      h('td', { class: 'c-name' }, h('a', { class: 'name', href: address }, job.name),
        h('p', { title: job.description }, t.jobs.about[job.name] ?? job.description)),
      h('td', { class: 'c-when' }, h('span', { title: t.jobs.cron(job.schedule) }, inWords(job.schedule))),
      h('td', { class: 'c-last' }, this.#state, this.#detail),
      this.#runs, h('td', { class: 'c-next' }, this.#next, this.#nextAt), this.#acts)
    this.#whyRow = h('tr', { class: 'why', hidden: true }, h('td', { colspan: '6' }, this.#why))
    this.element = [this.row, this.#whyRow]
  }

  /** @param {Job} job */
  update(job) {
    this.job = job
    const state = stateOf(job)
    const look = [state, job.paused, job.state, job.lastRun?.startedAt, this.acts.busy(job.name)].join()
    if (look !== this.#shown) this.#show(state, look)
    this.tick()
  }

  /** Updates the relative times. */
  tick() {
    const { job } = this
    const { running } = job
    if (running?.progress) {
      const { done, total } = running.progress
      this.#strip.show((count) => cellsOfSum(done, done, total ?? done * 2, count))
    }
    say(this.#detail, this.#words())
    this.#detail.title = job.lastRun ? [format.exactTime(job.lastRun.startedAt), job.lastRun.summary].filter(Boolean)
      .join('. ') : ''
    say(this.#next, job.nextRunAt ? format.ahead(job.nextRunAt) : t.row.none)
    say(this.#nextAt, job.nextRunAt ? format.moment(job.nextRunAt) : '')
    this.#next.parentElement.title = job.nextRunAt ? format.exactTime(job.nextRunAt) : ''
  }

  /** @param {Run[]} runs the newest first */
  showRuns(runs) {
    this.history = runs
    const running = this.job.state === 'running'
    const look = `${running}${runs.map(({ startedAt }) => startedAt)}`
    if (look === this.#shownRuns) return
    this.#shownRuns = look
    this.#runs.replaceChildren(runsDrawing(runs, running))
  }

  #words() {
    const { job } = this
    const state = stateOf(job)
    if (state === 'running') {
      const { progress, startedAt } = job.running ?? {}
      if (!progress) return job.running ? t.jobs.since(format.duration((Date.now() - Date.parse(startedAt)) / 1000))
        : job.waits ? t.jobs.waits : t.jobs.soon
      return t.jobs.progress(progress.done, progress.total, progress.what)
    }
    if (!job.lastRun) return ''
    if (state === 'failed') return t.jobs.after(format.moment(job.lastRun.startedAt),
      format.took(job.lastRun.durationMs))
    return [format.ago(new Date(job.lastRun.startedAt).getTime() + job.lastRun.durationMs),
      deed(job.lastRun)].join(', ')
  }

  #show(state, look) {
    this.#shown = look
    const { job, acts } = this
    const failed = state === 'failed'
    this.#state.replaceChildren(stateWord(state), ...(state === 'running' ? [this.#strip.element] : []),
      ...(job.paused && state !== 'paused' ? [stateWord('paused')] : []))
    const busy = job.state === 'running' || acts.busy(job.name)
    const run = (kind) => button(t.jobs.run, { kind: `small ${kind}`, disabled: busy, label: t.jobs.runName(job.name),
      act: () => acts.run(job) })
    const focused = this.#acts.contains(document.activeElement)
    this.#acts.replaceChildren(h('div', { class: 'buttons tight' }, run('wide-only'),
      job.paused
        ? button('', { glyph: 'play', kind: 'plain small wide-only', label: t.jobs.resume(job.name),
          act: () => acts.resume(job) })
        : button('', { glyph: 'pause', kind: 'plain small wide-only', label: t.jobs.pause(job.name),
          act: () => acts.pause(job) }),
      button('', { glyph: 'more', kind: 'plain small', label: t.jobs.more(job.name), 'aria-haspopup': 'menu',
        act: (event) => this.#menu(event.currentTarget, busy) })))
    if (focused) /** @type {HTMLElement} */ (this.#acts.querySelector('button:not(:disabled)'))?.focus()
    this.row.classList.toggle('has-why', failed)
    this.#whyRow.hidden = !failed
    if (!failed) return
    this.#why.replaceChildren(h('p', {}, job.lastRun.error ?? job.lastRun.summary),
      h('div', { class: 'buttons tight' }, run('narrow-only'),
        h('a', { class: 'button small', href: addressOf('jobs', [job.name]) }, t.jobs.seeRuns)))
  }

  /** @param {HTMLElement} anchor @param {boolean} busy */
  #menu(anchor, busy) {
    const { job, acts } = this
    openMenu(anchor, [
      ...(busy ? [] : [{ word: t.jobs.run, glyph: 'retry', act: () => acts.run(job) }]),
      job.paused ? { word: t.resume, glyph: 'play', act: () => acts.resume(job) }
        : { word: t.pause, glyph: 'pause', act: () => acts.pause(job) },
      { word: t.jobs.seeRuns, glyph: 'list', act: () => go(addressOf('jobs', [job.name])) },
      { word: t.curl, glyph: 'copy',
        act: () => copyOrShow(`curl -X POST -H "Authorization: Bearer $KEY" ${new URL(`api/jobs/${job.name}/run`,
          root).href}`) }
    ])
  }
}

/** Draws the last runs as cells, the newest on the right. @param {Run[]} runs @param {boolean} running */
function runsDrawing(runs, running) {
  const shown = runs.slice(0, running ? RUNS - 1 : RUNS).reverse().map(({ outcome }) => outcome)
  if (running) shown.push('running')
  const failed = shown.filter((outcome) => outcome === 'failed').length
  const drawing = s('svg', {
    class: 'runs', viewBox: `0 0 ${RUNS * 6 - 1} 8`, role: 'img', 'aria-label': t.jobs.lastRuns(shown.length, failed)
  })
  for (let i = 0; i < RUNS; i++) {
    const outcome = shown[i - (RUNS - shown.length)]
    const whole = (kind) => s('path', { class: `cell-${kind}`, d: `M${i * 6} 0h5v8h-5z` })
    if (outcome === 'failed') drawing.append(s('path', { class: 'cell-failed thin',
      d: `M${i * 6 + 0.75} .75h3.5v6.5h-3.5z` }))
    else if (outcome === 'running') drawing.append(whole('soft'),
      s('path', { class: 'cell-safe', d: `M${i * 6} 4h5v4h-5z` }))
    else drawing.append(whole(outcome === 'succeeded' ? 'safe' : outcome ? 'soft' : 'waiting'))
  }
  return drawing
}
