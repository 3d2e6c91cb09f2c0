// Limits: the effective ones of the user, and for administrators those of a tenant, a user or a key, and the
// defaults.
import { call, codeOf } from '../api.js'
import { button, h } from '../dom.js'
import * as format from '../format.js'
import { amountOf } from '../parts/amount.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { field } from '../parts/dialog.js'
import { choice, sure } from '../parts/fields.js'
import { cellsOfSum, strip } from '../parts/cells.js'
import { row, table } from '../parts/table.js'
import { MetadataRules } from './metadata.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/access.js'

/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.limits.limit, 'lead'], [t.limits.whose], [t.limits.used, 'wide'], [t.limits.most, 'amount']]
const NAMES = [
  'maxFileSize', 'storedBytes', 'files', 'openUploads', 'receivedPerDay', 'sentPerDay', 'requestsPerMinute',
  'creationsPerMinute',
  'requestsAtOnce'
]
const DAILY = ['receivedPerDay', 'sentPerDay']
const RATES = ['requestsPerMinute', 'creationsPerMinute', 'requestsAtOnce']
// Limits whose value is the text of a timetable.
const BANDWIDTHS = ['receiveBandwidth', 'sendBandwidth']
// Limits that are lists, separated by commas.
const LISTS = ['types', 'names']
const DEFAULTS = ['tenant', 'user', 'key', 'session', 'address', 'upload']
// The id that stands for the whole service.
const ALL = 'all'

const isBytes = (name) => /bytes|size|perday/i.test(name)
const wordOf = (name) => t.limits.names[name] ?? (name === 'metadata' ? t.limits.metadata : name)
const isBandwidth = (name) => BANDWIDTHS.includes(name)
const amount = (name, value) =>
  (isBandwidth(name) ? format.speed(value) : isBytes(name) ? format.bytes(value) : format.number(value))

/** @param {import('./screen.js').AccessScreen} screen @param {URLSearchParams} query */
export function open(screen, query) {
  const pane = new LimitsPane(screen)
  pane.go(query)
  return pane
}

const kindOf = (name) => (LISTS.includes(name) ? name : isBandwidth(name) ? 'bandwidth'
  : isBytes(name) ? 'bytes' : 'number')

/** Parses the text that the user has entered. */
function valueOf(name, text) {
  if (isBandwidth(name)) return text.trim() || null
  if (!LISTS.includes(name)) return amountOf(text, isBytes(name))
  const parts = text.split(',').map((part) => part.trim()).filter(Boolean)
  return parts.length > 0 ? parts : null
}

/** Formats a value as the user would enter it. */
function written(name, value) {
  if (value === null || value === undefined) return ''
  if (LISTS.includes(name)) return value.join(', ')
  if (isBandwidth(name) || !isBytes(name)) return String(value)
  for (let power = 4; power > 0 && value > 0; power--) {
    if (value % 1024 ** power === 0) return `${value / 1024 ** power} ${'KMGT'[power - 1]}iB`
  }
  return String(value)
}

/** Adds a button that shows the timetable of a bandwidth. */
function withWeek({ name, input, element }) {
  const act = async () => {
    const { askTimetable } = await import('./timetable.js')
    const chosen = await askTimetable(t.limits.weekOf(wordOf(name)), input.value)
    if (chosen !== null) input.value = chosen
    input.focus()
  }
  return h('div', { class: 'field-act' }, element, button('',
    { glyph: 'clock', label: t.limits.weekOf(wordOf(name)), act }))
}

class LimitsPane {
  #mine = h('section', { class: 'card', 'aria-label': t.limits.mine }, bones())
  #set = h('section', { class: 'card', 'aria-label': t.limits.set, hidden: true })
  #showing = 0

  constructor(screen) {
    this.screen = screen
    this.element = h('div', { class: 'stack' }, h('p', { class: 'hint' }, t.limits.hint), this.#mine, this.#set)
    this.#loadMine()
  }

  /** @param {URLSearchParams} query */
  go(query) {
    if (!this.screen.isAdmin) return true
    const { me } = this.screen
    const of = query.get('of') ?? 'tenant'
    const scopes = ['tenant', 'user', ...(me.isOperator ? ['default', 'service'] : []),
      ...(of === 'key' ? ['key'] : [])]
    const usual = { tenant: me.tenant, default: 'user', service: ALL }[of] ?? ''
    this.#showSet(scopes.includes(of) ? of : 'tenant', query.get('id') ?? usual, scopes)
    return true
  }

  async #loadMine() {
    try {
      const { items } = await call('GET', 'api/limits')
      const nameOf = await this.screen.names()
      const shown = items.filter(({ limit, used }) => limit !== null || used !== null)
      this.#mine.replaceChildren(h('div', { class: 'card-head' }, h('h2', {}, t.limits.mine)), shown.length === 0
        ? emptyPlace(...t.limits.none) : table(t.limits.mine, COLUMNS,
          shown.map((limit) => this.#row(limit, nameOf))))
    } catch (error) { this.#fault(error) }
  }

  #row({ name, scope, id, limit, used, timetable = null }, nameOf) {
    const meter = strip()
    const both = limit !== null && used !== null
    if (both) meter.show((count) => cellsOfSum(used, used, Math.max(limit, 1), count))
    return row(COLUMNS, [
      wordOf(name), id === null ? t.limits.scopes[scope]
        : `${t.limits.scopes[scope]} ${nameOf(scope === 'tenant' ? `tenant:${id}` : id)}`,
      used === null ? null : h('div', { class: 'meter' }, h('span', {}, amount(name, used)), both && meter.element),
      limit === null ? t.limits.noLimit : amount(name, limit)
    ], { title: timetable })
  }

  async #showSet(of, id, scopes) {
    const choose = (word, options, value, act) => {
      const { input, element } = choice(word, options, value)
      input.addEventListener('change', () => act(input.value))
      return element
    }
    const to = (query) => go(addressOf('limits', [], query), { replace: true })
    const showing = ++this.#showing
    const options = await this.#options(of)
    if (showing !== this.#showing) return
    if (!id && options.length > 0) [[id]] = options
    // The id may be missing among the options if the list is truncated or if the tenant, user or key was removed.
    if (id && !options.some(([one]) => one === id)) options.push([id, format.visible(id)])
    const form = h('form', { class: 'limits-form' })
    this.#set.hidden = false
    this.#set.replaceChildren(h('div', { class: 'card-head' }, h('h2', {}, t.limits.set)),
      h('div', { class: 'limits-of' },
        choose(t.limits.of, scopes.map((scope) => [scope, t.limits.scopes[scope]]), of, (scope) => to({ of: scope })),
        of !== 'key' && of !== 'service' && choose(t.limits.scopes[of], options, id, (one) => to({ of, id: one }))),
      form)
    if (id) this.#loadForm(form, of, id)
  }

  /** Returns the tenants, users or keys whose limits can be set. @returns {Promise<[string, string][]>} */
  async #options(of) {
    if (of === 'default') return DEFAULTS.map((scope) => [scope, t.limits.defaults[scope]])
    if (of === 'key' || of === 'service') return []
    try {
      const people = `api/users?limit=500&tenant=${encodeURIComponent(this.screen.me.tenant)}`
      const { items } = await call('GET', of === 'user' ? people : 'api/tenants')
      return items.map((one) => (of === 'user' ? [one.id, format.visible(one.displayName)]
        : [one.name, format.visible(one.title)]))
    } catch { return [] }
  }

