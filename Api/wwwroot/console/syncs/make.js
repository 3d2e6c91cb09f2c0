// Creates a pair: the source folder, the target folder, and the rules; on a phone, one after the other.
import { call, codeOf } from '../api.js'
import { button, h, say } from '../dom.js'
import * as format from '../format.js'
import { field } from '../parts/dialog.js'
import { choice } from '../parts/fields.js'
import { Notes } from '../parts/notes.js'
import { OWN, connections } from '../parts/storage.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/syncs.js'
import { End } from '../transfers/end.js'
import { PAIR_KINDS, ownPlace, placeOf } from '../transfers/places.js'
import { patternsOf } from '../transfers/selection.js'
import { zone } from '../transfers/when.js'

const LONGEST_TITLE = 200

export class PairMaker {
  #step = 1
  #busy = false
  #closed = false
  #started = ''
  /** @type {import('../transfers/places.js').Place[]} */
  #places = []
  /**
   * Items that were chosen on another screen, instead of the whole left folder.
   * @type {{folder: string, name: string, items: string[]} | null}
   */
  #picked = null
  #left
  #right
  #way = choice(t.make.way, t.make.ways)
  #conflicts = choice(t.make.conflicts, t.make.conflictRules)
  #title = field(t.make.name, '', { maxlength: String(LONGEST_TITLE) })
  #include = field(t.make.include, '', { placeholder: '*' })
  #exclude = field(t.make.exclude, '', { placeholder: t.make.patternHint })
  #bandwidth = field(t.make.bandwidth, '', { placeholder: t.make.bandwidthHint })
  #exports = choice(t.make.exports, t.make.exportFormats)
  #when = choice(t.make.when, t.make.whens)
  #cron = field(t.make.cron, '', { maxlength: '200', placeholder: t.make.cronHint })
  #interval = field(t.make.interval, '', { type: 'number', min: '10', max: '86400',
    placeholder: t.make.intervalHint })
  #steps = t.make.steps.map((word) => h('li', {}, word))
  #stepWord = h('span', { class: 'step-word' })
  #sum = h('p', { class: 'grow sum-line' })
  #back = button(t.make.back, { kind: 'narrow-only', act: () => this.#turn(this.#step - 1) })
  #next = button(t.make.next[0], { kind: 'primary narrow-only', act: () => this.#turn(this.#step + 1) })
  #start = button(t.make.act, { glyph: 'play', kind: 'primary start', act: () => this.#go() })
  notes = new Notes()

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    const end = (word, source) => new End({ source, word, folder: true, places: () => this.#places,
      changed: () => this.#show() })
    for (const { input } of [this.#way, this.#when]) input.addEventListener('change', () => this.#show())
    this.#left = end(t.make.left, true)
    this.#right = end(t.make.right, false)
    const rules = h('section', { class: 'card how at-3', 'aria-label': t.make.rules },
      h('div', { class: 'sync-rules' },
      this.#title.element, this.#way.element, this.#conflicts.element, this.#exports.element,
      this.#when.element, this.#interval.element, this.#cron.element,
      this.#bandwidth.element,
      this.#include.element, this.#exclude.element,
      h('p', { class: 'hint' }, t.make.patternText)))
    this.element = h('section', { class: 'wizard', 'data-step': '1', 'aria-label': t.make.title },
      h('div', { class: 'list-bar' }, h('ol', { class: 'steps', 'aria-label': t.make.stepLabel }, this.#steps),
        this.#stepWord,
        h('span', { class: 'grow' }), h('a', { class: 'button plain', href: addressOf('syncs') }, t.cancel)),
      h('div', { class: 'wizard-body' }, this.notes.element, h('div', { class: 'ends' }, this.#left.element,
        h('div', { class: 'between' }, button('', { glyph: 'swap', label: t.make.swap, act: () => this.#swap() })),
        this.#right.element,
        rules)),
      h('div', { class: 'wizard-foot' }, this.#sum, this.#back, this.#next, this.#start))
    this.#show()
  }

  /** @param {import('../router.js').Route} route */
  go({ query }) {
    const list = addressOf('syncs')
    this.shell.place(t.make.title, [{ word: t.syncs.title, address: list }], list)
    if (this.#started === `?${query}`) return true
    this.#started = `?${query}`
    this.#open(query)
    return true
  }

  close() { this.#closed = true }

  /**
   * @param {URLSearchParams} query `left` and `right`: the ids of connections; `space` and `folder`: a folder of the
   *   service
   */
  async #open(query) {
    let known = []
    try {
      known = await connections()
      this.notes.hide('load')
    } catch (error) {
      this.notes.show('load', { kind: 'bad', glyph: 'fail', lead: t.listFault, text: error.message,
        code: codeOf(error),
        actions: [{ word: t.again, act: () => this.#open(query) }] })
    }
    if (this.#closed) return
    // A pair writes a marker file to both folders, so both must be writable.
    const others = known.filter(({ kind, canRead, canWrite }) => PAIR_KINDS.includes(kind) && canRead && canWrite)
      .map(placeOf)
    this.#places = [ownPlace(this.shell.me), ...others]
    if (others.length === 0) this.notes.show('alone', { glyph: 'plug', text: t.make.alone })
    const [left, right] = ['left', 'right'].map((side) => this.#places.find(({ id }) => id === query.get(side)))
    const start = { space: query.get('space'), path: query.get('folder') ?? '' }
    const from = left ?? (right?.id === OWN ? others[0] : null) ?? this.#places[0]
    const to = right ?? this.#places.find((one) => one !== from) ?? this.#places[0]
    const items = (query.get('items') ?? '').split(',').filter(Boolean)
    if (items.length > 0 && left) this.#pick({ folder: query.get('of'), name: query.get('name') ?? '', items })
    this.#left.show(from, from.id === OWN ? start : {})
    this.#right.show(to, to.id === OWN && from.id !== OWN ? start : {})
  }

  /**
   * @param {{folder: string, name: string, items: string[]} | null} picked null to use the chosen folder again
   */
  #pick(picked) {
    this.#picked = picked
    if (picked) {
      this.notes.show('picked', { glyph: 'list', text: t.make.picked(picked.items.length,
        format.visible(picked.name)),
        actions: [{ word: t.make.wholeFolder, act: () => this.#pick(null) }] })
    } else this.notes.hide('picked')
    this.#show()
  }

  /** The left side: a folder, or chosen items of one. */
  get #followed() { return this.#picked ? { id: this.#picked.folder, name: this.#picked.name } : this.#left.target }

  #swap() {
    this.#pick(null)
    const [left, right] = [this.#left.place, this.#right.place]
    if (!left || !right) return
    this.#left.show(right)
    this.#right.show(left)
  }

  /** Why the pair cannot be created yet; empty if it can. */
  get #missing() {
    const [left, right] = [this.#followed, this.#right.target]
    if (!left) return t.make.noLeft
    if (!right) return t.make.noRight
    return this.#left.place.id === this.#right.place.id && left.id === right.id ? t.make.same : ''
  }

  get #usual() {
    const name = ({ target, place }) => format.visible(target?.name || place.title)
    return this.#missing ? '' : t.make.nameOf(this.#picked?.name || name(this.#left), name(this.#right)).slice(0,
      LONGEST_TITLE)
  }

  #show() {
    // The ends report changes while they are being created.
    if (!this.element) return
    const missing = this.#missing
    this.#title.input.placeholder = this.#usual
    const both = this.#way.input.value === 'both' && !this.#picked
    this.#way.element.hidden = this.#picked !== null
    this.#left.element.hidden = this.#picked !== null
    this.#conflicts.element.hidden = !both
    this.#exports.element.hidden = both || this.#left.place?.kind !== 'google-drive'
    this.#interval.element.hidden = this.#when.input.value !== 'interval'
    this.#cron.element.hidden = this.#when.input.value !== 'cron'
    this.#start.disabled = this.#busy || missing !== ''
    this.#next.disabled = this.#step === 1 ? !this.#followed : !this.#right.target
    const sum = () => t.make.sum(
      this.#picked ? t.make.itemsOf(this.#picked.items.length) : this.#placed(this.#left), this.#placed(this.#right),
      both)
    say(this.#sum, this.#busy ? t.make.busy : missing || sum())
    const done = [this.#followed !== null, this.#right.target !== null, false]
    const now = this.#narrow ? this.#step - 1 : done.indexOf(false)
    this.#steps.forEach((step, i) => {
      step.className = i === now ? 'now' : done[i] ? 'done' : 'next'
      if (i === now) step.setAttribute('aria-current', 'step')
      else step.removeAttribute('aria-current')
    })
    say(this.#stepWord, t.make.step(this.#step, t.make.stepWords[this.#step - 1]))
    this.element.dataset.step = String(this.#step)
    this.#back.hidden = this.#step === 1
    this.#next.hidden = this.#step === 3
    say(this.#next, t.make.next[this.#step - 1] ?? '')
  }

  #placed({ target, place }) { return target.name === place.title ? place.title
    : `${place.title} / ${format.visible(target.name)}` }

  get #narrow() { return innerWidth <= 900 }

  #turn(step) {
    this.#step = Math.max(1, Math.min(3, step))
    this.#show()
    /** @type {HTMLElement | null} */
    const first = this.element.querySelector(`.at-${this.#step} :is(button, input)`)
    first?.focus()
  }

  async #go() {
    if (this.#busy || this.#missing) return
    this.#busy = true
    this.notes.hide('fault')
    this.#show()
    const side = ({ place, target }, picked = null) =>
      ({ ...(place.connection ? { connection: place.connection } : {}),
      folder: picked?.folder ?? target.id, ...(picked ? { items: picked.items } : {}) })
    const way = this.#picked ? 'left_to_right' : this.#way.input.value
    const bandwidth = this.#bandwidth.input.value.trim()
    const times = {
      often: () => ({}), once: () => ({ once: true }),
      interval: () => ({ interval: Number(this.#interval.input.value) }),
      cron: () => ({ cron: this.#cron.input.value.trim(), timeZone: zone() })
    }[this.#when.input.value]()
    try {
      const { id } = await call('POST', 'api/syncs', {
        title: this.#title.input.value.trim() || this.#usual, left: side(this.#left, this.#picked),
        right: side(this.#right), way,
        ...(way === 'both' ? { conflicts: this.#conflicts.input.value } : {}),
        ...(this.#exports.element.hidden ? {} : { exportAs: this.#exports.input.value }),
        include: patternsOf(this.#include.input.value), exclude: patternsOf(this.#exclude.input.value),
        ...(bandwidth ? { bandwidth, timeZone: zone() } : {}), ...times
      })
      if (!this.#closed) go(addressOf('syncs', [id]))
    } catch (error) {
      this.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: t.make.fault, text: error.message,
        code: codeOf(error),
        actions: [{ word: t.close, act: () => this.notes.hide('fault') }] })
    } finally {
      this.#busy = false
      this.#show()
    }
  }
}
