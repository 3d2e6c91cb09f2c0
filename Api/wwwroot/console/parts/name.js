import { halves, visible } from '../format.js'
import { h } from '../dom.js'

/**
 * A file's name, cut in its middle where there is no room; the whole name is its title. @param {string} name
 * @param {keyof HTMLElementTagNameMap} [tag] @param {Record<string, any>} [attributes]
 */
export function nameOf(name, tag = 'span', attributes = {}) {
  const [head, tail] = halves(name)
  const seen = tail ? [h('span', { 'aria-hidden': 'true' }, head), h('span', { 'aria-hidden': 'true' }, tail)]
    : [h('span', {}, head)]
  // Two halves would be read as two words.
  return h(tag, { class: 'name', title: visible(name), ...attributes }, seen,
    tail && h('span', { class: 'only-heard' }, visible(name)))
}
