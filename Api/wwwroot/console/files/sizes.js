// The sizes of the folders of a list, with all of their content. A size is requested when its row becomes visible, a
// few at a time, and again some time after the list has changed.
import * as tree from './tree.js'

const AT_ONCE = 3
const FRESH_MS = 15_000

/** @typedef {{files: number, folders: number, bytes: number, more: boolean}} Below */

export class Sizes {
  /** @type {Map<string, {below: Below | null, at: number}>} */
  #known = new Map()
  /** @type {Set<string>} */
  #waiting = new Set()
  #running = 0
  #changedAt = 0
  #closed = false

  /** @param {(id: string, below: Below) => void} tell @param {(id: string) => Promise<Below>} [ask] */
  constructor(tell, ask = tree.below) {
    this.tell = tell
    this.ask = ask
  }

  /**
   * Returns the known size of a folder, and requests it if it is unknown or old.
   * @param {string} id
   * @returns {Below | null}
   */
  of(id) {
    const known = this.#known.get(id)
    if (!known || (known.at < this.#changedAt && Date.now() - known.at > FRESH_MS)) {
      this.#waiting.add(id)
      this.#next()
    }
    return known?.below ?? null
  }

  /** Notes that the list has changed, possibly below a folder. */
  changed() { this.#changedAt = Date.now() }

  /** Discards all sizes, because another list is shown. */
  clear() {
    this.#waiting.clear()
    this.#known.clear()
  }

  close() {
    this.#closed = true
    this.clear()
  }

  #next() {
    while (this.#running < AT_ONCE && this.#waiting.size > 0) {
      const [id] = this.#waiting
      this.#waiting.delete(id)
      this.#running++
      const before = this.#known.get(id)?.below ?? null
      this.#known.set(id, { below: before, at: Date.now() })
      // If the service does not answer, the row shows the number of files in the folder.
      this.ask(id).then((below) => {
        if (this.#closed || !this.#known.has(id)) return
        this.#known.set(id, { below, at: Date.now() })
        this.tell(id, below)
      }, () => {}).finally(() => { this.#running--; this.#next() })
    }
  }
}
