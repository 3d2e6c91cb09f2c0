// The fields for whose uploads are transferred when they arrive in a folder: the user's own, and those of chosen
// links, users and keys.
import { call } from '../api.js'
import { h } from '../dom.js'
import { visible } from '../format.js'
import { nameOfSubject } from '../parts/people.js'
import { t } from '../texts/transfers.js'

const MOST_LINKS = 200
const MOST_PEOPLE = 500

/** @typedef {{subject: string, name: string}} Other */

/**
 * Returns the links, users and keys that can be chosen. A list that cannot be loaded is omitted.
 * @param {any} me @param {string | null} space the space of the folder
 * @returns {Promise<Other[]>}
 */
export async function othersOf(me, space) {
  const list = (may, path) => (may ? call('GET', path).then(({ items }) => items, () => []) : [])
  const admin = me.scopes.includes('admin')
  const [links, users, members] = await Promise.all([
    list(me.scopes.includes('upload'), `api/links?limit=${MOST_LINKS}`),
    list(admin, `api/users?limit=${MOST_PEOPLE}`),
    list(!admin && space, `api/spaces/${space}/members`)
  ])
  const people = [...users.map(({ id, displayName }) => ({ subject: `user:${id}`, name: displayName })), ...members]
  return [
    ...links.filter(({ kind, state }) => kind === 'upload' && state === 'open')
      .map(({ id, title }) => ({ subject: `link:${id}`, name: title || t.arrival.untitled })),
    ...people.filter(({ subject }) => subject !== me.subject).map(({ subject, name }) => ({ subject, name }))
  ]
}

/**
 * Formats the rule, such as "your uploads, the link Photos".
 * @param {{own: boolean, others: string[]}} rule
 * @param {Other[]} known
 */
export function uploaderWords({ own, others }, known = []) {
  return [own && t.arrival.own, ...others.map((one) => wordOf(one, known))].filter(Boolean).join(', ')
}

/** Returns the display name of a subject. @param {string} subject @param {Other[]} known */
export function wordOf(subject, known) {
  const found = known.find((one) => one.subject === subject)
  if (subject.startsWith('link:')) return t.arrival.link(found ? visible(found.name) : '')
  return found ? visible(found.name) : nameOfSubject(subject)
}

export class Uploaders {
  #own = h('input', { type: 'checkbox', class: 'check', checked: true, on: { change: () => this.#changed() } })
  #list = h('div', { class: 'whose' })
  #asked = ''
  /** @type {Set<string>} */
  #others = new Set()
  /** @type {Other[]} */
  #known = []
  #changed
  #me

  /** @param {any} me @param {() => void} changed */
  constructor(me, changed) {
    this.#me = me
    this.#changed = changed
    this.element = h('fieldset', { class: 'whose-place' }, h('legend', {}, t.arrival.whose),
      h('label', { class: 'tick' }, this.#own, t.arrival.mine), this.#list, h('p', { class: 'hint' }, t.arrival.text))
  }

  /** @param {string | null} space the space of the folder */
  async load(space) {
    const asked = space ?? '-'
    if (this.#asked === asked) return
    this.#asked = asked
    const found = await othersOf(this.#me, space)
    if (this.#asked !== asked) return
    this.#known = found
    this.#draw()
    this.#changed()
  }

  #draw() {
    // Subjects that were chosen before stay in the list, even if they can no longer be chosen.
    const gone = [...this.#others].filter((one) => !this.#known.some(({ subject }) => subject === one))
    const all = [...this.#known.map(({ subject }) => subject), ...gone]
    const choose = (subject, { checked }) => {
      if (checked) this.#others.add(subject)
      else this.#others.delete(subject)
      this.#changed()
    }
    this.#list.replaceChildren(...all.map((subject) => h('label', { class: 'tick' }, h('input', {
      type: 'checkbox', class: 'check', checked: this.#others.has(subject), 'data-subject': subject,
      on: { change: ({ currentTarget }) => choose(subject, currentTarget) }
    }), wordOf(subject, this.#known))))
  }

  get value() { return { own: this.#own.checked, others: [...this.#others] } }

  /** @param {{own: boolean, others: string[]}} rule */
  set value({ own, others }) {
    this.#own.checked = own
    this.#others = new Set(others)
    this.#draw()
  }

  get words() { return uploaderWords(this.value, this.#known) }
}
