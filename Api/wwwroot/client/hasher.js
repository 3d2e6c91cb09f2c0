import { sha256 } from './digest.js'

/** The file cannot be read any more: it was changed, moved or deleted since it was chosen. */
export class FileChanged extends Error {}

// Each reads and hashes one blob at a time.
const WORKERS = 2

/** Hashes blobs in workers where there are workers. */
export class Hasher {
  /** @type {Worker[]} */
  #workers = []
  #waiting = new Map()
  #next = 0

  constructor() {
    if (typeof Worker === 'undefined' || typeof document === 'undefined') return
    for (let i = WORKERS; i > 0; i--) {
      const worker = new Worker(new URL('./hash-worker.js', import.meta.url), { type: 'module' })
      worker.onmessage = ({ data }) => this.#settle(data)
      worker.onerror = () => this.#giveUp(worker)
      this.#workers.push(worker)
    }
  }

  /** @param {Blob} blob @returns {Promise<string>} @throws {FileChanged} */
  async digest(blob) {
    try {
      if (this.#workers.length === 0) return await sha256(blob)
      const id = this.#next++
      return await new Promise((resolve, reject) => {
        const worker = this.#workers[id % this.#workers.length]
        this.#waiting.set(id, { resolve, reject, blob, worker })
        worker.postMessage({ id, blob })
      })
    } catch (error) {
      if (['NotReadableError', 'NotFoundError', 'NotAllowedError'].includes(error.name)) throw new FileChanged(error.name)
      throw error
    }
  }

  #settle({ id, digest, fault }) {
    const { resolve, reject } = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (digest) resolve(digest)
    else reject(Object.assign(new Error(fault), { name: fault }))
  }

  /** A worker that does not load (an old browser) is replaced by the page's own thread. */
  #giveUp(worker) {
    this.#workers = this.#workers.filter((other) => other !== worker)
    for (const [id, { resolve, reject, blob, worker: its }] of this.#waiting) {
      if (its !== worker) continue
      this.#waiting.delete(id)
      sha256(blob).then(resolve, reject)
    }
  }
}
