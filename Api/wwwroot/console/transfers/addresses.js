// A field for addresses of the web, and the files that were found there.
import { call } from '../api.js'
import { h, icon } from '../dom.js'
import * as format from '../format.js'
import { nameOf } from '../parts/name.js'
import { t } from '../texts/transfers.js'

/**
 * @typedef {import('./selection.js').Node} Node
 * @typedef {{name: string, size: number | null, resumable: boolean, fault: string | null}} Found
 */

const AFTER_TYPING = 600
// The largest number of addresses that one request may contain.
const AT_ONCE = 50
const SHOWN = 200

/**
 * Returns the last part of the path of an address, which is the name until the server was asked.
 * @param {string} address
 */
function nameIn(address) {
  const { pathname, host } = new URL(address)
  const last = pathname.split('/').filter(Boolean).at(-1)
  try {
    return last ? decodeURIComponent(last) : host
  } catch {
    return last
  }
}

const isAddress = (line) => /^https?:\/\/[^\s/]/i.test(line) && URL.canParse(line.split(/\s/)[0])

export class Addresses {
  #changed
  #timer = 0
  #asked = 0
  /** @type {Map<string, Found>} */
  #found = new Map()
  #list = h('ul', { class: 'nodes plan', tabindex: '0', 'aria-label': t.make.plan, 'aria-live': 'polite' })
  #input = h('textarea', {
    class: 'input lines', rows: '5', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off',
    placeholder: t.make.addressesPlace,
    'aria-label': t.make.addresses, on: { input: () => this.#typed() }
  })

  /** @param {(nodes: Node[]) => void} changed */
  constructor(changed) {
    this.#changed = changed
    this.element = h('div', { class: 'addresses', hidden: true }, this.#input,
      h('p', { class: 'hint' }, t.make.addressesText), this.#list)
  }

  get #lines() { return [...new Set(this.#input.value.split('\n').map((line) => line.trim()).filter(Boolean))] }

  /** @returns {Node[]} */
  get nodes() {
    return this.#lines.filter(isAddress).map((line) => {
      const [address, ...name] = line.split(/\s+/)
      const found = this.#found.get(line)
      return { id: line, name: found?.name ?? (name.join(' ') || nameIn(address)), kind: 'file',
        size: found?.size ?? null, skip: null,
        parent: null }
    })
  }

  clear() {
    this.#input.value = ''
    this.#typed()
    this.#input.focus()
  }

  #typed() {
    clearTimeout(this.#timer)
    this.#asked++
    this.#show()
    this.#timer = setTimeout(() => this.#look(), AFTER_TYPING)
  }

  async #look() {
    const asked = this.#asked
    const unknown = this.#lines.filter((line) => isAddress(line) && !this.#found.has(line)).slice(0, SHOWN)
    while (unknown.length > 0) {
      const addresses = unknown.splice(0, AT_ONCE)
      let items
      try {
        items = (await call('POST', 'api/transfers/addresses', { addresses })).items
      } catch (error) {
        items = addresses.map((line) => ({ name: nameIn(line.split(/\s/)[0]), size: null, resumable: true,
          fault: error.message }))
      }
      addresses.forEach((line, i) => this.#found.set(line, items[i]))
      if (asked !== this.#asked) return
      this.#show()
    }
  }

  #show() {
    const nodes = new Map(this.nodes.map((node) => [node.id, node]))
    this.#list.replaceChildren(...this.#lines.slice(0, SHOWN).map((line) => row(line, nodes.get(line),
      this.#found.get(line))))
    this.#changed([...nodes.values()])
  }
}

/** @param {string} line @param {Node} [node] @param {Found} [found] */
function row(line, node, found) {
  const fault = node ? found?.fault : t.make.notAddress
  const much = !node || fault ? '' : !found ? t.make.loading : found.size === null ? t.make.sizeless
    : format.bytes(found.size)
  const more = fault ?? (found && !found.resumable ? t.make.notResumable : '')
  return h('li', { class: `node found ${fault ? 'wrong' : ''}` }, icon(fault ? 'alert' : 'file'),
    nameOf(node?.name ?? line),
    h('span', { class: 'much' }, much), more && h('p', { class: 'hint' }, more))
}
