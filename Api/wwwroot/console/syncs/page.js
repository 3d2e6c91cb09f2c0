// The screen of a pair: its question, its sides, their agreement, its events, and its rules.
import { call } from '../api.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { openMenu } from '../parts/menu.js'
import { nameOf } from '../parts/name.js'
import { connections } from '../parts/storage.js'
import { addressOf } from '../router.js'
import { t } from '../texts/syncs.js'
import { change, dryRun, menuOf } from './acts.js'
import { decisions, openConflicts } from './conflicts.js'
import { progressOf } from './copying.js'
import { askingOf, glyphOf, namesOf, needBox, paceOf, placeMark, placeName, reasonOf, stateWord } from './parts.js'

const RESTING = 15_000
const WHILE_COPYING = 2_000
const EVENTS = 50
const FAILING = 50
const CONFLICTS = 50
const DECISIONS = 20
const FIGURES = ['items', 'leftOut', 'looked', 'failing']

const LOOKS = {
  made: ['plus', ''], copied: ['check', 'calm'], not_copied: ['fail', 'bad'], moved: ['move', 'calm'],
  removed: ['trash', ''],
  failed: ['fail', 'bad'], left: ['stop', ''], in_step: ['check', 'calm'], waiting: ['clock', 'warn'],
  needs_you: ['alert', 'warn'], pause: ['pause', ''], resume: ['play', ''], run: ['eye', ''], apply: ['person', ''],
  leave: ['person', ''],
  right: ['person', ''], both: ['person', ''], taken_back: ['person', '']
}

/** @typedef {import('./parts.js').Pair} Pair
 *  @typedef {{number: number, at: string, kind: string, path: string | null, text: string | null}} PairEvent
 *  @typedef {{path: string, kind: string, size: number | null, state: string, reason: string | null,
 *  until: string | null}} Item */

