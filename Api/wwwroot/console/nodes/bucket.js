// The bucket that all nodes share, in the table of stores.
import { h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { storageMark } from '../parts/storage.js'
import { t } from '../texts/nodes.js'

/** @typedef {import('./screen.js').ClusterNode} ClusterNode */

/**
 * Returns the icon, the kind, the word and the explanation of the bucket's health, as the nodes see it.
 * @param {ClusterNode[]} told the nodes that have told of the bucket
 * @returns {[glyph: import('../dom.js').IconName, kind: string, word: string, hint: string]}
 */
function healthOf(told) {
  const without = told.filter(({ bucket }) => bucket.trouble)
  if (without.length === 0) return ['check', 'calm', t.nodes.answers, '']
  const { trouble, since } = without[0].bucket
  const hint = `${trouble} ${since ? t.nodes.bucketSince(format.moment(since)) : ''}`
  return without.length === told.length ? ['fail', 'bad', t.nodes.unusable, `${hint} ${t.nodes.bucketHint}`]
    : ['alert', 'warn', t.nodes.partly, t.nodes.unusableBy(without.map(({ name }) => name), hint)]
}

export class BucketRow {
  #path = h('p')
  #state = h('div')
  #hint = h('p', { class: 'told' })
  #shown = ''
  element = h('tr', { 'data-name': 'bucket' },
    h('td', { class: 'c-node' }, h('div', { class: 'marked' }, storageMark('s3'),
      h('div', {}, h('b', {}, t.nodes.bucket), this.#path))),
    h('td', { class: 'c-room' }, h('p', {}, t.nodes.bucketRoom)),
    h('td', { class: 'c-health' }, this.#state, this.#hint))

  /** @param {ClusterNode[]} told the nodes that have told of the bucket, at least one */
  update(told) {
    say(this.#path, told[0].bucket.name)
    const [glyph, kind, word, hint] = healthOf(told)
    say(this.#hint, hint)
    this.#hint.classList.toggle('long', hint !== '')
    if (this.#shown === word) return
    this.#shown = word
    this.#state.replaceChildren(h('span', { class: `state ${kind}` }, icon(glyph), word))
  }
}
