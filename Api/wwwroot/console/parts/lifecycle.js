// The life cycle of a screen that shows loaded data. It loads the data at first, after some time, at events, and when
// the page becomes visible again; redraws what changes with time; reports what could not be loaded while the previous
// data stays; runs the user's actions; follows the search field; and stops all of that when the screen is closed.
import { codeOf } from '../api.js'
import { live } from '../live.js'
import { go } from '../router.js'
import { t } from '../texts/shell.js'
import { Notes } from './notes.js'

const AFTER_TYPING = 250
// The delay after an event, because several events often arrive together.
const SOON = 300
// Changing values are redrawn at most four times a second.
const PACE = 250

export class Lifecycle {
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
   * @param {(more?: boolean) => Promise<() => any>} [what.read] loads the data and returns a function that shows it;
   *   that function is not called if a newer load has started
   * @param {() => number} [what.every] the milliseconds until the next load; 0 or no function if the screen loads
   *   only on request
   * @param {() => void} [what.draw] redraws what changes with progress and time
   * @param {string} [what.fault] the message if the data could not be loaded
   * @param {(error: any) => boolean} [what.failed] returns true if the screen shows the error itself and must not
   *   load again
   * @param {Notes} [what.notes] the notes of the screen that contains this one
   * @param {Notes} [what.told] the notes that show the outcome of actions, if they are others
   */
  constructor(shell, { notes = new Notes(), told = notes, ...what }) {
    this.shell = shell
    this.notes = notes
    this.told = told
    this.#what = what
    const seen = () => { if (!document.hidden && what.every) this.load() }
    document.addEventListener('visibilitychange', seen)
    this.until(() => document.removeEventListener('visibilitychange', seen))
    // Changes that were missed without a connection are not repeated as events.
    if (what.every) this.until(live.on('reset', () => this.later(SOON)))
    if (!what.draw) return
    const ticker = setInterval(() => { if (!document.hidden) what.draw() }, 1_000)
    this.until(() => clearInterval(ticker))
  }

  /** @param {boolean} [more] whether to load the next page */
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
   * Loads again when the time has come. A running load is not cancelled, because events may arrive faster than it
   * completes. While a dialog is open, the screen below it does not change.
   */
  #loadAgain() {
    this.#due = 0
    if (this.#busy) this.#again = true
    else if (document.querySelector('.menu, dialog[open]')) this.later()
    else this.load()
  }

  /**
   * Schedules a load, unless an earlier one is scheduled: further events do not postpone it.
   * @param {number} [milliseconds]
   */
  later(milliseconds = SOON) {
    const at = Date.now() + milliseconds
    if (this.left || milliseconds <= 0 || (this.#due && this.#due <= at)) return
    this.#due = at
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#loadAgain(), milliseconds)
  }

  /** Schedules a redraw. */
  draw() {
    this.#drawn ||= setTimeout(() => {
      this.#drawn = 0
      this.#what.draw()
    }, PACE)
  }

  /**
   * Runs an action of the user, shows its outcome, and loads again.
   * @param {() => Promise<any>} work returns null or false if nothing was done
   * @param {string} [told] the message after success
   * @param {string} [lead] the beginning of the message after a failure
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

  /** Shows a message about an action until the user closes it. @param {object} note see `Notes.show` */
  tell(note) { this.told.show('act', { ...note, actions: [{ word: t.close, act: () => this.told.hide('act') }] }) }

  /**
   * Opens an address for the text of the search field as soon as the user pauses typing.
   * @param {string} text
   * @param {string} hint
   * @param {(text: string) => string} address
   */
  search(text, hint, address) {
    this.shell.search((typed) => {
      clearTimeout(this.#typing)
      this.#typing = setTimeout(() => go(address(typed), { replace: true }), AFTER_TYPING)
    }, text, hint)
  }

  /** @param {...(() => void)} offs functions that are called when the screen is closed */
  until(...offs) { this.#offs.push(...offs) }

  leave() {
    this.left = true
    for (const timer of [this.#timer, this.#typing, this.#drawn]) clearTimeout(timer)
    for (const off of this.#offs) off()
  }
}
