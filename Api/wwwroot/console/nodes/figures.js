// The sums over all nodes, above the tables.
import { h } from '../dom.js'
import * as format from '../format.js'
import { t } from '../texts/nodes.js'

/** @typedef {import('./screen.js').ClusterNode} ClusterNode */

const UNUSUAL = /** @type {const} */ (['draining', 'silent', 'stopped'])

/** Returns the number of nodes in each state that is not the usual one, as text. @param {ClusterNode[]} nodes */
function countsOf(nodes) {
  const words = UNUSUAL.map((state) => {
    const count = nodes.filter((node) => node.state === state).length
    return count > 0 && t.nodes.counts[state](count)
  }).filter(Boolean)
  return words.join(', ') || (nodes.length > 1 ? t.nodes.counts.alive : '')
}

/** @param {ClusterNode[]} nodes */
export function figuresOf(nodes) {
  const running = nodes.filter(({ state }) => state === 'alive' || state === 'draining')
  /** @param {(node: ClusterNode) => number | null} value */
  const sum = (value) => nodes.reduce((all, node) => all + (value(node) ?? 0), 0)
  const total = sum(({ store }) => store?.totalBytes)
  const figure = (word, value, below = '') =>
    h('div', {}, h('dt', {}, word), h('dd', {}, h('span', {}, value), h('small', {}, below)))
  return [
    figure(t.nodes.running, t.nodes.runOf(running.length, nodes.length), countsOf(nodes)),
    figure(t.nodes.uploads, format.number(sum(({ uploads }) => uploads))),
    figure(t.nodes.speed, format.speed(sum(({ bytesPerSecond }) => bytesPerSecond))),
    figure(t.nodes.work, format.number(sum(({ work }) => work))),
    figure(t.nodes.free, total > 0 ? format.bytes(sum(({ store }) => store?.freeBytes)) : '–',
      total > 0 ? t.nodes.freeOf(total) : '')
  ]
}
