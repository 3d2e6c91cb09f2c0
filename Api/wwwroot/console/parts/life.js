// A screen's life: it loads, loads again after a while, by events or when it is looked at again, draws what changes
// as time passes, says what could not be loaded while what was there stays, does what a person asks for, follows the
// search field, and ends all of that when it is left. Every screen that shows what it loads has one.
import { codeOf } from '../api.js'
import { live } from '../live.js'
import { go } from '../router.js'
import { t } from '../texts/shell.js'
import { Notes } from './notes.js'

const AFTER_TYPING = 250
// After events, which come together.
const SOON = 300
// Values change in place, at most four times a second.
const PACE = 250

export class Life {
  #what
  #timer = 0
  #due = 0
  #drawn = 0
  #typing = 0
  #begun = 0
  #loaded = false
  #busy = false
  #again = false
  #offs = []
  left = false

  /**
   * @param {import('../shell.js').Shell} shell
   * @param {object} what
   * @param {(more?: boolean) => Promise<() => any>} [what.read] loads; what it gives shows that, unless something
   *   newer was begun
   * @param {() => number} [what.every] milliseconds until it is loaded again; 0 or none: only when asked
   * @param {() => void} [what.draw] shows what changes by progress and as time passes
   * @param {string} [what.fault] what is said when it could not be loaded
   * @param {(error: any) => boolean} [what.failed] true: the screen says itself what is wrong, and it is not loaded
   *   again
   * @param {Notes} [what.notes] those of the screen that it is a part of
   * @param {Notes} [what.told] where acts say what came of them, if elsewhere
   */
  constructor(shell, { notes = new Notes(), told = notes, ...what }) {
    this.shell = shell
    this.notes = notes
    this.told = told
    this.#what = what
    const seen = () => { if (!document.hidden && what.every) this.load() }
    document.addEventListener('visibilitychange', seen)
    this.until(() => document.removeEventListener('visibilitychange', seen))
    // What was missed while there was no connection is in no event.
    if (what.every) this.until(live.on('reset', () => this.later(SOON)))
    if (!what.draw) return
    const ticker = setInterval(() => { if (!document.hidden) what.draw() }, 1_000)
    this.until(() => clearInterval(ticker))
  }

  /** @param {boolean} [more] the next page */
  async load(more = false) {
    const { read, every, fault = t.listFault, failed } = this.#what
    if (this.left || (document.hidden && this.#loaded)) return
    const begun = ++this.#begun
    this.#busy = true
    this.#again = false
    clearTimeout(this.#timer)
    this.#due = 0
    try {
      const show = await read(more)
      if (this.left || begun !== this.#begun) return
      this.#loaded = true
      this.notes.hide('fault')
      await show()
    } catch (error) {
      if (this.left || begun !== this.#begun) return
      if (failed?.(error)) { this.#busy = false; return }
      this.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: fault, text: error.message, code: codeOf(error),
        actions: [{ word: t.again, act: () => this.load(more) }] })
    }
    if (begun !== this.#begun) return
    this.#busy = false
    this.later(this.#again ? SOON : every?.() ?? 0)
  }

  /**
   * The time has come. What is being loaded is not cut off: events may come faster than it loads. Nothing moves below
   * what is open.
   */
  #loadAgain() {
    this.#due = 0
    if (this.#busy) this.#again = true
    else if (document.querySelector('.menu, dialog[open]')) this.later()
    else this.load()
  }

  /**
   * Loads again, unless that is to happen earlier: events that keep coming do not put it off.
   * @param {number} [milliseconds]
   */
  later(milliseconds = SOON) {
    const at = Date.now() + milliseconds
    if (this.left || milliseconds <= 0 || (this.#due && this.#due <= at)) return
    this.#due = at
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#loadAgain(), milliseconds)
  }

  /** Draws soon. */
  draw() {
    this.#drawn ||= setTimeout(() => {
      this.#drawn = 0
      this.#what.draw()
    }, PACE)
  }

  /**
   * Does what a person asked for, says what came of it, and loads again.
   * @param {() => Promise<any>} work null and false: nothing was done
   * @param {string} [told] what is said afterwards
   * @param {string} [lead] what is said first where it failed
   */
  async act(work, told = '', lead = '') {
    this.told.hide('act')
    try {
      const done = await work()
      if (done === null || done === false) return
      if (told) this.tell({ glyph: 'check', text: told })
    } catch (error) { this.fail(error, lead) }
    await this.load()
  }

  /** @param {any} error @param {string} [lead] */
  fail(error, lead = '') { this.tell({ kind: 'bad', glyph: 'fail', lead, text: error.message, code: codeOf(error) }) }

  /** Says something about an act, until it is closed. @param {object} note as of Notes */
  tell(note) { this.told.show('act', { ...note, actions: [{ word: t.close, act: () => this.told.hide('act') }] }) }

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
    for (const timer of [this.#timer, this.#typing, this.#drawn]) clearTimeout(timer)
    for (const off of this.#offs) off()
  }
}
