// The store of one node in the table of stores.
import { h, icon, say } from '../dom.js'
import { quotaBar } from '../parts/quota.js'
import { storageMark } from '../parts/storage.js'
import { t } from '../texts/nodes.js'
import { isRunning } from './row.js'

/** @typedef {import('./screen.js').ClusterNode} ClusterNode */

// A disk with a smaller free share is nearly full.
const ENOUGH = 0.1

/**
 * Returns the icon, the kind, the word and the explanation of a store's health.
 * @param {ClusterNode} node
 * @returns {[glyph: import('../dom.js').IconName, kind: string, word: string, hint: string]}
 */
function healthOf(node) {
  const { state, store } = node
  if (!isRunning(node)) return ['alert', 'warn', t.nodes.unreachable, t.nodes.unreachableHint(t.nodes.states[state]
    .toLowerCase())]
  if (!store) return ['dashed', '', t.nodes.unknown, '']
  const { freeBytes, totalBytes, trouble } = store
  if (trouble) return ['fail', 'bad', t.nodes.trouble, trouble]
  if (totalBytes > 0 && freeBytes < totalBytes * ENOUGH) {
    return ['alert', 'warn', t.nodes.nearlyFull, t.nodes.nearlyFullHint(Math.floor(100 * freeBytes / totalBytes))]
  }
  return ['check', 'calm', t.nodes.healthy, '']
}

export class StoreRow {
  #name = h('b')
  #path = h('p')
  #bar = quotaBar()
  #used = h('b')
  #free = h('span')
  #state = h('div')
  #hint = h('p', { class: 'told' })
  #shown = ''
  element = h('tr', {},
    h('td', { class: 'c-node' }, h('div', { class: 'marked' }, storageMark('folder'),
      h('div', {}, this.#name, this.#path))),
    h('td', { class: 'c-room' }, h('div', { class: 'quota' }, this.#bar.element,
      h('p', { class: 'hint' }, h('span', {}, this.#used), this.#free))),
    h('td', { class: 'c-health' }, this.#state, this.#hint))

  /** @param {ClusterNode} node */
  update(node) {
    const { path = '', freeBytes = 0, totalBytes = 0 } = node.store ?? {}
    const used = totalBytes - freeBytes
    const isKnown = totalBytes > 0
    say(this.#name, t.nodes.diskOf(node.name))
    say(this.#path, path)
    say(this.#used, isKnown ? t.nodes.used(used, totalBytes) : t.nodes.unknown)
    say(this.#free, !isKnown ? '' : freeBytes > 0 ? t.nodes.freeOn(freeBytes) : t.nodes.full)
    this.#bar.show(used, 0, totalBytes || 1, isKnown ? t.nodes.usedLabel(used, totalBytes) : t.nodes.unknown)
    const [glyph, kind, word, hint] = healthOf(node)
    say(this.#hint, hint)
    this.#hint.classList.toggle('long', kind === 'bad')
    if (this.#shown === word) return
    this.#shown = word
    this.#state.replaceChildren(h('span', { class: `state ${kind}`.trim() }, icon(glyph), word))
  }
}
