// The service sends every file as one that no page may show. The bytes of an SVG are put into an image with the type
// of an SVG: an image runs no script, loads nothing and cannot be pressed.
import { h } from '../dom.js'

/**
 * @param {string} address @param {string} alt @param {() => void} failed
 * @returns {Promise<{element: HTMLImageElement, release: () => void}>}
 */
export async function svgOf(address, alt, failed) {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(String(answer.status))
  const url = URL.createObjectURL(new Blob([await answer.blob()], { type: 'image/svg+xml' }))
  return { element: h('img', { src: url, alt, class: 'drawn', on: { error: failed } }),
    release: () => URL.revokeObjectURL(url) }
}
