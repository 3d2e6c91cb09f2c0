// Shows the list as tiles with thumbnails. They are still rows of the table, which are selected, opened, dragged and
// sorted in the same way.
import { h, icon } from '../dom.js'
import { thumbOf } from '../parts/thumbs.js'
import { glyphOf } from './list.js'
import { contentOf } from './tree.js'

/** Creates the picture of a tile. @param {import('./tree.js').Entry} entry */
export function faceOf(entry) {
  const face = h('div', { class: 'tile-face' })
  const none = () => face.replaceChildren(icon(glyphOf(entry)))
  const thumb = entry.contentUrl && thumbOf({ name: entry.name, size: entry.size, address: contentOf(entry),
    key: entry.fileId }, none)
  if (thumb) face.append(thumb)
  else none()
  return face
}
