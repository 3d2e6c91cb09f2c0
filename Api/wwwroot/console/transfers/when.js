// When a transfer begins: at once, at a time, or again and again.
import { h, say } from '../dom.js'
import * as format from '../format.js'
import { inWords } from '../jobs/schedule.js'
import { field } from '../parts/dialog.js'
import { t } from '../texts/transfers.js'

const DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN']
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone

/** @param {{cron: string | null, at: string | null}} schedule */
export const whenWords = ({ cron, at }) => (cron ? inWords(`0 ${cron}`) : at ? format.moment(at) : '')

/** @param {() => void} changed */
export function when(changed) {
  const said = h('b', { class: 'cut' })
  const at = field(t.when.at, '', { type: 'datetime-local' })
  const time = field(t.when.time, '02:00', { type: 'time' })
  const day = h('select', { class: 'input' }, DAYS.map((one) => h('option', { value: one }, t.when.days[one])))
  const days = h('label', { class: 'field' }, t.when.day, day)
  const cron = field(t.when.cron, '0 2 * * MON-FRI', { maxlength: '100' })
  const hint = h('p', { class: 'hint' }, t.when.cronHint)
  let kind = 'now'
  const show = () => {
    at.element.hidden = kind !== 'once'
    time.element.hidden = !['daily', 'weekly'].includes(kind)
    days.hidden = kind !== 'weekly'
    cron.element.hidden = hint.hidden = kind !== 'cron'
    const value = read()
    say(said, value ? `${whenWords(value)}${value.cron ? `, ${value.timeZone}` : ''}` : t.when.kinds.now[0])
    changed()
  }
  const read = () => {
    const [hour, minute] = (time.input.value || '02:00').split(':').map(Number)
    if (kind === 'once') return at.input.value ? { cron: null, at: new Date(at.input.value).toISOString(), timeZone: zone() } : null
    if (kind === 'daily') return { cron: `${minute} ${hour} * * *`, at: null, timeZone: zone() }
    if (kind === 'weekly') return { cron: `${minute} ${hour} * * ${day.value}`, at: null, timeZone: zone() }
    return kind === 'cron' && cron.input.value.trim() ? { cron: cron.input.value.trim(), at: null, timeZone: zone() } : null
  }
  for (const one of [at.input, time.input, cron.input]) one.addEventListener('input', show)
  day.addEventListener('change', show)
  const choose = (id) => { kind = id; show() }
  const choices = h('div', { class: 'choices', role: 'radiogroup', 'aria-label': t.when.title }, Object.entries(t.when.kinds).map(
    ([id, [word, text]]) => h('label', { class: 'choice' }, h('input', { type: 'radio', class: 'dot', name: 'option-when', value: id,
      checked: id === kind, on: { change: () => choose(id) } }), h('span', {}, word, h('small', {}, text)))))
  const content = [choices, h('div', { class: 'patterns' }, at.element, days, time.element, cron.element, hint)]
  show()
  return {
    said, content,
    /** Null: at once. @returns {{cron: string | null, at: string | null, timeZone: string} | null} */
    get value() { return read() }
  }
}
