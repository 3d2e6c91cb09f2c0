// Shows notices about transfers in the top bar until the user has seen them: transfers that completed, failed, or
// wait for the user.
import { call } from '../api.js'
import { button, h } from '../dom.js'
import { visible } from '../format.js'
import { live } from '../live.js'
import { openMenu } from './menu.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/notices.js'

const EVERY = 60_000
const SOON = 500
const ASKED = 100
// The looks of the notices and the tab of the list that shows the transfers; those that need the user come first.
const LOOKS = { needs_owner: ['warn', 'person', 'waiting'], failed: ['bad', 'fail', 'done'],
  done: ['', 'check', 'done'] }

/** @type {(id: string) => void} */
let forget = () => {}

/**
 * Removes the notice of a transfer, because the user looks at it.
 * @param {{id: string, notice: string | null}} transfer
 */
export async function seen({ id, notice }) {
  forget(id)
  if (!notice) return
  // A notice that cannot be removed now is shown again.
  await call('DELETE', `api/transfers/${id}/notice`).catch(() => {})
}

/** @param {import('../shell.js').Shell} shell */
export function keepNotices(shell) {
  const { subject } = shell.me
  let shown = []
  let timer = 0
  let due = 0

  async function load() {
    due = 0
    if (!document.hidden) {
      // The notices stay while the service does not answer; the frame shows that it does not.
      await call('GET', `api/transfers?notice=true&limit=${ASKED}`).then(({ items }) => show(items), () => {})
    }
    later(EVERY)
  }

  /** Shows one button in the top bar for all notices. */
  function show(items) {
    shown = items
    const kinds = Object.keys(LOOKS).map((notice) => ({ notice, own: items.filter((one) => one.notice === notice) }))
      .filter(({ own }) => own.length > 0)
    if (kinds.length === 0) { shell.news.replaceChildren(); return }
    const [{ notice: first, own }] = kinds
    const [kind, glyph] = LOOKS[first]
    const word = t.notices.short[first](own.length)
    const sentences = kinds.map(({ notice, own: [one, ...more] }) => more.length > 0
      ? t.notices.sum(notice, more.length + 1)
      : t.notices.lead[notice](titleOf(one), one.state))
    const before = shell.news.querySelector('button')
    if (before?.title === sentences.join(' ')) return
    const focused = before && before === document.activeElement
    shell.news.replaceChildren(button(h('span', { class: 'word' }, word), { glyph, kind: `plain news ${kind}`.trim(),
      title: sentences.join(' '), 'aria-haspopup': 'menu', act: ({ currentTarget }) => openMenu(currentTarget, [
        ...kinds.map(({ notice, own: [one, ...more] }, i) => ({ word: sentences[i], glyph: LOOKS[notice][1],
          act: () => go(more.length > 0 ? addressOf('transfers', [], { state: LOOKS[notice][2] })
            : addressOf('transfers', [one.id])) })),
        { word: t.notices.seen, glyph: 'eye', act: () => { const all = shown; show([]); all.forEach(seen) } }
      ]) }))
    if (focused) shell.news.querySelector('button')?.focus()
  }

  const titleOf = ({ label, destination }) => visible(label || destination.folderName || t.notices.unnamed)

  forget = (id) => { show(shown.filter((one) => one.id !== id)); later(SOON) }

  function later(milliseconds) {
    const at = Date.now() + milliseconds
    // Further events must not postpone the update.
    if (due && due <= at) return
    due = at
    clearTimeout(timer)
    timer = setTimeout(load, milliseconds)
  }

  live.on('event', ({ topic, owner }) => { if (topic?.kind === 'transfer' && owner === subject) later(SOON) })
  live.on('reset', () => later(SOON))
  document.addEventListener('visibilitychange', () => { if (!document.hidden) later(SOON) })
  later(SOON)
}
