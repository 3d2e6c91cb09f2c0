// The Nodes screen: the nodes that serve the ledger, and their stores. For operators.
import { ask, call } from '../api.js'
import { h } from '../dom.js'
import { bones } from '../parts/empty.js'
import { sure } from '../parts/fields.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { t } from '../texts/nodes.js'
import { BucketRow } from './bucket.js'
import { figuresOf } from './figures.js'
import { NodeRow } from './row.js'
import { StoreRow } from './store.js'

const EVERY = 2_000

/**
 * @typedef {{name: string, id: string | null, address: string | null, here: boolean,
 *   state: 'alive' | 'draining' | 'silent' | 'stopped', beatAt: string | null, startedAt: string | null,
 *   version: string | null, roles: string | null, draining: {since: string, by?: string} | null,
 *   uploads: number | null, bytesPerSecond: number | null, work: number | null, load: number[] | null,
 *   store: Store | null, bucket?: Bucket | null}} ClusterNode
 * The figures and the store of a node that is silent or stopped are null.
 * @typedef {{path: string, freeBytes: number, totalBytes: number, trouble: string | null}} Store
 * @typedef {{name: string, trouble: string | null, since: string | null}} Bucket
 * @typedef {{drain: (node: ClusterNode) => void, resume: (node: ClusterNode) => void,
 *   forget: (node: ClusterNode) => void}} NodeActs
 */

/** @param {import('../shell.js').Shell} shell */
export function open(shell) {
  const screen = new NodesScreen(shell)
  return { element: screen.element, go: () => true, close: () => screen.life.leave() }
}

class NodesScreen {
  /** @type {ClusterNode[] | null} */
  #nodes = null
  #alone = false
  // The difference between the clocks of the service and of the browser, in milliseconds.
  #away = 0
  #busy = new Set()
  /** @type {Map<string, {node: NodeRow, store: StoreRow}>} */
  #rows = new Map()
  #bucket = new BucketRow()
  #figures = h('dl', { class: 'figures' })
  #hint = h('span', { class: 'hint wide-only', hidden: true }, t.nodes.hint)
  #body = h('tbody')
  #stores = h('tbody')
  #nodesPlace = h('div', {}, bones())
  #storesPlace = h('div', {}, bones())
  #aloneHint = h('p', { class: 'hint alone', hidden: true }, t.nodes.alone,
    h('a', { href: '../docs/cluster.html' }, t.nodes.aloneLink), t.nodes.end)

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.life = new Lifecycle(shell, { read: () => this.#read(), every: () => EVERY, draw: () => this.#draw() })
    this.shell = shell
    shell.place(t.nodes.title)
    this.element = h('div', { class: 'stack cluster' }, this.life.notes.element, this.#figures,
      h('section', { class: 'card', 'aria-label': t.nodes.title },
        h('div', { class: 'card-head' }, h('h2', {}, t.nodes.title), this.#hint), this.#nodesPlace, this.#aloneHint),
      h('section', { class: 'card', 'aria-label': t.nodes.stores },
        h('div', { class: 'card-head' }, h('h2', {}, t.nodes.stores)), this.#storesPlace))
    this.life.load()
  }

  async #read() {
    const { body, header } = await ask('GET', 'api/nodes')
    return () => {
      // Heartbeats are recorded with the clock of the service.
      const served = Date.parse(header('Date') ?? '')
      this.#away = Number.isNaN(served) ? 0 : served - Date.now()
      this.#alone = body.alone
      this.#nodes = body.items
      if (body.waits) this.life.notes.show('work', { kind: 'bad', glyph: 'alert', text: body.waits })
      else this.life.notes.hide('work')
      this.#show()
    }
  }

  /** @type {NodeActs} */
  #acts = {
    drain: (node) => this.#change(node, 'drain'),
    resume: (node) => this.#change(node, 'resume'),
    forget: ({ name }) => this.#act(name, async () => {
      if (!await sure(t.nodes.forgetTitle(name), t.nodes.forgetText, t.nodes.forgetAct)) return false
      await call('DELETE', `api/nodes/${encodeURIComponent(name)}`)
      return true
    }, t.nodes.forgotten(name))
  }

  /** @param {ClusterNode} node @param {'drain' | 'resume'} verb */
  #change({ name }, verb) {
    return this.#act(name, () => call('POST', `api/nodes/${encodeURIComponent(name)}/${verb}`))
  }

  /** @param {string} name @param {() => Promise<any>} work @param {string} [told] */
  async #act(name, work, told = '') {
    if (this.#busy.has(name)) return
    this.#busy.add(name)
    try { await this.life.act(work, told, t.nodes.fault(name)) } finally { this.#busy.delete(name) }
  }

  #show() {
    this.shell.count('nodes', this.#alone ? 0 : this.#nodes.length)
    this.#figures.replaceChildren(...figuresOf(this.#nodes))
    this.#hint.hidden = this.#alone
    this.#aloneHint.hidden = !this.#alone
    const rows = [...this.#nodes].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
      .map((node) => {
        const own = this.#rows.get(node.name) ?? { node: new NodeRow(node, this.#acts), store: new StoreRow() }
        this.#rows.set(node.name, own)
        own.node.update(node, this.#alone)
        own.store.update(node)
        return own
      })
    for (const name of this.#rows.keys()) {
      if (!this.#nodes.some((node) => node.name === name)) this.#rows.delete(name)
    }
    fill(this.#body, rows.map(({ node }) => node.element))
    const told = this.#nodes.filter(({ bucket }) => bucket)
    if (told.length > 0) this.#bucket.update(told)
    const stores = rows.map(({ store }) => store.element)
    fill(this.#stores, told.length > 0 ? [...stores, this.#bucket.element] : stores)
    if (!this.#body.isConnected) {
      this.#nodesPlace.replaceChildren(tableOf('nodes-table', t.nodes.title, [
        ['c-node', t.nodes.node], ['c-state', t.nodes.state], ['c-load', t.nodes.load],
        ['c-uploads amount', t.nodes.uploadsOf], ['c-work amount', t.nodes.workOf], ['c-version', t.nodes.version],
        ['c-act', t.nodes.acts]], this.#body))
      this.#storesPlace.replaceChildren(tableOf('stores-table', t.nodes.stores, [
        ['c-node', t.nodes.store], ['c-room', t.nodes.room], ['c-health', t.nodes.health]], this.#stores))
    }
    this.#draw()
  }

  /** Updates the relative times. */
  #draw() {
    const now = Date.now() + this.#away
    for (const { node } of this.#rows.values()) node.tick(now)
  }
}

/** Replaces the rows if their order has changed, so that focus and selection are kept otherwise. */
function fill(body, rows) {
  if (rows.length === body.children.length && rows.every((row, i) => row === body.children[i])) return
  body.replaceChildren(...rows)
}

const tableOf = (kind, label, columns, body) => h('table', { class: kind, 'aria-label': label },
  h('thead', {}, h('tr', {}, columns.map(([column, word]) => h('th', { class: column, scope: 'col' },
    column === 'c-act' ? h('span', { class: 'only-heard' }, word) : word)))), body)
