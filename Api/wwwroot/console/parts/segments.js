// Creates a group of choices with their counts. Each choice is a link, so that each filter has an address.
import { h, say } from '../dom.js'
import { number } from '../format.js'

/**
 * @param {string} label
 * @param {{id: string, word: string, address: string}[]} choices
 */
export function segments(label, choices) {
  const made = new Map(choices.map(({ id, word, address }) => {
    const count = h('span')
    return [id, { count, link: h('a', { href: address, 'data-choice': id }, word, count) }]
  }))
  return {
    element: h('nav', { class: 'seg', 'aria-label': label }, [...made.values()].map(({ link }) => link)),
    /** @param {string} chosen @param {Record<string, number>} [counts] @param {(id: string) => string} [addressOf] */
    show(chosen, counts = {}, addressOf) {
      for (const [id, { link, count }] of made) {
        if (id === chosen) link.setAttribute('aria-current', 'true')
        else link.removeAttribute('aria-current')
        say(count, counts[id] === undefined ? '' : ` ${number(counts[id])}`)
        if (addressOf) link.href = addressOf(id)
      }
    }
  }
}
