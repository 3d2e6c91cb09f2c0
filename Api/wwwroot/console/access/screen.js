// The Access page: people, keys, links, spaces, sessions, tenants, limits, the audit, and one's own account; each is a tab with an address.
import { call } from '../api.js'
import { h } from '../dom.js'
import { Notes } from '../parts/notes.js'
import { segments } from '../parts/segments.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/access.js'

// Enough to name all who are in a list.
const MOST_PEOPLE = 500

/** The tabs, and which users may use them. @type {[id: string, may: (me: any) => boolean, load: () => Promise<any>][]} */
const TABS = [
  ['account', (me) => Boolean(me.id) && me.credential === 'session', () => import('./account.js')],
  ['people', (me) => me.scopes.includes('admin'), () => import('./people.js')],
  ['keys', () => true, () => import('./keys.js')],
  ['links', (me) => me.scopes.includes('upload') || me.scopes.includes('read'), () => import('./links.js')],
  ['spaces', (me) => me.scopes.includes('list'), () => import('./spaces.js')],
  ['sessions', (me) => me.credential === 'session', () => import('./sessions.js')],
  ['tenants', (me) => me.isOperator, () => import('./tenants.js')],
  ['limits', () => true, () => import('./limits.js')],
  ['audit', (me) => me.scopes.includes('admin'), () => import('./audit.js')]
]

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new AccessScreen(shell)
  screen.go(route)
  return { element: screen.element, go: (next) => screen.go(next), close: () => screen.close() }
}

export class AccessScreen {
  #tabs
  #seg
  #pane = null
  #shown = ''
  #people = null
  #keys = null
  #tenants = null
  #place = h('div', { class: 'stack' })
  notes = new Notes()

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    this.me = shell.me
    this.#tabs = TABS.filter(([, may]) => may(this.me))
    this.#seg = segments(t.access.title, this.#tabs.map(([id]) => ({ id, word: t.access.tabs[id], address: addressOf('access', [id]) })))
    this.element = h('div', { class: 'stack access' }, this.#seg.element, this.notes.element, this.#place)
  }

  get isAdmin() { return this.me.scopes.includes('admin') }

  /** @param {import('../router.js').Route} route */
  go(route) {
    const [id] = route.path
    const tab = this.#tabs.find(([name]) => name === id)
    if (!tab) { go(addressOf('access', [this.#usual]), { replace: true }); return true }
    this.#seg.show(id)
    this.shell.place(id === 'account' ? t.me.account : t.access.tabs[id], [{ word: t.access.title, address: addressOf('access') }])
    const address = `${id}?${route.query}`
    if (address === this.#shown) return true
    const same = this.#shown.startsWith(`${id}?`)
    this.#shown = address
    this.notes.hide('fault')
    if (same && this.#pane?.go?.(route.query)) return true
    this.notes.hide('act')
    this.#open(tab, address, route.query)
    return true
  }

  close() { this.#pane?.close?.() }

  /** Names of the people and tenants whom this person sees, by subject and by id. @returns {Promise<(subject: string | null) => string>} */
  async names() {
    const { me } = this
    const items = this.isAdmin ? await this.#list() : me.id ? [me] : []
    const keys = this.isAdmin ? await this.#keyList() : []
    const known = new Map(items.flatMap(({ id, displayName }) => [[id, displayName], [`user:${id}`, displayName]]))
    for (const { id, name } of keys) known.set(`key:${id}`, name)
    for (const { name, title } of this.isAdmin ? await this.#tenantList() : []) known.set(`tenant:${name}`, title)
    known.set('operator', t.me.key)
    return (subject) => known.get(subject) ?? subject?.replace(/^tenant:/, '') ?? ''
  }

  /** The subjects that may be actors in the audit. @returns {Promise<string[]>} */
  async subjects() { return ['operator', ...(await this.#list()).map(({ id }) => `user:${id}`)] }

  /** The people have changed. */
  forgetNames() { this.#people = this.#keys = this.#tenants = null }

  async #keyList() {
    this.#keys ??= call('GET', 'api/keys').then(({ items }) => items, () => [])
    return this.#keys
  }

  async #tenantList() {
    this.#tenants ??= call('GET', 'api/tenants').then(({ items }) => items, () => [])
    return this.#tenants
  }

  async #list() {
    this.#people ??= call('GET', `api/users?limit=${MOST_PEOPLE}`).then(({ items }) => items, () => [])
    return this.#people
  }

  async #open([, , load], address, query) {
    let pane
    try {
      pane = (await load()).open(this, query)
    } catch (error) {
      if (address !== this.#shown) return
      this.#shown = ''
      this.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: t.screenFault, text: error.message })
      return
    }
    if (address !== this.#shown) { pane.close?.(); return }
    this.#pane?.close?.()
    this.#pane = pane
    this.#place.replaceChildren(pane.element)
  }

  get #usual() {
    const ids = this.#tabs.map(([id]) => id)
    return ids.find((id) => id === 'people') ?? ids[0]
  }
}
