// Mirrors the uploads of this browser's other tabs, and asks those tabs to pause or resume them. If such a tab is
// closed, this one continues its uploads.

const PACE_MS = 1000
// A tab that sends no message for this long counts as closed. Browsers slow the timers of hidden tabs down to one a
// minute.
const GONE_MS = 70_000
// The operations that another tab may request.
const VERBS = ['pause', 'resume', 'cancel']

/** @typedef {{id: string, name: string, size: number, safe: number, sent: number, state: string}} Mirrored */

export class Mirror {
  /** @type {Map<string, {at: number, uploads: Mirrored[]}>} */
  #tabs = new Map()
  #tab = Math.random().toString(36).slice(2)
  #channel

  /** @param {import('../../client/uploader.js').Uploader} uploader @param {string} owner */
  constructor(uploader, owner) {
    this.uploader = uploader
    if (typeof BroadcastChannel === 'undefined') return
    this.#channel = new BroadcastChannel(`chunkupload-${owner}`)
    this.#channel.onmessage = ({ data }) => this.#hear(data)
    setInterval(() => this.#tell(), PACE_MS)
    addEventListener('pagehide', () => this.#channel.postMessage({ tab: this.#tab, gone: true }))
  }

  /** The uploads of other tabs. @returns {Mirrored[]} */
  get uploads() {
    const own = new Set(this.uploader.uploads.map(({ id }) => id))
    return [...this.#tabs.values()].flatMap(({ uploads }) => uploads).filter(({ id }) => !own.has(id))
  }

  /**
   * Asks the tab that sends an upload to change it. Unlike timers, messages reach hidden tabs immediately.
   * @param {string} id
   * @param {string} verb
   */
  ask(id, verb) { this.#channel?.postMessage({ tab: this.#tab, ask: { id, verb } }) }

  #hear({ tab, gone, uploads, ask }) {
    if (gone) this.#lose(tab)
    else if (ask) this.#act(ask)
    else this.#tabs.set(tab, { at: Date.now(), uploads })
  }

  async #act({ id, verb }) {
    const upload = this.uploader.uploads.find((one) => one.id === id)
    if (!upload || !VERBS.includes(verb)) return
    await upload[verb]()
    this.#tell()
  }

  #tell() {
    const uploads = this.uploader.uploads.filter(({ state }) => !['done', 'failed', 'cancelled'].includes(state))
      .map(({ id, name, size, safe, sent, state }) => ({ id, name, size, safe: safe.total, sent, state }))
    this.#channel.postMessage({ tab: this.#tab, uploads })
    for (const [tab, { at }] of this.#tabs) if (Date.now() - at > GONE_MS) this.#lose(tab)
  }

  /** Continues the uploads of a closed tab once the browser has released its locks. */
  #lose(tab) {
    const left = this.#tabs.get(tab)?.uploads.length ?? 0
    this.#tabs.delete(tab)
    if (left > 0) setTimeout(() => this.uploader.restore(), PACE_MS)
  }
}
