// One upload in the list. The row is created once; later, only what has changed is updated.
import { ENDED } from '../../client/upload.js'
import { Problem } from '../api.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { cellsOf, strip } from '../parts/cells.js'
import { copyButton } from '../parts/command.js'
import { nameOf } from '../parts/name.js'
import { addressOf } from '../router.js'
import { t } from '../texts/shell.js'
import { breaksOf, countedOf } from './counted.js'

/** @type {Record<string, [glyph: import('../dom.js').IconName, kind: string]>} */
export const LOOKS = {
  waiting: ['dashed', ''], uploading: ['up', 'go'], paused: ['pause', ''], offline: ['offline', 'warn'],
  held: ['clock', 'warn'],
  'signed-out': ['lock', 'warn'], verifying: ['hash', 'go'], checking: ['hash', 'go'],
  done: ['check', 'calm'], failed: ['fail', 'bad'], choose: ['file', 'warn'],
  cancelled: ['stop', '']
}

/**
 * Returns the state that a row shows. Requests that are running when the network fails end only some time later.
 * @param {import('../../client/upload.js').Upload} upload
 */
export const stateOf = ({ state }) => (state === 'uploading' && live.now.state === 'offline' ? 'offline' : state)

/** Returns the reason for the state of an upload. @param {import('../../client/upload.js').Upload} upload */
export function reasonOf(upload) {
  const state = stateOf(upload)
  const { error } = upload
  if (state === 'waiting') return t.reason.waiting
  if (state === 'uploading') return breaksOf(upload) > 0 ? t.reason.resent(breaksOf(upload)) : ''
  if (state === 'paused') return error instanceof Problem && error.code === 'paused' ? t.reason.pausedElsewhere
    : t.reason.paused
  if (state === 'offline') return t.reason.tries(upload.failures)
  if (state === 'signed-out') return t.reason.signedOut
  if (state === 'verifying' || state === 'checking') return t.reason[state]
  if (state === 'choose') return t.reason.choose(upload.safe.total)
  if (state === 'cancelled') return t.reason.cancelled
  if (state === 'done') {
    const called = upload.result?.path?.split('/').at(-1) ?? upload.name
    const [breaks, began, ended] = countedOf(upload)
    return t.reason.done(upload.size, format.duration((ended - began) / 1000), breaks,
      called === upload.name ? '' : format.visible(called))
  }
  if (error?.name === 'FileChanged') return t.reason.changed
  if (error?.name === 'Unfiled') return t.reason.unfiled(error.message)
  return error?.message ?? ''
}

/** @type {Promise<typeof import('./details.js')> | null} */
let details = null

/** Loads the details after the first screen, so that a row can be opened without a connection. */
export const detailsOf = () => (details ??= import('./details.js').catch((error) => { details = null; throw error }))

export class Row {
  #details = null
  #opening = false
  #strip = strip()
  #state = h('span', { class: 'state' })
  #reason = h('span', { class: 'cut' })
  #safe = h('b')
  #safeWord = h('span')
  #percent = h('span', { class: 'percent' })
  #speed = h('div', { class: 'number' })
  #left = h('div', { class: 'number left' })
  #actions = h('div', { class: 'buttons tight' })
  #ended = h('div', { class: 'ended' })
  #bar
  #shown = ''
  #more

