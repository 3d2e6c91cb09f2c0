// The loaded entries of a folder or of a search. A new place starts empty, so that no entry appears under the title
// of another folder.
import { learnNames } from '../parts/people.js'
import { fits } from './filters.js'
import { FIRST } from './address.js'
import * as tree from './tree.js'

const PAGE = 200
// The page size if many entries are needed, such as all.
const LARGE = 1000

/**
 * @typedef {{space: string | null, path: string, sort: string, search: string | null, type?: string | null,
 *   days?: number, spaces?: string[]}} Where `spaces`: a search goes through all of these, instead of the folder
 */

export class Entries {
  /** @type {tree.Entry[]} */
  items = []
  arriving = []
  /** The folder whose entries are listed. @type {tree.Entry | null} */
  folder = null
  /**
   * The totals of the whole folder; null for a search.
   * @type {{files: number, folders: number, bytes: number} | null}
   */
  totals = null
  next = null
  loaded = false
  /** @type {Where | null} */
  #where = null
  #asked = 0
  #busy = false

  /**
   * @param {{me: any}} shell
   * @param {() => void} named called when the names of the owners are loaded; the list does not wait for them
   */
  constructor(shell, named) {
    this.shell = shell
    this.named = named
  }

  /** Starts another place, of which nothing is loaded yet. @param {Where | null} where null if no place is open */
  begin(where) {
    this.#asked++
    this.#busy = false
    this.#where = where
    Object.assign(this, { items: [], arriving: [], folder: null, totals: null, next: null, loaded: false })
  }

  /**
   * Loads the list from its beginning; the previous entries stay until then.
   * @param {number} [least] the number of entries to load, if there are that many
   * @returns {Promise<boolean>} false if another place or call replaced this one
   */
  async load(least = 0) {
    const asked = ++this.#asked
    this.#busy = true
    try {
      const first = await this.#read(null, least > PAGE ? LARGE : PAGE)
      let { items, nextCursor } = first
      // A search may return empty pages before the first match.
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

  /** Loads the next page. @returns {Promise<boolean>} whether entries were added */
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

  /** Loads the list again, with at least as many entries as are shown. */
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

  /** Searches one space after the other. A page may be empty although others follow. */
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
