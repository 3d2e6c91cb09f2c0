// How far this page's uploads are, for who looks at another tab: in the title, and in the icon, whose chunks fill clockwise.
import { percent } from '../format.js'
import { t } from '../texts/frame.js'

const PACE = 1_000
const ENDED = ['done', 'failed', 'cancelled', 'choose']
// From the top of the C around to its end, in cells of 6.
const RING = [[9, 1], [17, 1], [17, 9], [17, 17], [9, 17], [1, 17], [1, 9], [1, 1]]
const SAFE = '#068472'
const WAITING = '#9fb0ae'

/** @param {import('../../client/index.js').Uploader} uploader */
export function showProgress(uploader) {
  const link = document.querySelector('link[rel=icon]')
  const usual = link.href
  let [due, full, title] = [0, -1, '']

  function show() {
    due = 0
    const counted = uploader.uploads.filter(({ state }) => state !== 'cancelled')
    const size = counted.reduce((sum, upload) => sum + upload.size, 0)
    const safe = counted.reduce((sum, upload) => sum + upload.safe.total, 0)
    const running = size > 0 && counted.some(({ state }) => !ENDED.includes(state))
    const plain = title && document.title.startsWith(title) ? document.title.slice(title.length) : document.title
    title = running ? t.progress(percent(safe, size)) : ''
    document.title = title + plain
    // A cell is full only when all of it is safe.
    const cells = running ? Math.floor((RING.length * safe) / size) : -1
    if (cells === full) return
    full = cells
    if (link.href.startsWith('blob:')) URL.revokeObjectURL(link.href)
    link.href = running ? URL.createObjectURL(new Blob([drawn(cells)], { type: 'image/svg+xml' })) : usual
  }

  const soon = () => { due ||= setTimeout(show, PACE) }
  for (const type of ['added', 'change', 'removed']) uploader.on(type, soon)
  soon()
}

const drawn = (cells) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${RING.map(([x, y], at) =>
  `<rect x="${x}" y="${y}" width="6" height="6" rx="1.25" fill="${at < cells ? SAFE : WAITING}"/>`).join('')}</svg>`
