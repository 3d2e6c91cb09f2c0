// Limits the speed of this page's uploads. Requests are sent one at a time, and each starts when the bytes before it
// have used up their time at the limit. Chunks are small, so that the speed stays even.
import { aborted } from '../../client/http.js'
import { Slots } from '../../client/retry.js'

const KEPT = 'upload-speed'
const LOOK_MS = 100
// The time that a chunk takes at the limit, unless it would be smaller than the engine's smallest chunk.
const CHUNK_S = 2
const LEAST = 64 << 10

/** Returns the limit in bytes per second; 0 means no limit. */
export const limitOf = () => Number(localStorage.getItem(KEPT)) || 0

/** Sets the limit and stores it in this browser. @param {any} uploader @param {number} perSecond */
export function limitSpeed(uploader, perSecond) {
  if (perSecond > 0) localStorage.setItem(KEPT, String(perSecond))
  else localStorage.removeItem(KEPT)
  pace(uploader)
}

/** Applies the limit from the next request on. @param {any} uploader */
export function pace(uploader) {
  if (!(uploader.slots instanceof PacedSlots)) uploader.slots = new PacedSlots(uploader)
  uploader.slots.set(uploader, limitOf())
}

class PacedSlots {
  #limit = 0
  #usual
  #slots
  #one = new Slots(1)
  #debt = 0
  #at = performance.now()
  #sent = new WeakMap()

  constructor(uploader) {
    this.#usual = { limit: uploader.limit, smallFile: uploader.smallFile }
    // Running requests are counted in the original slots.
    this.#slots = uploader.slots
    uploader.on('change', (upload) => {
      const before = this.#sent.get(upload) ?? upload.safe.total
      this.#sent.set(upload, upload.sent)
      this.#debt += Math.max(0, upload.sent - before)
    })
  }

  set(uploader, limit) {
    this.#limit = limit
    const largest = limit > 0 ? Math.max(LEAST, Math.floor(CHUNK_S * limit / LEAST) * LEAST) : Infinity
    uploader.limit = Math.min(this.#usual.limit, largest)
    uploader.smallFile = Math.min(this.#usual.smallFile, largest)
  }

  run(rank, signal, work) {
    if (this.#limit === 0) return this.#slots.run(rank, signal, work)
    return this.#one.run(rank, signal, async () => {
      await this.#paid(signal)
      return work()
    })
  }

  async #paid(signal) {
    for (;;) {
      const now = performance.now()
      this.#debt = this.#limit > 0 ? Math.max(0, this.#debt - this.#limit * (now - this.#at) / 1000) : 0
      this.#at = now
      if (signal.aborted) throw aborted()
      if (this.#debt === 0) return
      await new Promise((resolve) => { setTimeout(resolve, LOOK_MS) })
    }
  }
}
