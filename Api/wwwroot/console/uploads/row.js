// One row of the list. It is reused for other uploads while the user scrolls.
import { h, say } from '../dom.js'
import * as format from '../format.js'
import { cellsOfSum, strip } from '../parts/cells.js'
import { nameOf } from '../parts/name.js'
import { nameOfSubject } from '../parts/people.js'
import { stateWord } from '../parts/state.js'
import { addressOf } from '../router.js'
import { t } from '../texts/uploads.js'
import { buttons } from './acts.js'
import { stateOf } from './store.js'

/** Returns the reason for the state of an upload. @param {import('./store.js').Session} session */
export function reasonOf(session) {
  const state = stateOf(session)
  if (state === 'uploading') return session.failures.count > 0 ? t.uploads.broke(session.failures.count) : ''
  if (state === 'broken') return t.uploads.brokeLast(session.failures.consecutive)
  if (state === 'waiting') return session.lastByteAt ? t.uploads.noByte(format.ago(session.lastByteAt))
    : t.uploads.noByteYet
  if (state === 'completed') return format.ago(session.completedAt ?? session.stateAt)
  return [session.stateReason, format.ago(session.stateAt)].filter(Boolean).join(', ')
}

export class UploadRow {
  session = null
  #strip = strip()
  #tile = h('span', { class: 'tile', 'aria-hidden': 'true' })
  #name = h('div', { class: 'name-place' })
  #state = h('span')
  #reason = h('span', { class: 'cut' })
  #owner = h('span', { class: 'cut owner' })
  #way = h('span')
  #about = h('span', { class: 'reasons' }, this.#reason, this.#owner, this.#way)
  #safe = h('b')
  #word = h('span')
  #percent = h('span', { class: 'percent' })
  #speed = h('div', { class: 'number' })
  #left = h('div', { class: 'number left' })
  #acts = h('div', { class: 'buttons tight' })
  #bar
  #shown = ''

  /** @param {ReturnType<typeof import('./acts.js').actor>} acts */
  constructor(acts) {
    this.acts = acts
    this.#bar = h('div', { class: 'bar', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' },
      this.#strip.element,
      h('p', {}, h('span', {}, this.#safe, this.#word), this.#percent))
    this.element = h('div', { class: 'row', role: 'listitem' }, this.#tile,
      h('div', { class: 'grow what' }, this.#name, h('div', { class: 'line' }, this.#state, this.#about)),
      this.#bar, this.#speed, this.#left, this.#acts)
  }

  /** @param {import('./store.js').Session} session @param {number} index @param {number} count @param {number} top */
  show(session, index, count, top) {
    this.element.style.transform = `translateY(${top}px)`
    this.element.setAttribute('aria-setsize', String(count))
    this.element.setAttribute('aria-posinset', String(index + 1))
    if (this.session !== session) {
      this.session = session
      this.#shown = ''
      this.element.dataset.id = session.id
      say(this.#tile, format.extension(session.fileName))
      this.#name.replaceChildren(nameOf(session.fileName, 'a', { href: addressOf('uploads', [session.id]) }))
      this.#bar.setAttribute('aria-label', t.row.progress(format.visible(session.fileName)))
      this.#strip.show((cells) => {
        const { receivedBytes, size } = session
        return cellsOfSum(receivedBytes, receivedBytes, size ?? receivedBytes * 2, cells)
      })
    }
    this.update()
  }

  update() {
    const { session } = this
    const state = stateOf(session)
    if (this.#shown !== `${state} ${session.state}`) {
      this.#shown = `${state} ${session.state}`
      this.#state.replaceChildren(stateWord(state))
      const focused = this.#acts.contains(document.activeElement)
      this.#acts.replaceChildren(...buttons(session, this.acts, false))
      if (focused) this.#acts.querySelector('button')?.focus()
    }
    const owner = session.owner && nameOfSubject(session.owner)
    const parts = [reasonOf(session), owner && t.detail.by(owner), t.uploads.protocol[session.protocol]]
    let told = ''
    for (const [i, element] of [this.#reason, this.#owner, this.#way].entries()) {
      const text = parts[i] ? `${told && ', '}${parts[i]}` : ''
      say(element, text)
      told += text
    }
    this.#about.title = told
    const { receivedBytes, size } = session
    const [safe, word] = size === null ? [format.bytes(receivedBytes), t.uploads.unknown]
      : receivedBytes === size ? t.row.allSafe(size) : t.row.safe(receivedBytes, size)
    if (this.#safe.textContent !== safe) this.#strip.paint()
    say(this.#safe, safe)
    say(this.#word, word)
    say(this.#percent, size === null ? '' : format.percent(receivedBytes, size))
    this.#bar.setAttribute('aria-valuenow', String(size ? Math.floor(100 * receivedBytes / size) : 0))
    const moving = session.state === 'open' && session.speed.current > 0
    pair(this.#speed, moving ? format.speed(session.speed.current) : t.row.none,
      moving && session.speed.peak ? t.row.peak(format.speedBeside(session.speed.peak, session.speed.current)) : '')
    const left = moving && receivedBytes > 0 && session.etaSeconds !== null
    pair(this.#left, left ? format.duration(session.etaSeconds) : t.row.none, left ? t.row.left : '')
  }
}

function pair(element, figure, hint) {
  const text = `${figure} ${hint}`
  if (element.dataset.shown === text) return
  element.dataset.shown = text
  element.replaceChildren(figure, h('small', {}, hint))
}
