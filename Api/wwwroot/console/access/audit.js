// The audit log, with filters that are part of the address.
import { call, codeOf, root } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { row } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/access.js'
import { ListPane } from './pane.js'

/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.audit.act, 'lead'], [t.audit.who], [t.audit.when], [t.audit.what, 'wide'], [t.audit.address]]
const KINDS = ['', 'signed_in', 'sign_in_failed', 'upload', 'download', 'entry', 'transfer', 'schedule', 'connection',
  'user', 'key',
  'link', 'space', 'webhook', 'limits', 'tenant', 'job', 'node']
const PAGE = 100
const DAY = 864e5

/** @param {import('./screen.js').AccessScreen} screen @param {URLSearchParams} query */
export function open(screen, query) {
  let nameOf = (subject) => subject
  let now = query
  const filters = new Filters(screen)
  const pane = new ListPane(screen, {
    label: t.access.titles.audit, hint: t.audit.hint, columns: COLUMNS, empty: t.audit.empty, above: filters.element,
    acts: [
      screen.me.isOperator && button(t.audit.verify, { glyph: 'check', act: () => verify(screen) }),
      filters.csv
    ],
    read: async (cursor) => {
      nameOf = await screen.names()
      return call('GET', `api/audit?${asked(now, { limit: String(PAGE), ...(cursor ? { cursor } : {}) })}`)
    },
    row: (act) => rowOf(act, nameOf)
  })
  filters.show(query)
  pane.go = (next) => {
    now = next
    filters.show(next)
    pane.load()
    return true
  }
  return pane
}

/**
 * Converts the query of the address to that of the service.
 * @param {URLSearchParams} query
 * @param {Record<string, string>} [more]
 */
function asked(query, more = {}) {
  const given = new URLSearchParams(more)
  for (const name of ['kind', 'subject', 'target']) if (query.get(name)) given.set(name, query.get(name))
  const day = (name) => new Date(`${query.get(name)}T00:00:00`).getTime()
  if (day('from')) given.set('from', new Date(day('from')).toISOString())
  // The last day is included.
  if (day('to')) given.set('to', new Date(day('to') + DAY).toISOString())
  return given
}

class Filters {
  #kind = h('select', { class: 'input' }, KINDS.map((kind) => h('option', { value: kind }, t.audit.kinds[kind])))
  #subject = h('select', { class: 'input' })
  #from = h('input', { class: 'input', type: 'date' })
  #to = h('input', { class: 'input', type: 'date' })
  csv = h('a', { class: 'button', download: '' }, icon('download'), t.audit.csv)

  /** @param {import('./screen.js').AccessScreen} screen */
  constructor(screen) {
    this.screen = screen
    const inputs = { kind: this.#kind, subject: this.#subject, from: this.#from, to: this.#to }
    this.element = h('div', { class: 'filters' }, Object.entries(inputs).map(([name, input]) => {
      const choose = () => go(addressOf('audit', [], { ...Object.fromEntries(this.now),
        [name]: input.value || null }))
      input.addEventListener('change', choose)
      return h('label', { class: 'field' }, t.audit.filters[name], input)
    }))
  }

  /** @param {URLSearchParams} query */
  async show(query) {
    this.now = query
    this.#kind.value = query.get('kind') ?? ''
    this.#from.value = query.get('from') ?? ''
    this.#to.value = query.get('to') ?? ''
    this.csv.href = new URL(`api/audit?${asked(query, { format: 'csv' })}`, root).href
    const subject = query.get('subject') ?? ''
    const nameOf = await this.screen.names()
    const known = await this.screen.subjects()
    const all = ['', ...known, ...(subject && !known.includes(subject) ? [subject] : [])]
    this.#subject.replaceChildren(...all.map((one) => h('option', { value: one },
      one ? format.visible(nameOf(one)) : t.audit.everybody)))
    this.#subject.value = subject
  }
}

