// The fields for when a transfer starts: now, at a time, repeatedly, or when a file arrives in a folder of the
// service.
import { h, say } from '../dom.js'
import * as format from '../format.js'
import { inWords } from '../jobs/schedule.js'
import { field } from '../parts/dialog.js'
import { t } from '../texts/transfers.js'
import { Uploaders } from './uploaders.js'

const DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN']
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone

/**
 * @typedef {{cron?: string | null, at?: string | null, timeZone?: string, arrival?: {own: boolean,
 *   others: string[]} | null}} When
 */

/** @param {When} schedule */
export const whenWords = ({ cron, at, arrival }) =>
  (arrival ? t.kept.arrival : cron ? inWords(`0 ${cron}`) : at ? format.moment(at) : '')

/** Formats a time for a field of the type datetime-local. @param {string} at */
function local(at) {
  const time = new Date(at)
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** @param {any} me @param {() => void} changed */
export function when(me, changed) {
  const said = h('b', { class: 'cut' })
  const at = field(t.when.at, '', { type: 'datetime-local' })
  const time = field(t.when.time, '02:00', { type: 'time' })
  const day = h('select', { class: 'input' }, DAYS.map((one) => h('option', { value: one }, t.when.days[one])))
  const days = h('label', { class: 'field' }, t.when.day, day)
  const cron = field(t.when.cron, '0 2 * * MON-FRI', { maxlength: '100' })
  const hint = h('p', { class: 'hint' }, t.when.cronHint)
  let kind = 'now'
  let space = null
  const show = () => {
    at.element.hidden = kind !== 'once'
    time.element.hidden = !['daily', 'weekly'].includes(kind)
    days.hidden = kind !== 'weekly'
    cron.element.hidden = hint.hidden = kind !== 'cron'
    whose.element.hidden = kind !== 'arrival'
    const value = read()
    say(said, value?.arrival ? `${whenWords(value)}: ${whose.words || t.arrival.nobody}`
      : value ? `${whenWords(value)}${value.cron ? `, ${value.timeZone}` : ''}` : t.when.kinds.now[0])
    changed()
  }
  const whose = new Uploaders(me, () => show())
  const read = () => {
    const [hour, minute] = (time.input.value || '02:00').split(':').map(Number)
    if (kind === 'once') return at.input.value ? { at: new Date(at.input.value).toISOString(), timeZone: zone() }
      : null
    if (kind === 'daily') return { cron: `${minute} ${hour} * * *`, timeZone: zone() }
    if (kind === 'weekly') return { cron: `${minute} ${hour} * * ${day.value}`, timeZone: zone() }
    if (kind === 'arrival') return { arrival: whose.value }
    return kind === 'cron' && cron.input.value.trim() ? { cron: cron.input.value.trim(), timeZone: zone() } : null
  }
  for (const one of [at.input, time.input, cron.input]) one.addEventListener('input', show)
  day.addEventListener('change', show)
  const choose = (id) => {
    kind = id
    if (kind === 'arrival') whose.load(space)
    show()
  }
  const radios = new Map(Object.keys(t.when.kinds).map((id) => [id, h('input', {
    type: 'radio', class: 'dot', name: 'option-when', value: id, checked: id === kind,
    on: { change: () => choose(id) }
  })]))
  const choices = h('div', { class: 'choices', role: 'radiogroup', 'aria-label': t.when.title },
    Object.entries(t.when.kinds).map(
    ([id, [word, text]]) => h('label', { class: 'choice' }, radios.get(id),
      h('span', {}, word, h('small', {}, text)))))
  const content = [choices,
    h('div', { class: 'patterns' }, at.element, days, time.element, cron.element, hint, whose.element)]
  show()
  return {
    said, content,
    /** The chosen start; null for now. @returns {When | null} */
    get value() { return read() },
    /** @param {When} value the start of a schedule */
    set value(value) {
      if (value.arrival) whose.value = value.arrival
      const daily = /^(\d+) (\d+) \* \* (\*|MON|TUE|WED|THU|FRI|SAT|SUN)$/.exec(value.cron ?? '')
      if (daily) {
        time.input.value = `${daily[2].padStart(2, '0')}:${daily[1].padStart(2, '0')}`
        if (daily[3] !== '*') day.value = daily[3]
      } else if (value.cron) cron.input.value = value.cron
      if (value.at) at.input.value = local(value.at)
      const next = value.arrival ? 'arrival' : value.at ? 'once'
        : !daily ? 'cron' : daily[3] === '*' ? 'daily' : 'weekly'
      radios.get(next).checked = true
      radios.get('now').disabled = true
      choose(next)
    },
    /** Called when the folder is in another space. @param {string | null} now */
    within(now) {
      if (now === space) return
      space = now
      if (kind === 'arrival') whose.load(space)
    }
  }
}
