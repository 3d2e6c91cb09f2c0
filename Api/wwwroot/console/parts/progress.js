// Shows the progress of this page's uploads where the Upload screen is not visible: in the title and the icon of the
// tab, whose chunks are filled clockwise, and in the top bar of all screens and tabs.
import { h, icon, say } from '../dom.js'
import { bytesOf, percent } from '../format.js'
import { addressOf, here } from '../router.js'
import { t } from '../texts/frame.js'

const PACE = 1_000
const ENDED = ['done', 'failed', 'cancelled', 'choose']
// The cells of the logo, clockwise from the top of the C.
const RING = [[9, 1], [17, 1], [17, 9], [17, 17], [9, 17], [1, 17], [1, 9], [1, 1]]
const SAFE = '#068472'
const WAITING = '#9fb0ae'

/** @param {import('../upload/engine.js').Engine} uploader @param {import('../shell.js').Shell} shell */
export function showProgress(uploader, shell) {
  const share = h('span')
  const onTop = h('a', { class: 'under-way', href: addressOf('upload'), hidden: true }, icon('up'), share)
  shell.element.querySelector('.top > .live').before(onTop)
  /** @type {HTMLLinkElement} */
  const link = document.querySelector('link[rel=icon]')
  const usual = link.href
  let [due, full, title, former] = [0, -1, '', '']

  function show() {
    due = 0
    const counted = uploader.uploads.filter(({ state }) => state !== 'cancelled')
    const size = counted.reduce((sum, upload) => sum + upload.size, 0)
    const safe = counted.reduce((sum, upload) => sum + upload.safe.total, 0)
    showOnTop(counted)
    const running = size > 0 && counted.some(({ state }) => !ENDED.includes(state))
    const plain = title && document.title.startsWith(title) ? document.title.slice(title.length) : document.title
    title = running ? t.progress(percent(safe, size)) : ''
    document.title = title + plain
    // A cell is filled only if all of its bytes are safe.
    const cells = running ? Math.floor((RING.length * safe) / size) : -1
    if (cells === full) return
    full = cells
    // The icon before the previous one is released, because the browser may still read the previous one.
    if (former.startsWith('blob:')) URL.revokeObjectURL(former)
    former = link.href
    link.href = running ? URL.createObjectURL(new Blob([drawn(cells)], { type: 'image/svg+xml' })) : usual
  }

  /** Shows the progress in the top bar, with the uploads of other tabs. */
  function showOnTop(own) {
    const others = uploader.mirror.uploads
    const size = [...own, ...others].reduce((sum, upload) => sum + upload.size, 0)
    const safe = own.reduce((sum, upload) => sum + upload.safe.total, 0)
      + others.reduce((sum, upload) => sum + upload.safe, 0)
    const running = size > 0 && (others.length > 0 || own.some(({ state }) => !ENDED.includes(state)))
    onTop.hidden = !running || here().screen === 'upload'
    if (onTop.hidden) return
    say(share, percent(safe, size))
    const words = t.underWay(share.textContent, bytesOf(safe, size))
    if (onTop.title !== words) onTop.setAttribute('aria-label', onTop.title = words)
  }

  const soon = () => { due ||= setTimeout(show, PACE) }
  for (const type of ['added', 'change', 'removed']) uploader.on(type, soon)
  addEventListener('hashchange', soon)
  // Other tabs send their progress once a second.
  setInterval(() => { if (uploader.mirror.uploads.length > 0 || !onTop.hidden) soon() }, PACE)
  soon()
}

const drawn = (cells) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${RING.map(([x, y], at) =>
  `<rect x="${x}" y="${y}" width="6" height="6" rx="1.25" fill="${at < cells ? SAFE : WAITING}"/>`).join('')}</svg>`
