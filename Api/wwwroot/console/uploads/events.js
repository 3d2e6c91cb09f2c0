// The events of one upload: the past ones, and new ones as they come.
import { call } from '../api.js'

const PAGE = 200
const MOST_PAGES = 20
const MOST = 200

export class UploadEvents {
  #cursor = null
  /** The newest, in their order. @type {{id: string, at: string, kind: string}[]} */
  items = []

  /** @param {string} id the upload's */
  constructor(id) { this.id = id }

  /** @param {{id: string, at: string, kind: string}[]} events */
  add(...events) {
    const known = new Set(events.map(({ id }) => id))
    this.items = [...this.items.filter(({ id }) => !known.has(id)), ...events]
      .sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(-MOST)
  }

  /** The service tells the oldest first. The next time, it goes on with the page that was the last. */
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
