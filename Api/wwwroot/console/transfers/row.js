// One transfer in the list.
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { strip } from '../parts/cells.js'
import { openMenu } from '../parts/menu.js'
import { nameOf } from '../parts/name.js'
import { nameOfSubject } from '../parts/people.js'
import { endKind, endName, endOf, storageMark } from '../parts/storage.js'
import { addressOf } from '../router.js'
import { t } from '../texts/transfers.js'
import { mayPause, mayResume, menuOf } from './acts.js'
import { cellsOf, hasEnded, leftOf, needButton, reasonOf, safeOf, stateWord, titleOf } from './state.js'

/** @typedef {import('./state.js').Transfer} Transfer */

export class TransferRow {
  #strip = strip()
  #check
  #pair = h('span', { class: 'storage-pair' })
  #name = h('div', { class: 'name-place' })
  #route = h('p', { class: 'route' })
  #state = h('span')
  #reason = h('span', { class: 'cut' })
  #safe = h('b')
  #word = h('span')
  #percent = h('span', { class: 'percent' })
  #speed = h('div', { class: 'number' })
  #left = h('div', { class: 'number left' })
  #need = h('div', { class: 'need' })
  #acts = h('div', { class: 'buttons tight' })
  #bar
  #shown = ''
  #told = ''
  /** @type {Transfer} */
  transfer

  /** @param {ReturnType<typeof import('./acts.js').actor>} acts @param {(id: string, event: Event) => void} pick */
  constructor(acts, pick) {
    this.acts = acts
    this.#check = h('input', { type: 'checkbox', class: 'check',
      on: { click: (event) => pick(this.transfer.id, event) } })
    this.#bar = h('div', { class: 'bar', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' },
      this.#strip.element,
      h('p', {}, h('span', {}, this.#safe, this.#word), this.#percent))
    this.element = h('li', { class: 'transfer-row' }, this.#check, this.#pair,
      h('div', { class: 'what' }, this.#name, this.#route, h('div', { class: 'line' }, this.#state, this.#reason)),
      this.#bar, this.#speed, this.#left, this.#need, this.#acts)
    this.#strip.show((count) => (this.transfer ? cellsOf(this.transfer, count) : []))
  }

  /**
   * @param {Transfer} transfer @param {import('../parts/storage.js').Connection[]} connections @param {number} speed
   * @param {{chosen: boolean, own: boolean}} more
   */
  show(transfer, connections, speed, { chosen, own }) {
    this.transfer = transfer
    const { state, files } = transfer
    const shown = JSON.stringify([transfer.id, state, transfer.label, files.failed > 0, own, transfer.wait?.reason,
      connections])
    if (shown !== this.#shown) {
      this.#shown = shown
      this.#build(connections, own)
    }
    this.element.classList.toggle('chosen', chosen)
    this.#check.checked = chosen
    const reason = own ? reasonOf(transfer) : `${nameOfSubject(transfer.owner)}, ${reasonOf(transfer)}`
    say(this.#reason, reason)
    this.#reason.title = reason
    const [safe, word] = safeOf(transfer)
    const told = JSON.stringify([transfer.bytes, files, state])
    if (told !== this.#told) { this.#told = told; this.#strip.paint() }
    say(this.#safe, safe)
    say(this.#word, word)
    const percent = state === 'done' ? '' : transfer.scanned && transfer.bytes.all > 0
      ? format.percent(transfer.bytes.done, transfer.bytes.all) : ''
    say(this.#percent, percent)
    this.#bar.setAttribute('aria-valuenow', String(state === 'done' ? 100 : Math.floor(transfer.percent ?? 0)))
    this.#figures(speed)
  }

  #figures(speed) {
    const { transfer } = this
    const left = transfer.state === 'running' ? leftOf(transfer, speed) : null
    const until = transfer.state === 'waiting' && transfer.wait?.until
      ? Date.parse(transfer.wait.until) - Date.now() : 0
    const figure = (element, value, word) => {
      if (element.dataset.told === `${value} ${word}`) return
      element.dataset.told = `${value} ${word}`
      element.replaceChildren(value, ...(word ? [h('small', {}, word)] : []))
    }
    const ended = hasEnded(transfer)
    figure(this.#speed, speed > 0 ? format.speed(speed) : ended && transfer.averageBps
      ? format.speed(transfer.averageBps) : t.row.none,
      ended && transfer.averageBps ? t.row.mean : '')
    if (until > 0) figure(this.#left, format.duration(until / 1000), t.row.goesOn)
    else if (left !== null) figure(this.#left, format.duration(left), t.row.left)
    else figure(this.#left, ended ? format.when(transfer.endedAt) : t.row.none, '')
  }

  #build(connections, own) {
    const { transfer, acts } = this
    const { source, destination } = transfer
    const title = titleOf(transfer)
    const [from, to] = [source, destination].map((end) => endName(endOf(end, own), connections))
    const folder = destination.folderName && destination.folderName !== to
      ? ` / ${format.visible(destination.folderName)}` : ''
    this.element.dataset.id = transfer.id
    this.#check.setAttribute('aria-label', t.transfers.select(title))
    this.#pair.replaceChildren(storageMark(endKind(endOf(source, own), connections)), icon('to'),
      storageMark(endKind(endOf(destination, own), connections)))
    this.#name.replaceChildren(nameOf(title, 'a', { href: addressOf('transfers', [transfer.id]) }))
    this.#route.replaceChildren(h('span', {}, from), icon('to'),
      h('span', { title: `${to}${folder}` }, `${to}${folder}`))
    this.#route.setAttribute('title', t.transfers.route(from, `${to}${folder}`))
    this.#state.replaceChildren(stateWord(transfer))
    this.#bar.setAttribute('aria-label', t.transfers.progress(title))
    const need = own ? needButton(transfer, connections, () => acts.resume([transfer]), 'small') : null
    this.element.classList.toggle('needs', need !== null)
    const focused = [...this.element.querySelectorAll('.need button, .buttons button')].indexOf(
      document.activeElement)
    this.#need.replaceChildren(...(need ? [need] : []))
    const items = menuOf(transfer, acts, own)
    this.#acts.replaceChildren(...[
      mayPause(transfer) && button('', { glyph: 'pause', kind: 'plain small', label: t.transfers.pauseOf(title),
        act: () => acts.pause([this.transfer]) }),
      own && mayResume(transfer) && button('', { glyph: 'play', kind: 'plain small',
        label: t.transfers.resumeOf(title),
        act: () => acts.resume([this.transfer]) }),
      items.length > 0 && button('', { glyph: 'more', kind: 'plain small', label: t.transfers.moreOf(title),
        'aria-haspopup': 'menu',
        act: ({ currentTarget }) => openMenu(currentTarget, menuOf(this.transfer, acts, own)) })
    ].filter(Boolean))
    if (focused >= 0) {
      /** @type {NodeListOf<HTMLElement>} */
      const all = this.element.querySelectorAll('.need button, .buttons button')
      all[focused]?.focus()
    }
  }
}
