// The card of a connection: its account, its usage, the state of its sign-in, and what uses it.
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { openMenu } from '../parts/menu.js'
import { quotaBar } from '../parts/quota.js'
import { canRenew, healthWord, isReady, kindWord, storageMark } from '../parts/storage.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/connections.js'

/** @typedef {import('../parts/storage.js').Connection} Connection */

export class ConnectionCard {
  #shown = ''
  #bar = quotaBar()
  #place = h('div', { class: 'connection-body' })
  #head = h('div', { class: 'connection-head' })
  #foot = h('div', { class: 'card-foot' })

  /**
   * @param {{test: (connection: Connection) => void, renew: (connection: Connection) => void,
   *   rename: (connection: Connection) => void, remove: (connection: Connection) => void}} acts
   */
  constructor(acts) {
    this.acts = acts
    this.element = h('section', { class: 'card connection' }, this.#head, this.#place, this.#foot)
  }

  /** @param {Connection} connection */
  show(connection) {
    const shown = JSON.stringify(connection)
    if (this.#shown === shown) return
    this.#shown = shown
    const name = format.visible(connection.title)
    const focused = [...this.element.querySelectorAll('button, a')].indexOf(document.activeElement)
    this.element.setAttribute('aria-label', name)
    this.element.dataset.id = connection.id
    this.element.classList.toggle('needs', !isReady(connection))
    this.#head.replaceChildren(storageMark(connection.kind, 'large'),
      h('div', {}, h('h2', { class: 'cut', title: name }, name),
        h('p', { class: 'hint' }, kindWord(connection.kind))),
      button('', { glyph: 'more', kind: 'plain small', label: t.connections.moreOf(name), 'aria-haspopup': 'menu',
        act: ({ currentTarget }) => openMenu(currentTarget, this.#menu(connection)) }))
    this.#place.replaceChildren(this.#health(connection), facts(connection), this.#quota(connection))
    this.#foot.replaceChildren(...this.#footOf(connection, name))
    if (focused >= 0) /** @type {HTMLElement} */ (this.element.querySelectorAll('button, a')[focused])?.focus()
  }

  #menu(connection) {
    const { acts } = this
    const { id, given, canRead, canWrite } = connection
    return [
      canRead && { word: t.connections.bringFrom, glyph: 'download',
        act: () => go(addressOf('transfers', ['new'], { from: id })) },
      canWrite && { word: t.connections.sendTo, glyph: 'upload',
        act: () => go(addressOf('transfers', ['new'], { to: id })) },
      { word: t.connections.seeTransfers, glyph: 'transfer',
        act: () => go(addressOf('transfers', [], { connection: connection.id })) },
      !given && { word: t.storage.signInAgain, glyph: 'lock', act: () => acts.renew(connection) },
      !given && { word: t.connections.rename, glyph: 'pen', act: () => acts.rename(connection) },
      !given && { word: t.connections.remove, glyph: 'trash', kind: 'danger', act: () => acts.remove(connection) }
    ].filter(Boolean)
  }

  #health(connection) {
    if (connection.given) {
      const { canRead, canWrite } = connection
      return h('div', { class: 'health' }, h('span', { class: 'state calm' }, icon('check'),
        t.connections.given(connection.node)),
        h('p', { class: 'hint' }, t.connections.direction[canRead && canWrite ? 'both' : canRead ? 'read' : 'write']))
    }
    const since = isReady(connection)
      ? connection.checkedAt && t.connections.tested(format.moment(connection.checkedAt))
      : t.connections.since(format.moment(connection.stateAt))
    return h('div', { class: 'health' }, healthWord(connection), since && h('span', {
      class: 'hint', title: format.exactTime(isReady(connection) ? connection.checkedAt : connection.stateAt)
    }, since), t.storage.why[connection.state] && h('p', { class: 'hint' }, t.storage.why[connection.state]))
  }

  #quota({ usedBytes, totalBytes }) {
    if (usedBytes === null) return h('p', { class: 'quota hint' }, t.connections.noQuota)
    const [used, word] = t.connections.used(usedBytes, totalBytes)
    if (!totalBytes) return h('p', { class: 'quota hint' }, h('b', {}, used), word)
    this.#bar.show(usedBytes, 0, totalBytes, t.connections.usedLabel(usedBytes, totalBytes))
    const free = totalBytes - usedBytes
    return h('div', { class: 'quota' }, this.#bar.element, h('p', { class: 'hint' },
      h('span', {}, h('b', {}, used), word),
      h('span', {}, free > 0 ? t.connections.free(free) : t.connections.full)))
  }

  #footOf(connection, name) {
    const { transfers: count } = connection
    const list = addressOf('transfers', [], { connection: connection.id })
    const said = (word) => (count > 0 ? h('a', { href: list }, word) : word)
    if (canRenew(connection)) {
      return [h('span', {}, said(count > 0 ? t.connections.waitFor(count) : t.connections.usedBy(0))),
        h('div', { class: 'buttons tight' },
        button(t.storage.signInAgain, { kind: 'primary small', act: () => this.acts.renew(connection) }))]
    }
    return [h('span', {}, said(t.connections.usedBy(count))), h('div', { class: 'buttons tight' },
      button(t.connections.test, { kind: 'plain small', label: t.connections.testOf(name),
        act: () => this.acts.test(connection) }),
      isReady(connection) && connection.canRead && h('a', {
        class: 'button small', href: addressOf('transfers', ['new'], { from: connection.id }),
        'aria-label': t.connections.browseOf(name)
      }, t.connections.browse))]
  }

  /** Disables the buttons while the connection is being tested. @param {boolean} busy */
  busy(busy) { this.#foot.querySelector('button')?.toggleAttribute('disabled', busy) }
}

function facts({ account, error, errorAt, given }) {
  const when = errorAt ? `${format.when(errorAt)}: ` : ''
  return h('dl', { class: 'facts' },
    ...(given ? [] : [h('dt', {}, t.connections.account), h('dd', {},
      account ? format.visible(account) : t.connections.noAccount)]),
    h('dt', {}, t.connections.error), h('dd', { title: errorAt ? format.exactTime(errorAt) : null },
      error ? `${when}${format.visible(error)}` : t.connections.noError))
}