  async #loadForm(form, of, id) {
    const address = `api/limits/${of}/${encodeURIComponent(id)}`
    try {
      const { limits, used } = await call('GET', address)
      // Only operators set the limits of a tenant. An IP address has only rates, and the service and each upload have
      // only bandwidths.
      const mayNot = of === 'tenant' && !this.screen.me.isOperator
      const names = of === 'service' || id === 'upload' ? BANDWIDTHS : id === 'address' ? RATES
        : of === 'default' && id === 'session' ? [...DAILY, ...RATES, ...BANDWIDTHS]
          : [...NAMES, ...BANDWIDTHS, ...LISTS]
      const fields = names.map((name) => ({ name, ...field(wordOf(name), written(name, limits[name]), {
        placeholder: LISTS.includes(name) ? t.limits.all : t.limits.noLimit, disabled: mayNot,
        title: t.limits.hints[kindOf(name)]
      }) }))
      for (const { name, element } of fields) {
        if (used?.[name] !== undefined) {
          element.append(h('span', { class: 'hint' }, t.limits.usedNow(amount(name, used[name]))))
        }
      }
      const acts = h('div', { class: 'buttons' }, h('button', { class: 'button primary', type: 'submit' }, t.save),
        button(t.limits.remove, { kind: 'plain', act: () => this.#remove(form, address) }))
      const rules = names.includes('types') ? new MetadataRules(limits.metadata ?? [], mayNot) : null
      form.replaceChildren(
        h('div', { class: 'limits-fields' },
          fields.map((one) => (isBandwidth(one.name) && !mayNot ? withWeek(one) : one.element))),
        ...(rules ? [rules.element] : []), mayNot ? h('p', { class: 'hint' }, t.limits.operators) : acts)
      form.onsubmit = (event) => {
        event.preventDefault()
        const body = { ...limits }
        const wrong = []
        for (const { name, input } of fields) {
          body[name] = valueOf(name, input.value)
          const bad = Number.isNaN(body[name])
          if (bad) input.setAttribute('aria-invalid', 'true')
          else input.removeAttribute('aria-invalid')
          if (bad) wrong.push({ name, input })
        }
        if (rules) {
          body.metadata = rules.values
          if (rules.wrong) wrong.push({ name: 'metadata', input: rules.wrong })
        }
        if (wrong.length === 0) { this.#send(form, 'PUT', address, body); return }
        const [{ name, input }] = wrong
        this.screen.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: `${wordOf(name)}:`,
          text: name === 'metadata' ? t.limits.noKey : t.limits.hints[kindOf(name)],
          actions: [{ word: t.close, act: () => this.screen.notes.hide('fault') }] })
        input.focus()
      }
    } catch (error) { this.#fault(error) }
  }

  async #remove(form, address) {
    if (await sure(t.limits.removeTitle, t.limits.removeText, t.limits.remove)) {
      await this.#send(form, 'DELETE', address)
    }
  }

  async #send(form, method, address, body) {
    const { notes } = this.screen
    try {
      await call(method, address, body)
      notes.hide('fault')
      this.#loadMine()
      const [, , of, id] = address.split('/')
      // The user may have chosen another subject meanwhile.
      if (form.isConnected) {
        await this.#loadForm(form, of, decodeURIComponent(id))
        form.querySelector('[type=submit]')?.focus()
      }
      notes.show('act', { glyph: 'check', text: body ? t.limits.saved : t.limits.removed,
        actions: [{ word: t.close, act: () => notes.hide('act') }] })
    } catch (error) { this.#fault(error) }
  }

  #fault(error) {
    const { notes } = this.screen
    notes.show('fault', { kind: 'bad', glyph: 'fail', text: error.message, code: codeOf(error),
      actions: [{ word: t.close, act: () => notes.hide('fault') }] })
  }
}