export class PairPage {
  /** @type {Pair | null} */
  #pair = null
  #known = []
  /** @type {PairEvent[]} */
  #events = []
  #next = null
  /** @type {Item[]} */
  #failing = []
  /** @type {import('./conflicts.js').Conflict[]} */
  #conflicts = []
  #hasMoreConflicts = false
  /** @type {import('./conflicts.js').Conflict[]} */
  #decisions = []
  #progress = null
  #shown = ''
  /** @type {boolean | null} whether it asked when it was loaded last */
  #asked = null
  #reason = h('span', { class: 'hint' })
  #figures = new Map(FIGURES.map((id) => [id, { value: h('span'), hint: h('small') }]))
  #numbers = h('dl', { class: 'figures' }, [...this.#figures].map(([id, { value, hint }]) =>
    h('div', {}, h('dt', {}, t.pair.figures[id]), h('dd', {}, value, hint))))
  #content = h('div', { class: 'stack' }, bones())
  #more = h('div', { class: 'card-foot' }, button(t.pair.more, { kind: 'small', act: () => this.life.load(true) }))

  /** @param {import('../shell.js').Shell} shell @param {string} id */
  constructor(shell, id) {
    this.shell = shell
    this.id = id
    this.life = new Lifecycle(shell, { read: (more) => this.#read(more), draw: () => this.#update(),
      every: () => (['copying', 'looking'].includes(this.#pair?.state) ? WHILE_COPYING : RESTING),
      failed: (error) => this.#failed(error) })
    this.life.until(live.on('event', ({ topic }) => {
      if (topic?.kind === 'sync' && topic.id === id) this.life.later()
    }))
    this.element = h('div', { class: 'stack sync-page' }, this.life.notes.element, this.#content)
    this.#name(t.syncs.title)
    this.life.load()
  }

  go() { return true }

  close() { this.life.leave() }

  #name(title) {
    const list = addressOf('syncs')
    this.shell.place(title, [{ word: t.syncs.title, address: list }], list)
  }

  #failed(error) {
    if (error.status !== 404) return false
    this.#name(t.syncs.gone)
    this.#content.replaceChildren(h('section', { class: 'card' }, emptyPlace(t.syncs.gone, t.syncs.goneHint,
      h('a', { class: 'button', href: addressOf('syncs') }, icon('list'), t.syncs.toList))))
    return true
  }

  async #read(more) {
    const at = `api/syncs/${encodeURIComponent(this.id)}`
    const query = new URLSearchParams({ limit: String(EVENTS) })
    if (more && this.#next) query.set('cursor', this.#next)
    const conflictsOf = (state, limit) => call('GET',
      `api/conflicts?${new URLSearchParams({ sync: this.id, state, limit })}`)
    const [pair, known, events, failing, open, decided] = await Promise.all([call('GET', at), connections(),
      call('GET', `${at}/events?${query}`), call('GET', `${at}/items?failing=true&limit=${FAILING}`),
      conflictsOf('open', String(CONFLICTS)), conflictsOf('decided', String(DECISIONS))])
    const progress = (await progressOf([pair])).get(pair.id) ?? null
    // The number in the navigation counts all pairs.
    const asks = pair.question !== null
    const pairs = asks === this.#asked ? null : await call('GET', 'api/syncs')
    return () => {
      this.#pair = pair
      this.#asked = asks
      if (pairs) this.shell.count('syncs', askingOf(pairs.items))
      this.#known = known
      this.#failing = failing.items
      this.#conflicts = open.items
      this.#hasMoreConflicts = open.nextCursor !== null
      this.#decisions = decided.items
      this.#progress = progress
      this.#take(events, more)
      this.#show()
    }
  }

  /** Puts new events before the loaded ones, so that pages that the user has requested stay. */
  #take({ items, nextCursor }, more) {
    const oldest = items.at(-1)?.number ?? 0
    const known = more ? this.#events : this.#events.filter(({ number }) => number < oldest)
    const joins = more || (known.length > 0 && this.#events.some(({ number }) => number === oldest))
    if (more || !joins) this.#next = nextCursor
    this.#events = more ? [...this.#events, ...items] : joins ? [...items, ...known] : items
  }

  #show() {
    const pair = this.#pair
    const look = JSON.stringify([{ ...pair, lookedAt: null, inStepAt: null, items: 0 }, this.#known, this.#failing,
      this.#conflicts,
      this.#decisions, this.#events.at(0)?.number, this.#events.length, this.#next])
    if (look !== this.#shown) {
      this.#shown = look
      this.#name(format.visible(pair.title))
      const focused = this.#content.contains(document.activeElement)
        ? [...this.#content.querySelectorAll('a, button')].indexOf(document.activeElement) : -1
      this.#content.replaceChildren(...[pair.question && this.#question(pair),
        this.#conflicts.length > 0 && openConflicts(this.life, pair, this.#conflicts, this.#hasMoreConflicts,
          () => this.#showAgain()),
        this.#head(pair), this.#places(pair), this.#numbers,
        h('div', { class: 'two' }, h('div', { class: 'stack' }, this.#failing.length > 0 && this.#notCopied(),
          this.#decisions.length > 0 && decisions(this.life, this.#decisions), this.#changes()),
          this.#rules(pair))].filter(Boolean))
      if (focused >= 0) /** @type {HTMLElement} */ (this.#content.querySelectorAll('a, button')[focused])?.focus()
    }
    this.#update()
  }

  #showAgain() {
    this.#shown = ''
    this.#show()
  }

  #update() {
    const pair = this.#pair
    if (!pair) return
    const progress = this.#progress
    say(this.#reason, progress ? t.syncs.copied(progress.files.done, progress.files.all, progress.bytes.done,
      progress.bytes.all)
      : reasonOf(pair))
    this.#figure('items', format.number(pair.items), pair.inStepAt ? t.syncs.inStepAt(pair.inStepAt)
      : t.pair.itemsHint)
    this.#figure('leftOut', format.number(pair.leftOut), t.pair.leftOutHint)
    this.#figure('looked', pair.lookedAt ? format.ago(pair.lookedAt) : '–', paceOf(pair))
    const failing = this.#failing.length
    this.#figure('failing', failing === FAILING ? `${format.number(failing)}+` : format.number(failing),
      failing > 0 ? t.pair.triedAgain : t.pair.noFailing)
    this.#figures.get('failing').value.classList.toggle('is-bad', failing > 0)
  }

  #figure(id, value, hint) {
    const figure = this.#figures.get(id)
    say(figure.value, value)
    say(figure.hint, hint)
    figure.hint.title = hint
  }

  /** @param {Pair} pair */
  #question(pair) {
    const { removals, conflicts, paths } = pair.question
    const more = removals + conflicts - paths.length
    return h('section', { class: 'card sync-question', 'aria-label': t.question.title },
      needBox(this.life, pair, false),
      // Differences are listed separately, with buttons for each.
      removals > 0 && h('ul', { tabindex: '0', 'aria-label': t.question.title }, paths.map(({ path, kind }) => {
        const [name, folder] = namesOf(path)
        return h('li', {}, h('div', { class: 'grow' }, nameOf(name), h('p', { class: 'cut' }, folder)),
          h('span', { class: 'hint' }, t.question.kinds[kind] ?? kind))
      }), more > 0 && h('li', { class: 'hint' }, t.question.more(more))))
  }

  /** @param {Pair} pair */
  #head(pair) {
    const name = format.visible(pair.title)
    return h('div', { class: 'head' },
      h('div', { class: 'grow' }, nameOf(pair.title, 'h2', { class: 'title name' }),
        h('div', { class: 'about' }, stateWord(pair), this.#reason,
          h('span', { class: 'hint' }, `${t.pair.ways[pair.way]}, ${t.pair.since(pair.createdAt)}`))),
      h('div', { class: 'buttons' },
        pair.state !== 'paused' && button(t.syncs.run, { glyph: 'eye', act: () => change(this.life, pair, 'run') }),
        pair.state === 'paused' ? button(t.resume, { glyph: 'play', kind: 'primary',
          act: () => change(this.life, pair, 'resume') })
          : button(t.pause, { glyph: 'pause', act: () => change(this.life, pair, 'pause') }),
        button(t.syncs.dryRun, { act: () => dryRun(this.life, pair) }),
        button('', { glyph: 'more', label: t.syncs.moreOf(name), 'aria-haspopup': 'menu',
          act: ({ currentTarget }) => openMenu(currentTarget, menuOf(this.life, pair, true)) })))
  }

  /** @param {Pair} pair */
  #places({ left, right, way }) {
    const both = way === 'both'
    const place = (one, words, hint) => h('div', { class: 'sync-end' }, placeMark(one, this.#known, 'large'),
      h('div', { class: 'grow' }, h('b', { class: 'cut', title: placeName(one, this.#known) },
        words(placeName(one, this.#known))),
        h('p', { class: 'hint' }, hint)))
    return h('section', { class: 'card sync-ends', 'aria-label': t.pair.places },
      place(left, t.pair.left, both ? t.pair.each : t.pair.followed), icon(glyphOf(way)),
      place(right, t.pair.right, both ? t.pair.each : t.pair.follows))
  }

  #notCopied() {
    return h('section', { class: 'card', 'aria-label': t.pair.failing },
      h('div', { class: 'card-head' }, h('h2', {}, t.pair.failing),
        h('span', { class: 'hint end cut' }, t.pair.failingHint)),
      h('ul', { class: 'sync-failing' }, this.#failing.map(({ path, reason, until }) => {
        const [name, folder] = namesOf(path)
        return h('li', {}, h('div', { class: 'grow' }, nameOf(name), h('p', { class: 'cut' }, folder)),
          h('div', { class: 'why' }, h('span', { class: 'state bad' }, icon('fail'),
            reason ? format.visible(reason) : t.pair.failing),
            until && h('p', { class: 'hint' }, t.pair.again(until))))
      })))
  }

  #changes() {
    return h('section', { class: 'card', 'aria-label': t.pair.changes },
      h('div', { class: 'card-head' }, h('h2', {}, t.pair.changes), h('span', { class: 'hint end' }, t.pair.newest)),
      this.#events.length === 0 ? h('p', { class: 'hint card-body' }, t.pair.noChanges)
        : h('table', { class: 'sync-changes', 'aria-label': t.pair.changes },
          h('thead', {}, h('tr', {}, [t.pair.time, t.pair.path, t.pair.what].map((word) => h('th', { scope: 'col' },
            word)))),
          h('tbody', {}, this.#events.map((one) => this.#event(one)))),
      this.#next && this.#more)
  }

  /** @param {PairEvent} event */
  #event({ at, kind, path, text }) {
    const [glyph, tone] = LOOKS[kind] ?? ['dashed', '']
    const [name, folder] = path ? namesOf(path) : [null, '']
    return h('tr', {},
      h('td', { class: 'when' }, h('time', { datetime: at, title: format.exactTime(at) }, format.moment(at))),
      h('td', { class: 'path' }, name ? [nameOf(name), h('p', { class: 'cut' }, folder)] : ''),
      h('td', { class: 'what' }, h('span', { class: `state ${tone}`.trim() }, icon(glyph),
        t.pair.kinds[kind] ?? kind),
        text && h('p', {}, format.visible(text))))
  }

  /** @param {Pair} pair */
  #rules(pair) {
    const { way, conflicts, include, exclude, bandwidth, timeZone, createdAt } = pair
    const fact = (word, value) => [h('dt', {}, word), h('dd', {}, value)]
    const listed = (patterns) => patterns.map(format.visible).join(', ')
    return h('section', { class: 'card', 'aria-label': t.pair.rules },
      h('div', { class: 'card-head' }, h('h2', {}, t.pair.rules)),
      h('dl', { class: 'facts card-body' },
        fact(t.pair.way, t.pair.ways[way]), way === 'both' && fact(t.pair.bothChanged,
          t.pair.conflictRules[conflicts]),
        ...t.pair.rulesOf[way].map((/** @type {readonly string[]} */ [word, value]) => fact(word, value)),
        fact(t.pair.above, t.pair.aboveOf), include.length > 0 && fact(t.pair.only, listed(include)),
        fact(t.pair.not, exclude.length > 0 ? `${listed(exclude)}, ${t.pair.usual}` : t.pair.usual),
        fact(t.pair.speed, bandwidth ? [bandwidth, timeZone].filter(Boolean).join(', ') : t.pair.noLimit),
        fact(t.pair.look, paceOf(pair)), fact(t.pair.made, format.moment(createdAt))))
  }
}
