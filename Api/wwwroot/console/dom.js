import { paths } from './icons.js'
import { sheetAt } from './where.js'

const SVG = 'http://www.w3.org/2000/svg'

/**
 * Makes an element. Text is always text, never HTML.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `on` has listeners, `class` a class; null and false leave an attribute out
 * @param {...(Node | string | number | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (name === 'on') for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener)
    else if (['value', 'checked', 'indeterminate', 'disabled', 'hidden', 'tabIndex'].includes(name)) element[name] = value
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** @param {string} tag @param {Record<string, any>} attributes @param {...Node} children */
export function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** @param {keyof typeof paths} name @param {string} [extra] a class */
export const icon = (name, extra = '') =>
  s('svg', { class: `icon ${extra}`.trim(), viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('path', { d: paths[name] }))

/** Eight chunks make a ring and a C; the eighth is just arriving. */
export function mark() {
  const cell = (x, y, height = 6, half = false) =>
    s('rect', { x, y, width: 6, height, rx: height === 6 ? 1.25 : 0.6, class: half ? 'half' : '' })
  const ring = [[1, 1], [9, 1], [17, 1], [1, 9], [1, 17], [9, 17], [17, 17]].map(([x, y]) => cell(x, y))
  return s('svg', { class: 'mark', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, ...ring, cell(17, 9, 3, true), cell(17, 12, 3))
}

/** A button. `glyph` is an icon's name; without a visible word, `label` is what is heard and shown as a title. */
export function button(word, { glyph = '', kind = '', label = '', act, ...rest } = {}) {
  return h('button', {
    type: 'button', class: `button ${kind}${word ? '' : ' square'}`.trim(), title: word ? null : label, 'aria-label': label || null,
    on: { click: act }, ...rest
  }, glyph && icon(glyph), word)
}

/** @type {Map<string, Promise<any>>} */
const sheets = new Map()

/** Loads a style sheet of a screen, once. @param {string} name */
export function style(name) {
  const href = sheetAt(name)
  if (!sheets.has(href)) {
    sheets.set(href, new Promise((resolve) => {
      document.head.append(h('link', { rel: 'stylesheet', href, on: { load: resolve, error: () => { sheets.delete(href); resolve() } } }))
    }))
  }
  return sheets.get(href)
}

/** Sets a text only where it differs, so that nothing is drawn or heard for nothing. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** Copies a text; without the browser's clipboard (plain http) by a selection. Throws if it was not copied. @param {string} text */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = h('textarea', { class: 'only-heard', value: text })
  const focused = document.activeElement
  // Text outside of a modal dialog cannot be selected.
  const place = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body
  place.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  focused?.focus()
  if (!copied) throw new Error('The browser did not copy it.')
}
