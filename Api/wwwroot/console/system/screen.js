// The System screen: versions, health, storage, and configuration. For operators.
import { call } from '../api.js'
import { h, icon } from '../dom.js'
import * as format from '../format.js'
import { cellsOfSum, strip } from '../parts/cells.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { segments } from '../parts/segments.js'
import { named, row, table, time } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/system.js'

const EVERY = 15_000
const FILTERS = ['changed', 'all']
// The jobs that compare stored bytes with the ledger.
const VERIFIES = ['scrub-files', 'sweep-orphans']
/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.system.setting, 'lead'], [t.system.value, 'wide'], [t.system.source]]
/** @type {import('../parts/table.js').Column[]} */
const WORK = [[t.system.work, 'lead'], [t.system.due, 'amount'], [t.system.later, 'amount'], [t.system.now, 'amount'],
  [t.system.oldest, 'amount']]
/** @type {import('../parts/table.js').Column[]} */
const JOBS = [[t.system.job, 'lead'], [t.system.result], [t.system.last], [t.system.next]]

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new SystemScreen(shell)
  screen.go(route)
  return { element: screen.element, go: (next) => screen.go(next), close: () => screen.life.leave() }
}

/** Shortens a platform such as "Debian GNU/Linux 12 (bookworm)" to "Debian 12". @param {string} platform */
const shortPlatform = (platform) => platform.replace(/ GNU\/Linux/, '').replace(/ \(.*\)$/, '')

class SystemScreen {
  #view = null
  #jobs = []
  #filter = 'changed'
  #search = ''
  #shown = ''
  #figures = h('dl', { class: 'figures' })
  #health = h('section', { class: 'card', 'aria-label': t.system.health }, bones())
  #verified = h('section', { class: 'card', 'aria-label': t.system.verified }, bones())
  #work = h('section', { class: 'card', 'aria-label': t.system.work }, bones())
  #settings = h('div', {}, bones())
  #disk = strip()
  #seg = segments(t.system.settings, FILTERS.map((id) => ({ id, word: t.system.filters[id],
    address: this.#address(id) })))

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.life = new Lifecycle(shell, { read: () => this.#read(), every: () => EVERY })
    this.notes = this.life.notes
    this.shell = shell
    shell.place(t.nav.system)
    this.element = h('div', { class: 'stack system' }, this.notes.element, this.#figures,
      h('div', { class: 'two' }, this.#health, this.#verified), this.#work,
      h('section', { class: 'card', 'aria-label': t.system.settings },
        h('div', { class: 'card-head' }, h('h2', {}, t.system.settings),
          h('div', { class: 'end' }, this.#seg.element)), this.#settings))
    this.life.load()
  }

  /** @param {import('../router.js').Route} route */
  go(route) {
    const asked = route.query.get('show')
    this.#filter = FILTERS.includes(asked) ? asked : 'changed'
    this.#search = route.query.get('search') ?? ''
    this.life.search(this.#search, t.system.find, (text) => this.#address(text ? 'all' : this.#filter, text))
    if (this.#view) this.#showSettings()
    return true
  }

  #address(filter, search = this.#search) {
    return addressOf('system', [], { show: filter === 'changed' ? null : filter, search: search || null })
  }

  async #read() {
    const [view, jobs] = await Promise.all([call('GET', 'api/system'), call('GET', 'api/jobs')])
    return () => {
      this.#view = view
      this.#jobs = jobs.items
      this.#show()
    }
  }

  #show() {
    const { version, runtime, platform, startedAt, certificateEndsAt, checks } = this.#view
    const fact = (word, value, title = null) => h('div', {}, h('dt', {}, word),
      h('dd', { title }, h('span', {}, value)))
    const { disk, database } = checks
    this.#figures.replaceChildren(fact(t.system.version, version),
      fact(t.system.running, format.duration((Date.now() - Date.parse(startedAt)) / 1000),
        format.exactTime(startedAt)),
      fact(t.system.free, disk ? format.bytes(disk.figures.freeBytes) : '–'),
      fact(t.system.database, database ? format.took(database.figures.milliseconds) : '–'),
      ...(certificateEndsAt ? [fact(t.system.certificate, format.moment(certificateEndsAt),
        format.exactTime(certificateEndsAt))] : []),
      fact(t.system.runtime, runtime), fact(t.system.platform, shortPlatform(platform), platform))
    this.#showHealth(checks)
    this.#showJobs()
    this.#showWork()
    this.#showSettings()
  }

  #showWork() {
    const { work } = this.#view
    this.#work.replaceChildren(
      h('div', { class: 'card-head' }, h('h2', {}, t.system.work),
        h('span', { class: 'hint end' }, t.system.workHint)),
      work.length === 0 ? h('p', { class: 'hint card-body' }, t.system.noWork)
        : table(t.system.work, WORK, work.map(({ kind, due, waiting, running, oldestMs }) => row(WORK, [
          t.system.works[kind] ?? kind, format.number(due), format.number(waiting), format.number(running),
          due > 0 ? format.took(oldestMs) : '–']))))
  }

  #showHealth(checks) {
    const line = ([name, { ok, detail, figures }]) => h('div', { class: 'setting' },
      h('dt', {}, t.system.checks[name] ?? name),
      h('dd', {}, h('span', { class: `state ${!ok ? 'bad' : detail ? 'warn' : 'calm'}` },
        icon(!ok ? 'fail' : detail ? 'alert' : 'check'),
        ok && !detail ? t.system.well : t.system.notWell),
        h('span', { class: 'hint' }, detail ?? (name === 'disk' ? t.system.room(figures) : ''))))
    const { disk } = checks
    if (disk) {
      const { freeBytes, totalBytes } = disk.figures
      this.#disk.show((count) => cellsOfSum(totalBytes - freeBytes, totalBytes - freeBytes, totalBytes, count))
    }
    this.#health.replaceChildren(h('div', { class: 'card-head' }, h('h2', {}, t.system.health)),
      h('dl', {}, Object.entries(checks).map(line)),
      ...(disk ? [h('div', { class: 'disk' }, this.#disk.element,
        h('p', { class: 'hint' }, t.system.used(disk.figures)))] : []))
  }

