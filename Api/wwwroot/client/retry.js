// How long to wait after a failure: the advisor's rules (docs/advisor.md).
import { aborted } from './http.js'

const LONGEST = 8_000

/** A random time within the advised delay, doubled for each failure in a row, never shorter than what the service has asked for. */
export class Backoff {
  #failures = 0

  /** @param {() => {retryDelayMs?: number[]} | null} advice @param {() => number} [random] */
  constructor(advice, random = Math.random) {
    this.advice = advice
    this.random = random
  }

  /** @param {{retryAfterMs?: number}} [error] @returns {number} milliseconds */
  next(error) {
    const [low, high] = this.advice()?.retryDelayMs ?? [125, 250]
    const factor = 2 ** Math.min(this.#failures++, 16)
    const most = Math.min(high * factor, LONGEST)
    const least = Math.min(low * factor, most)
    return Math.max(error?.retryAfterMs ?? 0, least + this.random() * (most - least))
  }
}

/** A wait that ends early when the network is back or the user wants to try now. */
export class Alarm {
  #wakes = new Set()

  wake() {
    for (const wake of [...this.#wakes]) wake()
  }

  /** @param {number} ms @param {AbortSignal} signal */
  wait(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(aborted())
      const done = (settle) => () => {
        clearTimeout(timer)
        this.#wakes.delete(wake)
        signal.removeEventListener('abort', stop)
        settle()
      }
      const wake = done(resolve)
      const stop = done(() => reject(aborted()))
      const timer = ms === Infinity ? 0 : setTimeout(wake, ms)
      this.#wakes.add(wake)
      signal.addEventListener('abort', stop)
    })
  }
}

/** A limited number of concurrent requests; the upload that was added first goes first. */
export class Slots {
  #free
  /** @type {{rank: number, start: () => void}[]} */
  #queue = []

  /** @param {number} count */
  constructor(count) { this.#free = count }

  async run(rank, signal, work) {
    await this.#take(rank, signal)
    try {
      return await work()
    } finally {
      this.#free++
      this.#serve()
    }
  }

  /** @param {number} rank @param {AbortSignal} signal @returns {Promise<void>} */
  #take(rank, signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(aborted())
      const entry = { rank, start: () => { signal.removeEventListener('abort', stop); this.#free--; resolve() } }
      const stop = () => { this.#queue.splice(this.#queue.indexOf(entry), 1); reject(aborted()) }
      signal.addEventListener('abort', stop, { once: true })
      const at = this.#queue.findIndex((other) => other.rank > rank)
      this.#queue.splice(at < 0 ? this.#queue.length : at, 0, entry)
      this.#serve()
    })
  }

  #serve() {
    while (this.#free > 0 && this.#queue.length > 0) this.#queue.shift().start()
  }
}