// These fields name the target and come first, without a label. The table omits the ids of related objects; the CSV
// file contains them.
const NAMED = ['name', 'title', 'label', 'path']
const LEFT_OUT = ['sha256', 'space', 'parent', 'revision', 'source', 'destination', 'prefix']

// The format of times of the service.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

const words = (name) => t.limits.names[name] ?? name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

// The values with which some actions record booleans.
const FLAGS = new Map([['true', true], ['false', false]])

const SUBJECT = /^(user|key|link|tenant):/

/** Formats a value. @param {any} one @param {string} name @param {(subject: string) => string} nameOf */
function valueOf(one, name, nameOf) {
  if (/size|bytes|received|sent|PerDay/i.test(name) && /^\d+$/.test(String(one))) return format.bytes(Number(one))
  if (typeof one === 'number') return format.number(one)
  if (Array.isArray(one)) return one.map((each) => valueOf(each, name, nameOf)).join(', ')
  if (one && typeof one === 'object') {
    return Object.entries(one).filter(([, inner]) => inner !== null)
      .map(([inner, each]) => `${words(inner)} ${valueOf(each, inner, nameOf)}`).join(', ')
  }
  if (TIME.test(one)) return format.when(one)
  return SUBJECT.test(one) ? nameOf(one) : t.audit.values[one] ?? t.keys.scopes[one] ?? String(one)
}

/**
 * Returns the details of an action as one line.
 * @param {Record<string, any>} data
 * @param {(subject: string) => string} [nameOf]
 */
export function detailsOf(data, nameOf = (subject) => subject) {
  const told = Object.entries(data ?? {}).filter(([name, one]) => one !== null && one !== ''
    && !LEFT_OUT.includes(name))
    .map(([name, one]) => [name, FLAGS.get(one) ?? one])
    .sort(([a], [b]) => Number(NAMED.includes(b)) - Number(NAMED.includes(a)))
  return told.map(([name, one]) => format.visible(NAMED.includes(name) ? String(one)
    : typeof one === 'boolean' ? t.audit.flags[name]?.[Number(one)] ?? (one ? words(name) : t.audit.not(words(name)))
      : `${words(name)} ${valueOf(one, name, nameOf)}`)).join(', ')
}

const ID = /\b([0-9a-f]{8})[0-9a-f]{24}\b/g

function rowOf(act, nameOf) {
  const details = detailsOf(act.data, nameOf)
  const target = act.target ? nameOf(act.target) : ''
  // The id of the target is shown only if the details contain no name.
  const told = [details, target && (target !== act.target || !details) && !details.includes(target)
    && format.visible(target)]
    .filter(Boolean).join(' · ')
  return row(COLUMNS, [
    h('span', { class: 'short', title: act.kind }, t.audit.actOf(act.kind)),
    h('span', { class: 'short', title: act.subject }, format.visible(nameOf(act.subject))),
    h('time', { datetime: act.at, title: format.exactTime(act.at) },
      `${format.when(act.at).replace(/ \d\d:\d\d$/, '')} ${format.clock(act.at)}`),
    told && h('span', { class: 'told', title: [told, act.target].filter(Boolean).join(' · ') },
      told.replace(ID, '$1…')),
    act.address ?? ''
  ], { 'data-id': act.number })
}

async function verify(screen) {
  const { notes } = screen
  const shut = [{ word: t.close, act: () => notes.hide('chain') }]
  try {
    const { broken, number, chain } = await call('GET', 'api/audit/chain')
    if (broken === null) {
      notes.show('chain', { glyph: 'check', lead: t.audit.whole(number), text: t.audit.wholeText,
        code: chain.slice(0, 16), actions: shut })
    } else notes.show('chain', { kind: 'bad', glyph: 'fail', lead: t.audit.broken(broken), text: t.audit.brokenText,
      actions: shut })
  } catch (error) {
    notes.show('chain', { kind: 'bad', glyph: 'fail', text: error.message, code: codeOf(error), actions: shut })
  }
}
