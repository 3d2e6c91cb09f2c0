// Creates thumbnails in the browser. A photo contains a thumbnail of its own, so only its beginning is loaded; other
// images of moderate size are loaded whole; of a video, one of the first frames is used. The service creates no
// thumbnails, because it would have to decode files that others send.
import { kindOf } from './kinds.js'

const WIDE = 320
const HEAD = 128 << 10
const LARGEST = 8 << 20
const AT_ONCE = 3
const KINDS = ['image', 'video']
// The number of thumbnails that are kept for when the user returns to a folder.
const MOST = 400

/**
 * The thumbnails by address and size of the content. Different content rarely has the same size.
 * @type {Map<string, Promise<ImageBitmap | null>>}
 */
const made = new Map()
const waiting = []
let running = 0

const eyes = new IntersectionObserver((all) => {
  for (const { isIntersecting, target } of all) {
    if (!isIntersecting) continue
    eyes.unobserve(target)
    target.dispatchEvent(new Event('seen'))
  }
}, { rootMargin: '200px' })

/**
 * Creates a canvas that is drawn when it becomes visible. Calls `none` if there is no picture.
 * @param {{name: string, size: number, address: string, key?: string}} file @param {() => void} none
 * @returns {HTMLCanvasElement | null} null if the file can have no thumbnail
 */
export function thumbOf(file, none) {
  const kind = kindOf(file.name, file.size)
  if (!KINDS.includes(kind)) return null
  const canvas = document.createElement('canvas')
  canvas.className = kind
  canvas.setAttribute('aria-hidden', 'true')
  canvas.addEventListener('seen', async () => {
    const bitmap = await bitmapOf(file).catch(() => null)
    if (!bitmap) { none(); return }
    canvas.width = bitmap.width
    canvas.height = bitmap.height
    canvas.getContext('2d').drawImage(bitmap, 0, 0)
    canvas.dataset.drawn = ''
  }, { once: true })
  eyes.observe(canvas)
  return canvas
}

function bitmapOf(file) {
  const key = `${file.key ?? file.address} ${file.size}`
  let known = made.get(key)
  if (known) return known
  known = new Promise((resolve, reject) => { waiting.push(() => read(file).then(resolve, reject)) })
  made.set(key, known)
  known.catch(() => made.delete(key))
  if (made.size > MOST) made.delete(made.keys().next().value)
  next()
  return known
}

function next() {
  while (running < AT_ONCE && waiting.length > 0) {
    running++
    // The element that became visible last is what the user looks at, so it is first.
    waiting.pop()().finally(() => { running--; next() })
  }
}

async function read({ name, size, address }) {
  if (kindOf(name, size) === 'video') return turned(await (await import('./film.js')).frameOf(address), 1)
  const jpeg = /\.jpe?g$/i.test(name)
  if (jpeg && size > HEAD) {
    const answer = await fetch(address, { headers: { Range: `bytes=0-${HEAD - 1}` } })
    if (!answer.ok) return null
    const inner = answer.status === 206 ? innerOf(new DataView(await answer.arrayBuffer())) : null
    if (inner) return turned(await createImageBitmap(inner.blob), inner.turn)
  }
  if (size > LARGEST) return null
  const answer = await fetch(address)
  return answer.ok ? turned(await createImageBitmap(await answer.blob()), 1) : null
}

/**
 * Scales the picture to the size at which it is shown, and rotates it upright.
 * @param {ImageBitmap} bitmap
 * @param {number} turn the orientation as in Exif
 */
function turned(bitmap, turn) {
  const scale = Math.min(1, WIDE / Math.max(bitmap.width, bitmap.height))
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)))
  const lies = turn >= 5
  const canvas = new OffscreenCanvas(lies ? height : width, lies ? width : height)
  const context = canvas.getContext('2d')
  context.translate(canvas.width / 2, canvas.height / 2)
  context.rotate({ 3: Math.PI, 6: Math.PI / 2, 8: -Math.PI / 2 }[turn] ?? 0)
  context.drawImage(bitmap, -width / 2, -height / 2, width, height)
  bitmap.close()
  return canvas.transferToImageBitmap()
}

const EXIF = 0x45786966
const TURN = 0x0112
const INNER_AT = 0x0201
const INNER_LENGTH = 0x0202

/**
 * Returns the thumbnail in the Exif block of a JPEG.
 * @param {DataView} view
 * @returns {{blob: Blob, turn: number} | null}
 */
export function innerOf(view) {
  try {
    if (view.getUint16(0) !== 0xffd8) return null
    for (let at = 2; view.getUint8(at) === 0xff && view.getUint8(at + 1) !== 0xda; at += 2 + view.getUint16(at + 2)) {
      if (view.getUint8(at + 1) === 0xe1 && view.getUint32(at + 4) === EXIF) return innerOfExif(view, at + 10)
    }
  } catch (error) {
    // The block is truncated or malformed; files come from anyone.
    if (!(error instanceof RangeError)) throw error
  }
  return null
}

function innerOfExif(view, start) {
  const little = view.getUint16(start) === 0x4949
  const short = (at) => view.getUint16(at, little)
  const long = (at) => view.getUint32(at, little)
  const read = (at) => {
    const tags = new Map()
    const count = short(at)
    for (let i = 0; i < count; i++) {
      const field = at + 2 + 12 * i
      tags.set(short(field), short(field + 2) === 3 ? short(field + 8) : long(field + 8))
    }
    return { tags, next: long(at + 2 + 12 * count) }
  }
  const main = read(start + long(start + 4))
  if (!main.next) return null
  const { tags } = read(start + main.next)
  const [from, length] = [start + tags.get(INNER_AT), tags.get(INNER_LENGTH)]
  if (!(length > 0) || from + length > view.byteLength) return null
  return { blob: new Blob([view.buffer.slice(from, from + length)], { type: 'image/jpeg' }),
    turn: main.tags.get(TURN) ?? 1 }
}
