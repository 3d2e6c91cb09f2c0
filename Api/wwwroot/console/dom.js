import { paths } from './icons.js'
import { sheetAt } from './where.js'

const SVG = 'http://www.w3.org/2000/svg'

/**
 * @typedef {Node | string | number | null | undefined | false} Child nothing is added for null, undefined and false
 */

/**
 * Creates an element. Text is always added as text, never as HTML.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [attributes] `on` contains the event listeners; attributes that are null, undefined or
 *   false are not set
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  /** @type {Record<string, any>} */
  const properties = element
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (name === 'on') for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener)
    else if (['value', 'checked', 'indeterminate', 'disabled', 'hidden',
      'tabIndex'].includes(name)) properties[name] = value
    else element.setAttribute(name, value === true ? '' : value)
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(/** @type {Node | string} */ (child))
  }
  return element
}

/** @param {string} tag @param {Record<string, any>} attributes @param {...Node} children */
export function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** Creates an icon. @param {IconName} name @param {string} [extra] style classes */
export const icon = (name, extra = '') =>
  s('svg', { class: `icon ${extra}`.trim(), viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    s('path', { d: paths[name] }))

/** Creates the logo: eight chunks form a ring and the letter C, and the eighth is half filled. */
export function mark() {
  const cell = (x, y, height = 6, half = false) =>
    s('rect', { x, y, width: 6, height, rx: height === 6 ? 1.25 : 0.6, class: half ? 'half' : '' })
  const ring = [[1, 1], [9, 1], [17, 1], [1, 9], [1, 17], [9, 17], [17, 17]].map(([x, y]) => cell(x, y))
  return s('svg', { class: 'mark', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, ...ring, cell(17, 9, 3, true),
    cell(17, 12, 3))
}

/**
 * The name of an icon in `icons.js`, or of one that a screen adds.
 * @typedef {keyof typeof paths | 'alert' | 'disk' | 'drain' | 'to' | 'web'} IconName
 */

/**
 * Creates a button. Other properties of `options` become attributes of the element.
 * @param {Child} word its visible content
 * @param {{glyph?: IconName | '' | null, kind?: string, label?: string | null,
 *   act?: (event: PointerEvent & {currentTarget: HTMLElement}) => any, [attribute: string]: any}} [options] `kind`:
 *   style classes; `label`: the accessible name and tooltip of a button without a word
 */
export function button(word, options = {}) {
  const { glyph, kind = '', label, act, ...rest } = options
  return h('button', {
    type: 'button', class: `button ${kind}${word ? '' : ' square'}`.trim(), title: word ? null : label ?? '',
    'aria-label': label || null,
    on: { click: act }, ...rest
  }, glyph && icon(glyph), word)
}

/** @type {Map<string, Promise<any>>} */
const sheets = new Map()

/** Loads a style sheet of a screen, once. @param {string} name */
export function style(name) {
  const href = sheetAt(name)
  if (!sheets.has(href)) {
    sheets.set(href, /** @type {Promise<void>} */ (new Promise((resolve) => {
      document.head.append(h('link', { rel: 'stylesheet', href,
        on: { load: resolve, error: () => { sheets.delete(href); resolve() } } }))
    })))
  }
  return sheets.get(href)
}

/**
 * Sets the text if it differs, so that the browser does not draw or announce an unchanged text.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Copies a text to the clipboard. Browsers have no clipboard API over plain HTTP, so the text is then selected and
 * copied. Throws if it was not copied.
 * @param {string} text
 */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = h('textarea', { class: 'only-heard', value: text })
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)
  // Text outside a modal dialog cannot be selected.
  const place = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body
  place.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  focused?.focus()
  if (!copied) throw new Error('The browser did not copy it.')
}
