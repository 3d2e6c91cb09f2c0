// The options of a transfer. Each option can be folded to one line with its value.
import { h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { amountOf } from '../parts/amount.js'
import { field } from '../parts/dialog.js'
import { t } from '../texts/transfers.js'
import { Attempts, attemptWords } from './attempts.js'
import { patternsOf } from './selection.js'
import { NotificationFields, notificationWords } from './notifications.js'
import { when } from './when.js'

const LONGEST = 6

/** Returns the options as text, for the screen of a transfer. @param {Record<string, any>} options */
export function optionWords({
  taken, equal, verify, include, exclude, without, export: exported, exportAs, structure, bandwidth, timeZone, notes,
  attempts,
  minSize, maxSize, maxAge, minAge, atOnce, move, checkOnly
}) {
  return [
    [t.options.takenShort, t.options.takens[taken]?.[0] ?? taken],
    [t.options.equalShort, t.options.equals[equal]?.[0] ?? equal],
    [t.detail.docs, t.options.exportShort[exported ? exportAs ?? 'office' : 'none']],
    structure === false && [t.detail.structure, t.options.structures.false[0]],
    bandwidth && [t.detail.bandwidth, [bandwidth, timeZone].filter(Boolean).join(', ')],
    include.length > 0 && [t.detail.include, listed(include)],
    exclude.length > 0 && [t.detail.exclude, listed(exclude)],
    (minSize ?? maxSize ?? maxAge ?? minAge ?? null) !== null && [t.detail.bounds,
      boundWords({ minSize, maxSize, maxAge, minAge })],
    (move || checkOnly) && [t.options.act, t.options.acts[move ? 'move' : 'check'][0]],
    atOnce && [t.options.atOnce, format.number(atOnce)],
    without?.length > 0 && [t.detail.unticked, t.detail.untickedCount(without.length)],
    [t.options.verifyShort, t.options.verifies[verify]?.[0] ?? verify],
    attemptWords(attempts) && [t.attempts.title, attemptWords(attempts)], [t.tell.title, notificationWords(notes)]
  ].filter(Boolean)
}

const DAY = 86_400

/** Formats limits of size and age. @param {Record<string, number | null | undefined>} bounds */
const boundWords = ({ minSize, maxSize, maxAge, minAge }) => [
  minSize && t.options.from(format.bytes(minSize)), maxSize && t.options.to(format.bytes(maxSize)),
  maxAge && t.options.within(format.duration(maxAge)), minAge && t.options.before(format.duration(minAge))
].filter(Boolean).join(', ')

const listed = (patterns) => patterns.slice(0, LONGEST).join(', ') + (patterns.length > LONGEST ? ' …' : '')

/**
 * Creates an option with a few choices.
 * @param {string} name
 * @param {string} word
 * @param {Readonly<Record<string, readonly [word: string, hint: string]>>} answers
 */
function oneOf(name, word, answers) {
  const said = h('b', { class: 'cut' })
  let value = Object.keys(answers)[0]
  const choose = (now) => { value = now; say(said, answers[now][0]) }
  const element = fold(word, said, h('div', { class: 'choices', role: 'radiogroup', 'aria-label': word },
    Object.entries(answers).map(([id, [answer, hint]]) => h('label', { class: 'choice' },
      h('input', {
        type: 'radio', class: 'dot', name: `option-${name}`, value: id, checked: id === value,
        on: { change: () => choose(id) }
      }), h('span', {}, answer, h('small', {}, hint))))))
  choose(value)
  return {
    element, get value() { return value },
    set value(now) {
      /** @type {HTMLInputElement | null} */
      const radio = element.querySelector(`input[value="${CSS.escape(now)}"]`)
      if (!radio) return
      radio.checked = true
      choose(now)
    }
  }
}

const fold = (word, said, ...content) => h('details', { class: 'option' }, h('summary', {}, word, said, icon('down')),
  ...content)

export class Options {
  #taken = oneOf('taken', t.options.taken, t.options.takens)
  #equal = oneOf('equal', t.options.equal, t.options.equals)
  #export = oneOf('export', t.options.export, t.options.exports)
  #verify = oneOf('verify', t.options.verify, t.options.verifies)
  #act = oneOf('act', t.options.act, t.options.acts)
  #atOnce = field(t.options.atOnce, '', { type: 'number', min: '1', max: '32', placeholder: t.options.atOnceHint })
  #smallest = field(t.options.smallest, '', { placeholder: t.options.sizeHint })
  #largest = field(t.options.largest, '', { placeholder: t.options.sizeHint })
  #days = field(t.options.days, '', { type: 'number', min: '0' })
  #structure = oneOf('structure', t.options.structure, t.options.structures)
  #bandwidth = field(t.options.bandwidthLabel, '', { placeholder: t.options.bandwidthHint })
  #speed = h('b', { class: 'cut' })
  #deadline = field(t.options.deadlineLabel, '', { type: 'datetime-local' })
  #ends = h('b', { class: 'cut' })
  #priority = oneOf('priority', t.options.priority, t.options.priorities)
  #include = field(t.options.include, '', { placeholder: '*' })
  #exclude = field(t.options.exclude, '', { placeholder: t.options.patternHint })
  #files = h('b', { class: 'cut' })

  /**
   * The lists of patterns of the edited schedule. A pattern may contain a comma, so a list is sent back unchanged
   * unless the user edits its text.
   */
  #kept = { include: ['', []], exclude: ['', []] }

  /** The minimum age of a schedule that was created by a program; it is kept unchanged. @type {number | null} */
  #minAge = null

  #tell = new NotificationFields()
  #attempts = new Attempts()
  #label = field(t.make.label, '', { maxlength: '200' })
  #name = h('b', { class: 'cut' })
  #usual = ''

  #when

  #ending

  /** @param {any} me @param {() => void} changed called when the start has changed */
  constructor(me, changed) {
    this.#when = when(me, changed)
    for (const { input } of [this.#include, this.#exclude, this.#smallest, this.#largest, this.#days]) {
      input.addEventListener('input', () => this.#sayFiles())
    }

    this.#label.input.addEventListener('input', () => this.#sayName())
    this.#bandwidth.input.addEventListener('input', () => this.#sayTimes())
    this.#deadline.input.addEventListener('input', () => this.#sayTimes())
    this.#sayFiles()
    this.#sayTimes()
    this.#ending = fold(t.options.deadline, this.#ends, h('div', { class: 'patterns' }, this.#deadline.element,
      h('p', { class: 'hint' }, t.options.deadlineText)))
    const column = (...questions) => h('div', {}, questions)
    this.element = h('section', { class: 'card how at-3', 'aria-label': t.options.title },
      h('div', { class: 'options' },
      column(this.#act.element, this.#taken.element, this.#equal.element, this.#export.element,
        this.#structure.element,
        this.#attempts.element, fold(t.make.label, this.#name, h('div', { class: 'patterns' }, this.#label.element))),
      column(
        fold(t.options.patterns, this.#files, h('div', { class: 'patterns' }, this.#include.element,
          this.#exclude.element,
          h('p', { class: 'hint' }, t.options.patternText), this.#smallest.element, this.#largest.element,
          this.#days.element)),
        this.#verify.element, this.#priority.element, this.#tell.element,
        fold(t.options.bandwidth, this.#speed, h('div', { class: 'patterns' }, this.#bandwidth.element,
          h('p', { class: 'hint' }, t.options.bandwidthText), this.#atOnce.element)),
        fold(t.when.title, this.#when.said, this.#when.content),
        this.#ending)))
  }

  #patterns(which, input) {
    const [text, patterns] = this.#kept[which]
    return input.value === text ? patterns : patternsOf(input.value)
  }

  #sayFiles() {
    const { include, exclude } = this.#filters
    say(this.#files,
      [include.length > 0 && t.options.only(listed(include)), exclude.length > 0 && t.options.not(listed(exclude)),
      boundWords(this.#bounds)].filter(Boolean).join(', ') || t.options.all)
  }

  #sayTimes() {
    say(this.#speed, this.#bandwidth.input.value.trim() || t.options.noLimit)
    say(this.#ends, this.deadline ? format.moment(this.deadline) : t.options.noDeadline)
  }

  get #filters() {
    return { include: this.#patterns('include', this.#include.input),
      exclude: this.#patterns('exclude', this.#exclude.input) }
  }

  get #bounds() {
    const days = Number(this.#days.input.value)
    const [minSize, maxSize] = [this.#smallest, this.#largest].map(({ input }) => amountOf(input.value, true))
    return { minSize, maxSize, minAge: this.#minAge, maxAge: days > 0 ? days * DAY : null }
  }

  /** The error message if an entered value is invalid; empty if all are valid. */
  get fault() { return Object.values(this.#bounds).some(Number.isNaN) ? t.options.badSize : '' }

  #sayName() { say(this.#name, this.label) }

  /** Sets the name that the transfer has if the user enters none. @param {string} usual */
  name(usual) {
    this.#usual = usual
    this.#label.input.placeholder = usual
    this.#sayName()
  }

  get label() { return this.#label.input.value.trim() || this.#usual }

  /** The deadline at which the transfer ends, even if files remain. @returns {string | undefined} */
  get deadline() {
    const { value } = this.#deadline.input
    return value ? new Date(value).toISOString() : undefined
  }

  get when() { return this.#when.value }

  /** Called when the source is in another space. @param {string | null} space */
  within(space) { this.#when.within(space) }

  /** Shows the options of a schedule, which has no deadline. @param {import('./saved.js').Schedule} schedule */
  take(schedule) {
    const { options, priority } = schedule.transfer
    this.#taken.value = options.taken
    this.#equal.value = options.equal
    this.#verify.value = options.verify
    this.#export.value = options.export ? options.exportAs ?? 'office' : 'none'
    this.#structure.value = String(options.structure)
    this.#act.value = options.move ? 'move' : options.checkOnly ? 'check' : 'copy'
    this.#atOnce.input.value = options.atOnce ?? ''
    this.#smallest.input.value = options.minSize ?? ''
    this.#largest.input.value = options.maxSize ?? ''
    this.#minAge = options.minAge ?? null
    this.#days.input.value = options.maxAge ? String(options.maxAge / DAY) : ''
    this.#priority.value = priority
    this.#bandwidth.input.value = options.bandwidth ?? ''
    for (const [which, { input }] of Object.entries({ include: this.#include, exclude: this.#exclude })) {
      input.value = options[which].join(', ')
      this.#kept[which] = [input.value, options[which]]
    }
    this.#label.input.value = schedule.title
    this.#tell.value = options.notes
    this.#attempts.value = options.attempts
    this.#when.value = schedule
    this.#ending.hidden = true
    this.#sayFiles()
    this.#sayTimes()
    this.#sayName()
  }

  get priority() { return this.#priority.value }

  /** @param {string[]} without the ids of deselected items */
  values(without) {
    const bandwidth = this.#bandwidth.input.value.trim()
    return {
      taken: this.#taken.value, equal: this.#equal.value, verify: this.#verify.value,
      export: this.#export.value !== 'none',
      exportAs: this.#export.value === 'none' ? undefined : this.#export.value,
      structure: this.#structure.value === 'true',
      ...(bandwidth ? { bandwidth, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone } : {}),
      ...this.#filters, ...this.#bounds, without, move: this.#act.value === 'move',
      checkOnly: this.#act.value === 'check',
      atOnce: Number(this.#atOnce.input.value) || null,
      attempts: this.#attempts.value, notes: this.#tell.value
    }
  }
}
