// The speed limit of this page's uploads: one request at a time, and each begins when the bytes before it are paid
// for, at so many a second. Chunks are small then, so that the speed stays even.
import { aborted } from '../../client/http.js'
import { Slots } from '../../client/retry.js'

const KEPT = 'upload-speed'
const LOOK_MS = 100
// A chunk takes this long at the limit, and is never smaller than the engine's smallest.
const CHUNK_S = 2
const LEAST = 64 << 10

/** Bytes a second; 0: no limit. */
export const limitOf = () => Number(localStorage.getItem(KEPT)) || 0

/** Sets the limit; this browser keeps it. @param {any} uploader @param {number} perSecond */
export function limitSpeed(uploader, perSecond) {
  if (perSecond > 0) localStorage.setItem(KEPT, String(perSecond))
  else localStorage.removeItem(KEPT)
  pace(uploader)
}

/** Does as the limit says, from the next request on. @param {any} uploader */
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
    // Requests that run now are counted there.
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
