// The list as tiles with pictures. Rows stay rows: they are chosen, opened, dragged and sorted as ever.
import { h, icon, style } from '../dom.js'
import { thumbOf } from '../parts/thumbs.js'
import { glyphOf } from './list.js'
import { contentOf } from './tree.js'

await style('css/tiles.css')

/** The face of a tile. @param {import('./tree.js').Entry} entry */
export function faceOf(entry) {
  const face = h('div', { class: 'tile-face' })
  const none = () => face.replaceChildren(icon(glyphOf(entry)))
  const thumb = entry.contentUrl && thumbOf({ name: entry.name, size: entry.size, address: contentOf(entry),
    key: entry.fileId }, none)
  if (thumb) face.append(thumb)
  else none()
  return face
}
