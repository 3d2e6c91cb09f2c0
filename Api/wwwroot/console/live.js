// The seam to the stream of events. Screens subscribe to topics here and do not know where events come from: today this module only asks
// from time to time whether the service answers, and the numbers of uploads come from the upload engine itself.
import { Emitter } from '../client/emitter.js'
import { root } from './api.js'

const PACE = 10_000
// After so long without a sign, the page says so.
const LATE = 5_000

/** @typedef {{state: 'live' | 'late' | 'offline', seenAt: number}} Liveness */

class Live extends Emitter {
  /** @type {Liveness} */
  now = { state: navigator.onLine ? 'live' : 'offline', seenAt: Date.now() }
  #timer = 0

  /** Begins to look. */
  start() {
    addEventListener('online', () => this.look())
    addEventListener('offline', () => this.#tell('offline'))
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.look() })
    this.look()
  }

  /** Asks now whether the service answers. */
  async look() {
    clearTimeout(this.#timer)
    if (!document.hidden) {
      try {
        const answer = await fetch(new URL('health/live', root), { cache: 'no-store', signal: AbortSignal.timeout(LATE) })
        this.#tell(answer.ok ? 'live' : 'late')
      } catch {
        this.#tell(navigator.onLine ? 'late' : 'offline')
      }
    }
    this.#timer = setTimeout(() => this.look(), this.now.state === 'live' ? PACE : PACE / 4)
  }

  #tell(state) {
    this.now = { state, seenAt: state === 'live' ? Date.now() : this.now.seenAt }
    this.emit('state', this.now)
  }
}

export const live = new Live()
