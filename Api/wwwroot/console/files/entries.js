// What is in a folder, or what a search has found, as far as it is loaded. A new place begins empty: rows belong to
// their title.
import { learnNames } from '../parts/people.js'
import { fits } from './filters.js'
import { FIRST } from './address.js'
import * as tree from './tree.js'

const PAGE = 200
// Where many are wanted at once, such as all.
const LARGE = 1000

/**
 * @typedef {{space: string | null, path: string, sort: string, search: string | null, type?: string | null,
 *   days?: number, spaces?: string[]}} Where `spaces`: a search goes through all of these, instead of the folder
 */

export class Entries {
  /** @type {tree.Entry[]} */
  items = []
  arriving = []
  /** The folder itself. @type {tree.Entry | null} */
  folder = null
  /** Of the whole folder; a search has none. @type {{files: number, folders: number, bytes: number} | null} */
  totals = null
  next = null
  loaded = false
  /** @type {Where | null} */
  #where = null
  #asked = 0
  #busy = false

  /**
   * @param {{me: any}} shell
   * @param {() => void} named the names of owners are known, which the list does not wait for
   */
  constructor(shell, named) {
    this.shell = shell
    this.named = named
  }

  /** Another place, of which nothing is known yet. @param {Where | null} where null: there is none */
  begin(where) {
    this.#asked++
    this.#busy = false
    this.#where = where
    Object.assign(this, { items: [], arriving: [], folder: null, totals: null, next: null, loaded: false })
  }

  /**
   * Loads it from its beginning; what is there stays until then.
   * @param {number} [least] entries, where there are that many
   * @returns {Promise<boolean>} false: another place or call took over
   */
  async load(least = 0) {
    const asked = ++this.#asked
    this.#busy = true
    try {
      const first = await this.#read(null, least > PAGE ? LARGE : PAGE)
      let { items, nextCursor } = first
      // A search may answer with empty pages before it finds something.
      while (nextCursor && (items.length < least || items.length === 0) && asked === this.#asked) {
        const page = await this.#read(nextCursor, LARGE)
        items = [...items, ...page.items]
        nextCursor = page.nextCursor
      }
      if (asked !== this.#asked) return false
      Object.assign(this, { items, next: nextCursor, arriving: first.arriving ?? [], folder: first.folder,
        totals: first.totals ?? null, loaded: true })
      return true
    } finally {
      if (asked === this.#asked) this.#busy = false
    }
  }

  /** The next page. @returns {Promise<boolean>} whether there is something new */
  async more() {
    if (!this.next || this.#busy) return false
    const asked = ++this.#asked
    this.#busy = true
    try {
      const page = await this.#read(this.next, LARGE)
      if (asked !== this.#asked) return false
      this.items = [...this.items, ...page.items]
      this.next = page.nextCursor
      return true
    } finally {
      if (asked === this.#asked) this.#busy = false
    }
  }

  /** Again, with as many as are shown. */
  again() { return this.load(this.loaded && !this.next ? Infinity : this.items.length) }

  /** @param {tree.Entry[]} items */
  #learn(items) {
    const asked = this.#asked
    learnNames(this.shell, items.map(({ owner }) => owner)).then(() => {
      if (asked === this.#asked && this.loaded) this.named()
    })
  }

  /**
   * @returns {Promise<{items: tree.Entry[], nextCursor: any, folder: tree.Entry, arriving?: any[], totals?: any}>}
   */
  #read(cursor, limit) { return this.#where.search ? this.#find(cursor, limit) : this.#list(cursor, limit) }

  /** One space after the other; a page may be empty, and be followed by others. */
  async #find(cursor, limit) {
    const { space, path, search, spaces = [space], type, days } = this.#where
    const { at, inner } = cursor ?? { at: 0, inner: null }
    const kind = type === 'folder' ? 'folder' : type ? 'file' : undefined
    const page = await tree.list(spaces[at], this.#where.spaces ? '' : path, { limit, search, kind, cursor: inner })
    const items = page.items.filter((entry) => fits(entry, type, days)).map((entry) => ({ ...entry,
      space: spaces[at] }))
    this.#learn(items)
    const next = page.nextCursor ? { at, inner: page.nextCursor }
      : at + 1 < spaces.length ? { at: at + 1, inner: null } : null
    return { items, nextCursor: next, folder: page.folder }
  }

  async #list(cursor, limit) {
    const { space, path, sort } = this.#where
    const page = await tree.list(space, path, { sort, limit, cursor, ...(cursor ? { counts: true } : FIRST) })
    this.#learn(page.items)
    return page
  }
}
