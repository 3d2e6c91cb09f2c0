// The time ranges of statistics. All screens start them at an hour or day boundary in UTC, where the service's sums
// start, so that their totals agree.
const HOUR = 3_600_000
const STEPS = { hour: HOUR, day: 24 * HOUR }

// The steps are not shorter, because the median of few uploads varies too much.
/** @type {Record<string, {step: 'hour' | 'day', hours: number}>} */
export const RANGES = { '24h': { step: 'hour', hours: 24 }, '7d': { step: 'day', hours: 168 },
  '30d': { step: 'day', hours: 720 },
  '90d': { step: 'day', hours: 2160 } }

/** Returns the start of a range as the service expects it. @param {string} range @param {number} [now] */
export function beginOf(range, now = Date.now()) {
  const { step, hours } = RANGES[range]
  const at = now - hours * HOUR
  return new Date(at - at % STEPS[step]).toISOString()
}
