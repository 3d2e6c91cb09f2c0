// The service sends every file with headers that prevent pages from showing it. This module puts the bytes of an SVG
// into an image element: an image runs no script, loads no other file, and does not respond to clicks.
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
