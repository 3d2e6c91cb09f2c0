// Takes files and folders that are dropped anywhere on the page, or pasted.
import { filesOf } from '../../client/drop.js'

/**
 * Handles drops and pastes in the whole window while a screen is open.
 * @param {(reading: Promise<import('../../client/index.js').Found>) => void} take
 * @param {HTMLElement} screen gets the class "over" while files are dragged over the page
 * @returns {() => void} removes the handlers
 */
export function takeDrops(take, screen) {
  const stop = new AbortController()
  const { signal } = stop
  let depth = 0
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files')
  const over = (is) => screen.classList.toggle('over', is)
  addEventListener('dragenter', (event) => { if (carries(event)) { event.preventDefault(); depth++; over(true) } },
    { signal })
  addEventListener('dragover', (event) => { if (carries(event)) event.preventDefault() }, { signal })
  addEventListener('dragleave', () => { depth = Math.max(0, depth - 1); if (depth === 0) over(false) }, { signal })
  addEventListener('drop', (event) => {
    if (!carries(event)) return
    event.preventDefault()
    depth = 0
    over(false)
    take(filesOf(event.dataTransfer))
  }, { signal })
  addEventListener('paste', (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest?.('input, textarea')
      || !event.clipboardData?.files.length) return
    event.preventDefault()
    take(filesOf(event.clipboardData))
  }, { signal })
  return () => stop.abort()
}
