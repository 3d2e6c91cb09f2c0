// A screen's life: it loads, loads again after a while or when it is looked at again, says what could not be loaded while what was there
// stays, follows the search field, and ends all of that when it is left.
import { codeOf } from '../api.js'
import { go } from '../router.js'
import { t } from '../texts/shell.js'
import { Notes } from './notes.js'

const AFTER_TYPING = 250

export class Life {
  #what
  #timer = 0
  #typing = 0
  #begun = 0
  #loaded = false
  #offs = []
  left = false

  /**
   * @param {import('../shell.js').Shell} shell
   * @param {object} what
   * @param {() => Promise<() => any>} [what.read] loads; what it gives shows what was loaded, unless something newer was begun
   * @param {() => number} [what.every] milliseconds until it is loaded again; 0 or none: only when asked
   * @param {string} [what.fault] what is said when it could not be loaded
   * @param {(error: any) => boolean} [what.failed] true: the screen says itself what is wrong, and it is not loaded again
   * @param {Notes} [what.notes] those of the screen that it is a part of
   */
  constructor(shell, { notes = new Notes(), ...what }) {
    this.shell = shell
    this.notes = notes
    this.#what = what
    const seen = () => { if (!document.hidden && what.every) this.load() }
    document.addEventListener('visibilitychange', seen)
    this.until(() => document.removeEventListener('visibilitychange', seen))
  }

  async load() {
    const { read, every, fault = t.listFault, failed } = this.#what
    if (this.left || (document.hidden && this.#loaded)) return
    const begun = ++this.#begun
    clearTimeout(this.#timer)
    try {
      const show = await read()
      if (this.left || begun !== this.#begun) return
      this.#loaded = true
      this.notes.hide('fault')
      await show()
    } catch (error) {
      if (this.left || begun !== this.#begun || failed?.(error)) return
      this.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: fault, text: error.message, code: codeOf(error),
        actions: [{ word: t.again, act: () => this.load() }] })
    }
    this.later(every?.() ?? 0)
  }

  /** @param {number} milliseconds until it is loaded again */
  later(milliseconds) {
    clearTimeout(this.#timer)
    if (!this.left && milliseconds > 0) this.#timer = setTimeout(() => this.load(), milliseconds)
  }

  /** The search field leads to an address as soon as a person pauses. @param {string} text @param {string} hint
   * @param {(text: string) => string} address */
  search(text, hint, address) {
    this.shell.search((typed) => {
      clearTimeout(this.#typing)
      this.#typing = setTimeout(() => go(address(typed), { replace: true }), AFTER_TYPING)
    }, text, hint)
  }

  /** @param {...(() => void)} offs what is to be done when the screen is left */
  until(...offs) { this.#offs.push(...offs) }

  leave() {
    this.left = true
    clearTimeout(this.#timer)
    clearTimeout(this.#typing)
    for (const off of this.#offs) off()
  }
}
