// What a person is told of their transfers on every page, until they have seen it: done, failed, or waiting for them.
import { call } from '../api.js'
import { visible } from '../format.js'
import { live } from '../live.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/notices.js'

const EVERY = 60_000
const SOON = 500
const ASKED = 100
// What needs the person comes first; the tab of the list that has it.
const LOOKS = { needs_owner: ['warn', 'person', 'waiting'], failed: ['bad', 'fail', 'done'], done: ['', 'check', 'done'] }
const NOTE = 'notice'

/** @type {(id: string) => void} */
let forget = () => {}

/** The person sees a transfer: nothing needs to be said about it. @param {{id: string, notice: string | null}} transfer */
export async function seen({ id, notice }) {
  forget(id)
  if (!notice) return
  // What cannot be taken away now is told again.
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
      // What is shown stays while the service does not answer; the frame says that it does not.
      await call('GET', `api/transfers?notice=true&limit=${ASKED}`).then(({ items }) => show(items), () => {})
    }
    later(EVERY)
  }

  /** One line, however many there are: it stands on every page. */
  function show(items) {
    shown = items
    const of = (notice) => items.filter((one) => one.notice === notice)
    const first = Object.keys(LOOKS).find((notice) => of(notice).length > 0)
    if (!first) { shell.notes.hide(NOTE); return }
    const [kind, glyph, state] = LOOKS[first]
    const [one] = items
    const alone = items.length === 1
    const title = visible(one.label || one.destination.folderName || t.notices.unnamed)
    shell.notes.show(NOTE, {
      kind, glyph, lead: alone ? t.notices.lead[first](title, one.state) : t.notices.sum(first, of(first).length),
      text: alone ? visible(one.reason ?? '')
        : t.notices.rest(Object.keys(LOOKS).filter((notice) => notice !== first).map((notice) => [notice, of(notice).length])),
      actions: [{ word: t.notices.show, act: () => go(alone ? addressOf('transfers', [one.id]) : addressOf('transfers', [], { state })) },
        { word: t.close, act: () => { const all = shown; show([]); all.forEach(seen) } }]
    })
  }

  forget = (id) => { show(shown.filter((one) => one.id !== id)); later(SOON) }

  function later(milliseconds) {
    const at = Date.now() + milliseconds
    // Events that keep coming must not put it off.
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