  #showJobs() {
    const jobs = this.#jobs.filter(({ name }) => VERIFIES.includes(name))
    const looks = { succeeded: ['check', 'calm'], failed: ['fail', 'bad'], cancelled: ['stop', ''] }
    const rows = jobs.map(({ name, lastRun, nextRunAt }) => {
      const [glyph, kind] = looks[lastRun?.outcome] ?? ['dashed', '']
      return row(JOBS, [
        named(h('a', { href: addressOf('jobs', [name]) }, name), lastRun?.error ?? lastRun?.summary ?? ''),
        h('span', { class: `state ${kind}`.trim() }, icon(glyph),
          t.system.outcomes[lastRun?.outcome] ?? t.system.never),
        time(lastRun?.startedAt ?? null), time(nextRunAt)
      ])
    })
    this.#verified.replaceChildren(h('div', { class: 'card-head' }, h('h2', {}, t.system.verified)),
      table(t.system.verified, JOBS, rows))
  }

  #showSettings() {
    const { settings } = this.#view
    const wanted = this.#search.toLowerCase()
    const found = settings.filter(({ key, meaning, isDefault }) =>
      (this.#filter === 'all' || !isDefault) && `${key} ${meaning}`.toLowerCase().includes(wanted))
    this.#seg.show(this.#filter, { changed: settings.filter(({ isDefault }) => !isDefault).length,
      all: settings.length },
      (id) => this.#address(id))
    // An unchanged list is not redrawn, so that selected text stays selected.
    const shown = JSON.stringify([this.#search, found])
    if (shown === this.#shown) return
    this.#shown = shown
    this.#settings.replaceChildren(found.length === 0 ? wanted ? emptyPlace(...t.system.nothing(this.#search))
      : emptyPlace(...t.system.nothingChanged)
      : table(t.system.settings, COLUMNS, found.map(({ key, value, source, isDefault, meaning }) => row(COLUMNS, [
        named(h('code', {}, key), meaning),
        value === '' ? h('span', { class: 'hint' }, t.system.empty) : h('code', { class: 'value' }, value),
        isDefault ? h('span', { class: 'hint' }, t.system.usual) : source
      ]))))
  }
}
