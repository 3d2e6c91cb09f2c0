// The screens about access: people, keys, links, spaces, sessions, tenants, limits, the audit log, and the user's own
// account.
import { call } from '../api.js'
import { h } from '../dom.js'
import { Notes } from '../parts/notes.js'
import { addressOf } from '../router.js'
import { t } from '../texts/access.js'

// The largest number of users that are loaded to name the users of a list.
const MOST_PEOPLE = 500

const PANES = {
  account: () => import('./account.js'), people: () => import('./people.js'), keys: () => import('./keys.js'),
  links: () => import('./links.js'), spaces: () => import('./spaces.js'), sessions: () => import('./sessions.js'),
  tenants: () => import('./tenants.js'), limits: () => import('./limits.js'), audit: () => import('./audit.js'),
  device: () => import('./device.js'), devices: () => import('./devices.js')
}

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new AccessScreen(shell)
  screen.go(route)
  return { element: screen.element, go: (next) => screen.go(next), close: () => screen.close() }
}

export class AccessScreen {
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
    this.element = h('div', { class: 'stack access' }, this.notes.element, this.#place)
  }

  get isAdmin() { return this.me.scopes.includes('admin') }

  /** @param {import('../router.js').Route} route */
  go(route) {
    const { screen: id } = route
    this.shell.place(t.access.titles[id], id === 'spaces' ? [{ word: t.nav.files, address: addressOf('files') }] : [])
    const address = `${id}?${route.query}`
    if (address === this.#shown) return true
    const same = this.#shown.startsWith(`${id}?`)
    this.#shown = address
    this.notes.hide('fault')
    if (same && this.#pane?.go?.(route.query)) return true
    this.notes.hide('act')
    this.#open(PANES[id], address, route.query)
    return true
  }

  close() { this.#pane?.close?.() }

  /**
   * Returns a function that returns the names of users and tenants by subject or id.
   * @returns {Promise<(subject: string | null) => string>}
   */
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

  /** Returns the subjects that may be actors in the audit log. @returns {Promise<string[]>} */
  async subjects() { return ['operator', ...(await this.#list()).map(({ id }) => `user:${id}`)] }

  /** Discards the loaded names, because they have changed. */
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

  async #open(load, address, query) {
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
}
