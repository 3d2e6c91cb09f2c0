// What a person is told of their transfers on every page, until they have seen it: done, failed, or waiting for them.
import { call } from '../api.js'
import { visible } from '../format.js'
import { live } from '../live.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/notices.js'

const EVERY = 60_000
const SOON = 500
// More than these are one line; on a phone they would hide the page.
const most = () => (innerWidth <= 900 ? 1 : 3)
const ASKED = 50
const LOOKS = { done: ['', 'check'], failed: ['bad', 'fail'], needs_owner: ['warn', 'person'] }

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
  /** @type {Set<string>} */
  let shown = new Set()
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

  function show(items) {
    const room = most()
    const some = items.slice(0, room)
    const now = new Set([...some.map(({ id }) => id), ...(items.length > room ? ['more'] : [])])
    for (const id of shown) if (!now.has(id)) shell.notes.hide(`notice-${id}`)
    shown = now
    for (const one of some) {
      const [kind, glyph] = LOOKS[one.notice] ?? ['', 'list']
      const title = visible(one.label || one.destination.folderName || t.notices.unnamed)
      shell.notes.show(`notice-${one.id}`, {
        kind, glyph, lead: t.notices.lead[one.notice](title, one.state), text: one.reason ? visible(one.reason) : '',
        actions: [{ word: t.notices.show, act: () => go(addressOf('transfers', [one.id])) },
          { word: t.close, act: () => seen(one) }]
      })
    }
    if (items.length > room) {
      shell.notes.show('notice-more', { glyph: 'list', lead: t.notices.more(items.length - room), actions: [
        { word: t.notices.showAll, act: () => go(addressOf('transfers')) },
        { word: t.close, act: () => { for (const one of items.slice(room)) seen(one); shell.notes.hide('notice-more') } }] })
    }
  }

  forget = (id) => { shell.notes.hide(`notice-${id}`); shown.delete(id); later(SOON) }

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
