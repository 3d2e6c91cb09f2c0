// Converts a timetable of bandwidths between its text and the rate of each hour of the week.
export const HOURS = 24
// The names of the days in the text. In the grid, a week starts on Monday; in the service, on Sunday.
export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const RATE = /^(off|\d+(\.\d+)?[kmgt]?)$/i
const ENTRY = /^(?:(mon|tue|wed|thu|fri|sat|sun)-)?(\d{1,2}):(\d{2}),(.+)$/i

/**
 * Parses a rate such as "10M" to bytes per second. Returns Infinity for "off", and NaN if the text is invalid.
 * @param {string} text
 */
export function rateOf(text) {
  if (!RATE.test(text)) return NaN
  if (/^off$/i.test(text)) return Infinity
  return Number.parseFloat(text) * 1024 ** ' kmgt'.indexOf(/[kmgt]$/i.exec(text)?.[0].toLowerCase() ?? ' ')
}

/**
 * Returns the rate of each hour of the week, starting on Monday. A change within an hour takes effect at the next
 * hour.
 * @param {string} text @returns {string[] | null} null if the text is no timetable
 */
export function parse(text) {
  const words = text.trim().split(/\s+/).filter(Boolean)
  if (words.length === 0) return Array(7 * HOURS).fill('off')
  if (words.length === 1 && RATE.test(words[0])) return Array(7 * HOURS).fill(words[0])
  const onDay = new Map()
  const daily = new Map()
  for (const word of words) {
    const [, day, hour, minute, rate] = ENTRY.exec(word) ?? []
    if (!rate || Number.isNaN(rateOf(rate)) || Number(hour) > 23 || Number(minute) > 59) return null
    const at = Number(hour) + Number(minute) / 60
    if (day) onDay.set(DAYS.findIndex((name) => name.toLowerCase() === day.toLowerCase()) * HOURS + at, rate)
    else daily.set(at, rate)
  }
  for (const [at, rate] of daily) {
    for (let day = 0; day < 7; day++) if (!onDay.has(day * HOURS + at)) onDay.set(day * HOURS + at, rate)
  }
  const entries = [...onDay].sort(([a], [b]) => a - b)
  // The last entry of the week is in effect until the first.
  let now = entries.at(-1)[1]
  let next = 0
  return Array.from({ length: 7 * HOURS }, (_, hour) => {
    while (next < entries.length && entries[next][0] <= hour) now = entries[next++][1]
    return now
  })
}

/**
 * Returns the shortest text for a week: entries that most days share are written once, and others with the name of
 * their day.
 * @param {string[]} rates
 */
export function textOf(rates) {
  if (rates.every((rate) => rate === rates[0])) return rates[0]
  const changes = (hour) => rates[hour] !== rates[(hour + 7 * HOURS - 1) % (7 * HOURS)]
  const entries = []
  for (let hour = 0; hour < HOURS; hour++) {
    const clock = `${String(hour).padStart(2, '0')}:00`
    const days = DAYS.map((_, day) => day * HOURS + hour)
    const changed = days.filter(changes)
    const counts = new Map()
    for (const at of changed) counts.set(rates[at], (counts.get(rates[at]) ?? 0) + 1)
    const [usual] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? []
    const others = days.filter((at) => rates[at] !== usual)
    const byDay = usual === undefined || 1 + others.length >= changed.length
    if (!byDay) entries.push(`${clock},${usual}`)
    for (const at of byDay ? changed : others) entries.push(`${DAYS[Math.floor(at / HOURS)]}-${clock},${rates[at]}`)
  }
  return entries.join(' ')
}
