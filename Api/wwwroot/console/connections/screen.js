// Connections: the accounts at other storages that the user has added.
import { call, codeOf } from '../api.js'
import { button, h } from '../dom.js'
import { visible } from '../format.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { sure } from '../parts/fields.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { forgetConnections, kindWord } from '../parts/storage.js'
import { addressOf } from '../router.js'
import { t } from '../texts/connections.js'
import { ConnectionCard } from './card.js'
import { add, rename, renew } from './forms.js'

const EVERY = 15_000

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new ConnectionsScreen(shell)
  screen.go(route)
  return { element: screen.element, go: (next) => screen.go(next), close: () => screen.life.leave() }
}

class ConnectionsScreen {
  #search = ''
  #cards = new Map()
  /** @type {import('../parts/storage.js').Connection[] | null} */
  #items = null
  /** The providers at which users can sign in. @type {Promise<import('./forms.js').Provider[]>} */
  #providers = call('GET', 'api/connections/providers').then(({ items }) => items, () => [])
  #place = h('div', {}, bones())

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    this.life = new Lifecycle(shell, { read: () => this.#read(), every: () => EVERY,
      failed: () => { if (!this.#items) this.#place.replaceChildren(); return false } })
    this.notes = this.life.notes
    this.element = h('div', { class: 'stack connections' },
      h('div', { class: 'pane-head' }, h('p', { class: 'hint grow' }, t.connections.hint),
        h('div', { class: 'buttons' }, button(t.connections.add,
          { glyph: 'plus', kind: 'primary', act: () => this.#add() }))),
      this.notes.element, this.#place)
    this.#load()
  }

  /** @param {import('../router.js').Route} route */
  go({ path: [verb, id], query }) {
    this.shell.place(t.connections.title)
    this.#search = query.get('search') ?? ''
    this.life.search(this.#search, t.connections.find,
      (text) => addressOf('connections', [], { search: text || null }))
    this.#show()
    // A sign-in at a provider returns to this address. Its outcome is shown once, and not again after a reload.
    const came = ['fault', 'added', 'renewed'].find((name) => query.has(name))
    if (came) {
      this.#cameBack(came, query.get(came) ?? '')
      quieten()
      return true
    }
    // A transfer that waits for a sign-in links to this address.
    if (verb === 'renew' && id) this.#open(id)
    return true
  }

  /** @param {string} what @param {string} value the code of the error, or the id of the connection */
  async #cameBack(what, value) {
    const actions = [{ word: t.close, act: () => this.notes.hide('act') }]
    if (what === 'fault') {
      const text = t.connections.faults[value] ?? t.connections.faults.failed
      this.notes.show('act', { kind: 'bad', glyph: 'fail', lead: t.connections.notConnected, text, code: value,
        actions })
      return
    }
    if (!this.#items) await this.#load()
    const name = this.#items?.find((one) => one.id === value)?.title
    if (name) this.notes.show('act', { glyph: 'check', text: t.connections[what](visible(name)), actions })
  }

  async #open(id) {
    quieten()
    if (!this.#items) await this.#load()
    const connection = this.#items?.find((one) => one.id === id)
    if (connection && !document.querySelector('dialog[open]')) this.#acts.renew(connection)
  }

  #load() { return this.life.load() }

  async #read() {
    forgetConnections()
    const { items } = await call('GET', 'api/connections')
    return () => {
      this.#items = items
      this.#show()
    }
  }

  #show() {
    if (!this.#items) return
    const sought = this.#search.toLocaleLowerCase()
    const wanted = this.#items.filter(({ title, account, kind }) =>
      [title, account ?? '', kindWord(kind)].some((text) => text.toLocaleLowerCase().includes(sought)))
    if (wanted.length === 0) {
      this.#place.replaceChildren(h('section', { class: 'card' }, this.#items.length > 0
        ? emptyPlace(t.nothingCalled(this.#search), t.connections.none)
        : emptyPlace(...t.connections.empty, button(t.connections.add, { glyph: 'plus', act: () => this.#add() }))))
      return
    }
    const elements = wanted.map((connection) => {
      const card = this.#cards.get(connection.id) ?? new ConnectionCard(this.#acts)
      this.#cards.set(connection.id, card)
      card.show(connection)
      return card.element
    })
    const before = this.#place.firstElementChild
    const same = before?.classList.contains('connection-cards') && before.children.length === elements.length
      && elements.every((element, i) => element === before.children[i])
    if (!same) {
      this.#place.replaceChildren(h('div', { class: 'connection-cards', role: 'group',
        'aria-label': t.connections.list }, elements))
    }
  }

  #add() {
    return this.#act(async () => add(this.shell.me, await this.#providers),
      ({ title }) => t.connections.added(visible(title)))
  }

  #acts = {
    test: (one) => {
      this.#cards.get(one.id)?.busy(true)
      return this.#act(() => call('POST', `api/connections/${one.id}/test`), t.connections.works(visible(one.title)))
        .finally(() => this.#cards.get(one.id)?.busy(false))
    },
    renew: (one) => this.#act(async () => renew(this.shell.me, one, await this.#providers),
      t.connections.renewed(visible(one.title))),
    rename: (one) => this.#act(() => rename(one)),
    remove: (one) => this.#act(async () => {
      const name = visible(one.title)
      if (!await sure(t.connections.removeTitle(name), t.connections.removeText(one.transfers),
        t.connections.remove)) return false
      await call('DELETE', `api/connections/${one.id}`)
      return true
    }, t.connections.removed(visible(one.title)))
  }

  /**
   * Runs an action, shows its outcome, and loads again.
   * @param {() => Promise<any>} work @param {string | ((done: any) => string)} [told]
   */
  async #act(work, told) {
    this.notes.hide('act')
    const close = [{ word: t.close, act: () => this.notes.hide('act') }]
    try {
      const done = await work()
      if (done === null || done === false) return
      if (told) this.notes.show('act', { glyph: 'check', text: typeof told === 'string' ? told : told(done),
        actions: close })
    } catch (error) {
      this.notes.show('act', { kind: 'bad', glyph: 'fail', text: error.message, code: codeOf(error), actions: close })
    }
    await this.#load()
  }
}

/**
 * What the address asked for is done once. The screen stays: another one would be opened if the shell heard of it.
 */
function quieten() {
  history.replaceState(null, '', addressOf('connections'))
}
