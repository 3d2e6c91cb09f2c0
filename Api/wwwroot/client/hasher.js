import { sha256 } from './digest.js'
import { aborted } from './http.js'

/** The file is not what was sent before, or cannot be read any more: it was changed, moved or deleted. */
export const changed = (cause) => Object.assign(new Error('The file changed while it was sent.', { cause }), { name: 'FileChanged' })

const WORKERS = 2
// A worker that needs longer for a blob is taken for dead.
const PATIENCE_MS = 120_000

/** Hashes blobs in workers where there are workers. */
export class Hasher {
  /** @type {Worker[] | null} */
  #workers = null
  #waiting = new Map()
  #next = 0

  #start() {
    this.#workers = []
    if (typeof Worker === 'undefined' || typeof document === 'undefined') return
    try {
      for (let i = WORKERS; i > 0; i--) {
        const worker = new Worker(new URL('./hash-worker.js', import.meta.url), { type: 'module' })
        worker.onmessage = ({ data }) => this.#settle(data)
        worker.onerror = () => this.#giveUp(worker)
        this.#workers.push(worker)
      }
    } catch {
      // A page of another origin may not start it.
    }
  }

  async digest(blob, signal) {
    let stop
    try {
      return await Promise.race([this.#digest(blob), new Promise((_, reject) => {
        stop = () => reject(aborted())
        signal?.addEventListener('abort', stop)
      })])
    } catch (error) {
      if (['NotReadableError', 'NotFoundError', 'NotAllowedError'].includes(error.name)) throw changed(error)
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  #digest(blob) {
    if (!this.#workers) this.#start()
    if (this.#workers.length === 0) return sha256(blob)
    const id = this.#next++
    return new Promise((resolve, reject) => {
      const worker = this.#workers[id % this.#workers.length]
      const timer = setTimeout(() => this.#giveUp(worker), PATIENCE_MS)
      this.#waiting.set(id, { resolve, reject, blob, worker, timer })
      worker.postMessage({ id, blob })
    })
  }

  #settle({ id, digest, fault }) {
    const { resolve, reject, timer } = this.#waiting.get(id)
    clearTimeout(timer)
    this.#waiting.delete(id)
    if (digest) resolve(digest)
    else reject(Object.assign(new Error(fault), { name: fault }))
  }

  /** A worker that does not load (an old browser) or hangs is replaced by the page's own thread. */
  #giveUp(worker) {
    worker.terminate()
    this.#workers = this.#workers.filter((other) => other !== worker)
    for (const [id, { resolve, reject, blob, worker: its, timer }] of this.#waiting) {
      if (its !== worker) continue
      clearTimeout(timer)
      this.#waiting.delete(id)
      sha256(blob).then(resolve, reject)
    }
  }
}
