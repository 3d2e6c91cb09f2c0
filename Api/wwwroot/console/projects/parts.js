// Small elements of projects: initials of people, and lamps of devices.
import { h } from '../dom.js'
import { visible } from '../format.js'
import { t } from '../texts/projects.js'

const initials = (name) => {
  const words = name.split(/\s+/).filter(Boolean)
  const letters = words.length > 1 ? [...words[0]][0] + [...words.at(-1)][0] : [...name].slice(0, 2).join('')
  // The operator key and removed users have no name.
  return letters.toUpperCase() || '?'
}

/** @param {string} name */
export const face = (name) => h('span', { class: 'face', title: visible(name), 'aria-hidden': 'true' },
  initials(visible(name)))

/** @param {string[]} names the first names @param {number} count the number of all */
export function faces(names, count) {
  const more = count - names.length
  const label = t.projects.membersLabel([...names.map(visible), ...(more > 0 ? [t.projects.moreMembers(more)] : [])])
  return h('span', { class: 'faces', role: 'img', 'aria-label': label },
    names.map(face), more > 0 && h('span', { class: 'face' }, `+${more}`))
}

/** Shows the state of a device as a coloured square with a word. @param {string | Node} word @param {boolean} on */
export const lamp = (word, on, kind = '') => h('span', { class: `lamp ${on ? '' : 'off'} ${kind}`.trim() }, word)
