// Draws the last runs of a schedule as cells, the newest on the right, as for jobs.
import { s } from '../dom.js'
import { t } from '../texts/transfers.js'

const RUNS = 14

/** @param {import('./saved.js').Run} run @returns {'safe' | 'soft' | 'failed' | 'now'} */
const lookOf = ({ result, state }) => {
  if (result === 'skipped') return 'soft'
  if (result === 'refused' || ['failed', 'partly_done'].includes(state)) return 'failed'
  return ['done', 'cancelled', null].includes(state) ? (state === 'cancelled' ? 'soft' : 'safe') : 'now'
}

/** @param {import('./saved.js').Run[]} runs the newest first */
export function runsDrawing(runs) {
  const shown = runs.slice(0, RUNS).reverse().map(lookOf)
  const drawing = s('svg', {
    class: 'runs', viewBox: `0 0 ${RUNS * 6 - 1} 8`, role: 'img',
    'aria-label': t.kept.lastRuns(shown.length, shown.filter((one) => one === 'failed').length)
  })
  for (let i = 0; i < RUNS; i++) {
    const look = shown[i - (RUNS - shown.length)]
    const whole = (kind) => s('path', { class: `cell-${kind}`, d: `M${i * 6} 0h5v8h-5z` })
    if (look === 'failed') drawing.append(s('path', { class: 'cell-failed thin',
      d: `M${i * 6 + 0.75} .75h3.5v6.5h-3.5z` }))
    else if (look === 'now') drawing.append(whole('soft'), s('path',
      { class: 'cell-safe', d: `M${i * 6} 4h5v4h-5z` }))
    else drawing.append(whole(look ?? 'waiting'))
  }
  return drawing
}
