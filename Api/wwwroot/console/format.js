// Formats numbers, times and names. A no-break space separates a number from its unit.
const NB = '\u00a0'
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

// Invisible characters could make a name look like another one. Joiners are kept: emoji, Persian and Indic words need
// them.
const UNSEEN =
  new RegExp(
    '[\\0-\\x1f\\x7f-\\x9f\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202f\\u2060-\\u2069'
  + '\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]|(?<!\\u{1f3f4}[\\u{e0020}-\\u{e007f}]*)[\\u{e0000}-\\u{e007f}]'
  + '|(?<![\\p{ExtPict}\\p{EMod}\\ufe0f](?=\\u200d\\p{ExtPict})|\\p{Script=Arabic}(?=.\\p{Script=Arabic})'
  + '|[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca](?=.\\p{L}))[\\u200c\\u200d]', 'gu')

const UNCUT = 20

/** Returns the power of 1024 that shows at most three digits: 1013 KiB is shown as 0.98 MiB. */
function powerOf(bytes) {
  let power = 0
  while (bytes / 1024 ** power >= 1000 && power < UNITS.length - 1) power++
  return power
}

// The number is rounded down, so that it never exceeds the bytes that exist.
function inUnit(bytes, power) {
  const value = bytes / 1024 ** power
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  return (Math.floor(value * 10 ** digits + 1e-9) / 10 ** digits).toFixed(digits)
}

/** @param {number} count */
export const bytes = (count) => `${inUnit(count, powerOf(count))}${NB}${UNITS[powerOf(count)]}`

/**
 * Formats a part and its whole, with one unit if the part is large enough for it: "7.31 of 12.4 GiB".
 * @param {number} part
 * @param {number} whole
 */
export function bytesOf(part, whole) {
  const power = powerOf(whole)
  if (part > 0 && part / 1024 ** power < 0.1) return `${bytes(part)} of${NB}${bytes(whole)}`
  return `${part === 0 ? '0' : inUnit(part, power)} of${NB}${inUnit(whole, power)}${NB}${UNITS[power]}`
}

/** Formats a range of bytes: "12.87–12.88 GiB". @param {number} from @param {number} to */
export function range(from, to) {
  const power = powerOf(to)
  const value = (at) => (at / 1024 ** power).toFixed(power === 0 || at === 0 ? 0 : 2)
  return `${value(from)}–${value(to)}${NB}${UNITS[power]}`
}

export const exactBytes = (count) => `${count.toLocaleString('en')}${NB}B`
export const speed = (perSecond) => `${bytes(Math.round(perSecond))}/s`

/**
 * Formats a speed that is shown beside another one; omits the unit if both have the same.
 * @param {number} perSecond
 * @param {number} beside
 */
export function speedBeside(perSecond, beside) {
  const [figure, unit] = speed(perSecond).split(NB)
  return unit === speed(beside).split(NB)[1] ? figure : figure + NB + unit
}

export const percent = (part, whole) => `${whole === 0 ? 100 : Math.floor(100 * part / whole)}${NB}%`
export const number = (count) => count.toLocaleString('en')

/** @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–'
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))}${NB}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes}${NB}min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 ? `${hours}${NB}h ${minutes % 60}${NB}min` : `${hours}${NB}h`
  return `${Math.round(hours / 24)}${NB}days`
}

/** "0:07", "2:40" */
export function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })
const dated = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const dayOnly = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** "today 14:31", "Thu 19 Nov", "3 Feb 2025" @param {string | number | Date} at @param {Date} [now] */
export function when(at, now = new Date()) {
  const then = new Date(at)
  if (Number.isNaN(then.getTime())) return '–'
  if (then.toDateString() === now.toDateString()) return `today ${time.format(then)}`
  const days = Math.abs(now.getTime() - then.getTime()) / 864e5
  return days < 300 ? day.format(then).replace(',', '') : dated.format(then)
}

/** Formats a duration, with milliseconds below ten seconds. @param {number} milliseconds */
export function took(milliseconds) {
  if (milliseconds < 100) return `${Math.round(milliseconds)}${NB}ms`
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)}${NB}s` : duration(milliseconds / 1000)
}

/** "just now", "25 min ago" @param {string | number} at @param {number} [now] */
export function ago(at, now = Date.now()) {
  const passed = (now - new Date(at).getTime()) / 1000
  return passed < 2 ? 'just now' : `${duration(passed)} ago`
}

/** "now", "in 2 min" @param {string | number} at @param {number} [now] */
export function ahead(at, now = Date.now()) {
  const left = (new Date(at).getTime() - now) / 1000
  return left < 1 ? 'now' : `in ${duration(left)}`
}

/** "14:35", "tomorrow 03:00", "Thu 19 Nov 03:00" @param {string | number} at @param {Date} [now] */
export function moment(at, now = new Date()) {
  const then = new Date(at)
  const midnight = (of) => new Date(of).setHours(0, 0, 0, 0)
  const days = Math.round((midnight(then) - midnight(now)) / 864e5)
  const name = { 0: '', 1: 'tomorrow ', [-1]: 'yesterday ' }[days] ?? `${day.format(then).replace(',', '')} `
  return name + time.format(then)
}

/** "19 Nov" */
export const date = (at) => dayOnly.format(new Date(at))

/** "14:35:07" */
export const clock = (at) => seconds.format(new Date(at))

export const exactTime = (at) => exact.format(new Date(at))

/** @param {string} name */
export const visible = (name) =>
  name.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}}`)

/**
 * Splits a name where it may be truncated, so that its last characters stay visible. A short name is not split.
 * @param {string} name
 * @returns {[string, string]}
 */
export function halves(name) {
  // A grapheme, such as an emoji with a modifier, must not be split.
  const characters = Array.from(new Intl.Segmenter().segment(visible(name)), ({ segment }) => segment)
  const tail = characters.length <= UNCUT ? 0 : Math.min(11, Math.floor(characters.length / 2))
  return [characters.slice(0, characters.length - tail).join(''), characters.slice(characters.length - tail).join('')]
}

/** Returns at most four letters of the file name extension, for a tile. @param {string} name */
export function extension(name) {
  const found = /\.([A-Za-z0-9]{1,8})$/.exec(name)
  return found ? found[1].slice(0, 4).toUpperCase() : 'FILE'
}

/** Encodes each name of a path for a URL. @param {string} path */
export const encoded = (path) => path.split('/').map(encodeURIComponent).join('/')
