// Shows files in full screen, one after the other: images, videos, sound, PDF and text. The page of a link uses it,
// too.
import { button, h, icon } from '../dom.js'
import { bytes, visible } from '../format.js'
import { addOverlay } from '../overlay.js'
import { t } from '../texts/viewer.js'
import { kindOf } from './kinds.js'
import { svgOf } from './svg.js'

const TEXT_BYTES = 256 << 10
// The smallest horizontal distance of a swipe.
const SWIPE = 60
const PDF = 'application/pdf'

/** @typedef {{id?: string, name: string, size: number | null, address: string}} Shown */

/** Returns the files that the viewer can show. @template {Shown} One @param {One[]} items @returns {One[]} */
export const shownOf = (items) => items.filter(({ name, size }) => kindOf(name, size))

/**
 * Opens the viewer. Escape closes it.
 * @template {Shown} One
 * @param {One[]} items files that the viewer can show @param {One} first
 * @param {(last: One) => void} [closed] called with the file that was shown last
 */
export function view(items, first, closed = () => {}) {
  let at = Math.max(0, items.indexOf(first))
  let showing = 0
  let release = () => {}
  const stage = h('div', { class: 'stage', tabindex: '-1' })
  const name = h('h2', { id: 'viewer-title' })
  const place = h('span', { class: 'of', role: 'status' })
  const step = (by) => {
    const next = at + by
    if (next < 0 || next >= items.length) return false
    at = next
    show()
    return true
  }
  const plain = (glyph, label, act) => button('', { glyph, kind: 'plain', label, act })
  const before = plain('back', t.before, () => step(-1))
  const after = plain('right', t.after, () => step(1))
  const save = h('a', { class: 'button plain square', title: t.download, 'aria-label': t.download, download: '' },
    icon('download'))
  const dialog = h('dialog', { class: 'viewer', 'aria-labelledby': 'viewer-title', on: {
    close: () => { left(); release(); showing++; dialog.remove(); closed(items[at]) },
    keydown: (event) => {
      // Videos and texts use the arrow keys themselves.
      if (event.target.closest('video, audio, pre') || event.ctrlKey || event.altKey) return
      const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -1, PageDown: 1 }[event.key]
      if (by && step(by)) event.preventDefault()
    }
  } }, h('header', {}, name, place, before, after, save, plain('close', t.close, () => dialog.close())), stage)

  let from = null
  stage.addEventListener('pointerdown', ({ clientX, clientY, pointerType }) => {
    from = pointerType === 'mouse' ? null : [clientX, clientY]
  })
  stage.addEventListener('pointerup', ({ clientX, clientY }) => {
    const [dx, dy] = from ? [clientX - from[0], clientY - from[1]] : [0, 0]
    from = null
    if (Math.abs(dx) > SWIPE && Math.abs(dx) > 2 * Math.abs(dy)) step(dx < 0 ? 1 : -1)
  })

  async function show() {
    const asked = ++showing
    const one = items[at]
    release()
    release = () => {}
    name.textContent = visible(one.name)
    name.title = visible(one.name)
    place.textContent = items.length > 1 ? t.of(at + 1, items.length) : ''
    before.disabled = at === 0
    after.disabled = at === items.length - 1
    save.href = one.address
    stage.className = `stage ${kindOf(one.name, one.size)}`
    stage.replaceChildren(h('p', { class: 'hint' }, t.loading))
    const fail = (sentence) => { if (asked === showing) stage.replaceChildren(h('p', { class: 'hint', role: 'alert' },
      sentence)) }
    try {
      const made = await partOf(one, fail)
      if (asked !== showing) { made.release?.(); return }
      release = made.release ?? release
      stage.replaceChildren(made.element)
      if (kindOf(items[at + 1]?.name ?? '', items[at + 1]?.size) === 'image') new Image().src = items[at + 1].address
    } catch {
      fail(t.fault)
    }
  }

  document.body.append(dialog)
  dialog.showModal()
  const left = addOverlay(() => dialog.close())
  stage.focus()
  show()
}

/** @returns {Promise<{element: HTMLElement, release?: () => void}>} */
async function partOf({ name, size, address }, fail) {
  const on = { error: () => fail(t.fault) }
  const kind = kindOf(name, size)
  if (kind === 'image') return { element: h('img', { src: address, alt: visible(name), on }) }
  if (kind === 'svg') return svgOf(address, visible(name), on.error)
  if (kind === 'video' || kind === 'audio') {
    const element = h(kind, { src: address, controls: true, preload: 'metadata', 'aria-label': visible(name), on })
    // Otherwise, the browser would continue loading.
    return { element, release: () => { element.pause(); element.removeAttribute('src'); element.load() } }
  }
  if (kind === 'pdf') return pdfOf(name, address)
  const answer = await fetch(address, { headers: { Range: `bytes=0-${Math.min(size, TEXT_BYTES) - 1}` } })
  if (!answer.ok) throw new Error(String(answer.status))
  const text = new TextDecoder().decode(await answer.arrayBuffer())
  const rest = size > TEXT_BYTES ? [h('p', { class: 'hint' }, t.cut(bytes(TEXT_BYTES), bytes(size)))] : []
  return { element: h('div', { class: 'paper' }, rest, h('pre', { tabindex: '0', 'aria-label': visible(name) },
    text)) }
}

/**
 * The service sends every file with headers that prevent pages from showing it. This function puts the bytes into a
 * frame with the media type of a PDF, so that the browser treats them as nothing else.
 */
async function pdfOf(name, address) {
  if (!navigator.pdfViewerEnabled) return { element: h('p', { class: 'hint' }, t.noPdf) }
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(String(answer.status))
  const content = await answer.blob()
  const start = await content.slice(0, 1024).text()
  if (!start.includes('%PDF-')) throw new TypeError(PDF)
  const url = URL.createObjectURL(content.slice(0, content.size, PDF))
  return { element: h('iframe', { src: url, title: visible(name) }), release: () => URL.revokeObjectURL(url) }
}
