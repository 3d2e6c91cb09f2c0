// Shows on every screen that its data may be out of date while the service does not answer.
import { clock } from '../format.js'
import { live } from '../live.js'
import { here } from '../router.js'
import { t } from '../texts/stale.js'

// The upload screen works offline, and the overview checks the connection itself, so both show their own messages.
const OWN = ['upload', 'overview']

/** @param {import('../shell.js').Shell} shell */
export function followAway({ notes }) {
  const show = () => {
    const { state, seenAt } = live.now
    if (state === 'live' || OWN.includes(here().screen)) notes.hide('stale')
    else {
      notes.show('stale', { kind: 'warn', glyph: 'clock', lead: t.stale.lead, text: t.stale.text(clock(seenAt)),
        actions: [{ word: t.tryNow, act: () => live.wake() }] })
    }
  }
  live.on('state', show)
  addEventListener('hashchange', show)
  show()
}
