// Creates a table of items with actions. On a phone, each row is a block with the name, the other cells after their
// headings, and the actions at the side.
import { h } from '../dom.js'
import * as format from '../format.js'

/** @typedef {[word: string, kind?: '' | 'lead' | 'amount' | 'acts' | 'wide']} Column */

/** @param {string} label @param {Column[]} columns @param {HTMLElement[]} rows */
export const table = (label, columns, rows) => h('table', { class: 'things', 'aria-label': label },
  h('thead', {}, h('tr', {}, columns.map(([word, kind = '']) =>
    h('th', { scope: 'col', class: kind }, kind === 'acts' ? h('span', { class: 'only-heard' }, word) : word)))),
  h('tbody', {}, rows))

/**
 * @param {Column[]} columns
 * @param {any[]} cells the cells in the order of the columns
 * @param {Record<string, any>} [attributes]
 */
export const row = (columns, cells, attributes = {}) => h('tr', attributes, columns.map(([word, kind = ''], index) =>
  h('td', { class: kind, 'data-word': kind === 'lead' || kind === 'acts' ? null : word }, cells[index])))

/**
 * Shows a time such as "today 14:31", with the exact time as its tooltip; shows a dash if there is none.
 * @param {string | null} at
 */
export const time = (at) => (at ? h('time', { datetime: at, title: format.exactTime(at) }, format.when(at)) : '–')

/** Shows a name with further lines below it. @param {string | Node} name @param {...any} below */
export const named = (name, ...below) => [h('div', { class: 'thing' }, name), h('p', {}, below)]
