// The events of one upload: past ones, and new ones as they arrive.
import { call } from '../api.js'

const PAGE = 200
const MOST_PAGES = 20
const MOST = 200

export class UploadEvents {
  #cursor = null
  /** The newest events, in their order. @type {{id: string, at: string, kind: string}[]} */
  items = []

  /** @param {string} id the id of the upload */
  constructor(id) { this.id = id }

  /** @param {{id: string, at: string, kind: string}[]} events */
  add(...events) {
    const known = new Set(events.map(({ id }) => id))
    this.items = [...this.items.filter(({ id }) => !known.has(id)), ...events]
      .sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(-MOST)
  }

  /** Loads new events. The service returns the oldest first, so the next call continues with the last page. */
  async load() {
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = new URLSearchParams({ limit: String(PAGE), ...(this.#cursor ? { cursor: this.#cursor } : {}) })
      const { items, nextCursor } = await call('GET', `api/sessions/${encodeURIComponent(this.id)}/events?${query}`)
      this.add(...items)
      if (!nextCursor) return
      this.#cursor = nextCursor
    }
  }
}
