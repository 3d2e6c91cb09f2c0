// Formats a cron expression as text. An expression without a short text is shown unchanged.
import { t } from '../texts/jobs.js'

const two = (text) => text.padStart(2, '0')
const plain = (...fields) => fields.every((field) => /^\d+$/.test(field))
const any = (field) => field === '*' || field === '?'

/** @param {string} cron six fields: seconds, minutes, hours, day of the month, month, day of the week; in UTC */
export function inWords(cron) {
  const [second, minute, hour, dayOfMonth, month, dayOfWeek] = cron.split(/\s+/)
  const step = (field) => /^(?:\d+|\*)\/(\d+)$/.exec(field)?.[1]
  if (!any(month) || !any(dayOfMonth) || second !== '0') return cron
  const daily = any(dayOfWeek)
  if (plain(minute, hour)) {
    const at = `${two(hour)}:${two(minute)}`
    return daily ? t.jobs.daily(at) : t.jobs.onDays(dayOfWeek, at)
  }
  if (!daily) return cron
  if (any(hour) && any(minute)) return t.jobs.everyMinute
  if (any(hour) && step(minute)) return t.jobs.everyMinutes(step(minute))
  if (any(hour) && plain(minute)) return t.jobs.hourly(two(minute))
  if (step(hour) && plain(minute)) return t.jobs.everyHours(step(hour), two(minute))
  return cron
}