  /**
   * @param {import('../../client/upload.js').Upload} upload @param {import('./screen.js').RowActs} act
   * @param {string} [shown] the path in the folder whose row contains this one
   */
  constructor(upload, act, shown = upload.name) {
    this.upload = upload
    this.act = act
    this.#bar = h('div', { class: 'bar', role: 'progressbar', 'aria-label': t.row.progress(upload.name),
      'aria-valuemin': '0',
      'aria-valuemax': '100' }, this.#strip.element, h('p', {}, h('span', {}, this.#safe, this.#safeWord),
        this.#percent))
    this.#more = button('', {
      glyph: 'down', kind: 'plain', label: t.row.open(upload.name), 'aria-expanded': 'false', act: () => this.toggle()
    })
    this.element = h('li', { class: 'row', 'data-id': upload.id },
      h('span', { class: 'tile', 'aria-hidden': 'true' }, format.extension(upload.name)),
      h('div', { class: 'grow what' }, nameOf(shown), h('div', { class: 'line' }, this.#state, this.#reason)),
      this.#bar, this.#speed, this.#left, this.#ended, this.#actions)
    this.#strip.show((count) => cellsOf(upload, count))
    this.update()
  }

  async toggle() {
    if (this.#details) {
      this.#details.element.remove()
      this.#details = null
    } else {
      if (this.#opening) return
      this.#opening = true
      const module = await detailsOf().catch(() => null)
      this.#opening = false
      if (!module || ENDED.includes(this.upload.state)) return
      this.#details = new module.Details(this.upload)
      this.element.append(this.#details.element)
    }
    this.#more.setAttribute('aria-expanded', String(this.#details !== null))
    this.#more.replaceChildren(icon(this.#details ? 'upper' : 'down'))
  }

  update() {
    const { upload } = this
    const state = stateOf(upload)
    if (this.#shown !== this.#look()) this.#show(state)
    say(this.#reason, reasonOf(upload))
    this.#reason.title = reasonOf(upload)
    if (state === 'done') { this.#showDigest(); return }
    const [safe, word] = upload.safe.total === upload.size ? t.row.allSafe(upload.size)
      : t.row.safe(upload.safe.total, upload.size)
    say(this.#safe, safe)
    say(this.#safeWord, word)
    say(this.#percent, format.percent(upload.safe.total, upload.size))
    this.#bar.setAttribute('aria-valuenow', String(upload.size ? Math.floor(100 * upload.safe.total / upload.size)
      : 0))
    this.#strip.paint()
    this.#details?.update()
    this.#numbers(state)
  }

  /** The values on which the controls depend. */
  #look() { return `${stateOf(this.upload)} ${this.upload.result?.path ?? ''}` }

  #show(state) {
    const { upload, act } = this
    const { name } = upload
    this.#shown = this.#look()
    const [glyph, kind] = LOOKS[state]
    this.#state.className = `state ${kind}`.trim()
    this.#state.replaceChildren(icon(glyph), t.state[state])
    this.element.classList.toggle('done', state === 'done')
    const running = ['waiting', 'uploading', 'offline', 'held', 'signed-out'].includes(state)
    const over = ENDED.includes(state)
    const focused = this.#actions.contains(document.activeElement)
    this.#actions.replaceChildren(...[
      running && button('', { glyph: 'pause', kind: 'plain', label: t.row.pause(name), act: () => upload.pause() }),
      state === 'paused' && button('', { glyph: 'play', kind: 'plain', label: t.row.resume(name),
        act: () => upload.resume() }),
      !over && state !== 'verifying'
        && button('', { glyph: 'close', kind: 'plain', label: t.row.cancel(name), act: () => act('cancel', upload) }),
      over && button('', { glyph: 'close', kind: 'plain', label: t.row.remove(name),
        act: () => act('remove', upload) }),
      !over && this.#more
    ].filter(Boolean))
    if (focused) this.#actions.querySelector('button')?.focus()
    if (over && this.#details) this.toggle()
    this.#showDigest()
  }

  #showDigest() {
    const { result } = this.upload
    if (this.upload.state !== 'done') return
    const key = `${result.sha256} ${result.path}`
    if (this.#ended.dataset.key === key) return
    this.#ended.dataset.key = key
    const digest = result.sha256 ?? ''
    const names = (result.path ?? '').split('/')
    const place = addressOf('files', names.slice(0, -1), { open: names.at(-1), space: this.upload.space })
    this.#ended.replaceChildren(
      h('span', { class: 'sum-sha' }, h('span', {}, t.row.sha),
        h('code', { title: digest }, digest ? [h('span', {}, digest.slice(0, -8)), h('span', {}, digest.slice(-8))]
          : t.row.pending),
        ...(digest ? [copyButton(() => digest, t.copySha)] : [])),
      ...(result.path ? [
        h('a', { class: 'button small', href: place }, icon('folder'), t.row.show),
        ...(this.act.shares ? [button(t.row.share, { glyph: 'link', kind: 'small',
          act: () => this.act('share', this.upload) })] : [])
      ] : []))
  }

  #numbers(state) {
    const { upload } = this
    const waits = state === 'offline' || state === 'held'
    /** @type {[word: string, act: () => any] | null} */
    const act = waits ? [t.tryNow, () => upload.uploader.wake()]
      : state === 'choose' ? [t.row.choose, () => this.act('choose', upload)]
        : state === 'failed' ? [t.row.send, () => this.act('again', upload)] : null
    if (act) {
      if (this.#speed.dataset.shown !== act[0]) {
        this.#speed.replaceChildren(button(act[0], { kind: 'small', act: act[1] }))
      }
      this.#speed.dataset.shown = act[0]
    } else {
      const speed = state === 'uploading' ? upload.speed : 0
      pair(this.#speed, speed > 0 ? format.speed(speed) : t.row.none,
        speed > 0 ? t.row.peak(format.speedBeside(upload.peak, speed)) : '')
    }
    if (waits && upload.nextTryAt > 0) pair(this.#left, format.countdown(upload.nextTryAt - Date.now()), t.row.next)
    else {
      const ends = state === 'uploading' && upload.speed > 0 && (!upload.retries || upload.safe.total)
      const seconds = ends ? (upload.size - upload.sent) / upload.speed : NaN
      pair(this.#left, format.duration(seconds), Number.isNaN(seconds) ? '' : t.row.left)
    }
  }
}

/** Shows a number with a word below it. @param {HTMLElement} element @param {string} value @param {string} word */
export function pair(element, value, word) {
  if (element.dataset.shown === `${value} ${word}`) return
  element.dataset.shown = `${value} ${word}`
  element.replaceChildren(value, ...(word ? [h('small', {}, word)] : []))
}
