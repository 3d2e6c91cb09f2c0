// The ranges of figures. All screens cut them at the same place, so that their sums agree: at the beginning of an
// hour or of a day in UTC, where the service's sums begin.
const HOUR = 3_600_000
const STEPS = { hour: HOUR, day: 24 * HOUR }

// A median of few uploads jumps from step to step.
/** @type {Record<string, {step: 'hour' | 'day', hours: number}>} */
export const RANGES = { '24h': { step: 'hour', hours: 24 }, '7d': { step: 'day', hours: 168 },
  '30d': { step: 'day', hours: 720 },
  '90d': { step: 'day', hours: 2160 } }

/** When a range begins, for the service. @param {string} range @param {number} [now] */
export function beginOf(range, now = Date.now()) {
  const { step, hours } = RANGES[range]
  const at = now - hours * HOUR
  return new Date(at - at % STEPS[step]).toISOString()
}
