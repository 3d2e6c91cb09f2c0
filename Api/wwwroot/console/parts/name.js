import { halves, visible } from '../format.js'
import { h } from '../dom.js'

/**
 * Shows a file name, truncated in its middle if there is not enough room; the tooltip has the whole name.
 * @param {string} name
 * @param {keyof HTMLElementTagNameMap} [tag] @param {Record<string, any>} [attributes]
 */
export function nameOf(name, tag = 'span', attributes = {}) {
  const [head, tail] = halves(name)
  const seen = tail ? [h('span', { 'aria-hidden': 'true' }, head), h('span', { 'aria-hidden': 'true' }, tail)]
    : [h('span', {}, head)]
  // A screen reader would read the two halves as two words.
  return h(tag, { class: 'name', title: visible(name), ...attributes }, seen,
    tail && h('span', { class: 'only-heard' }, visible(name)))
}
