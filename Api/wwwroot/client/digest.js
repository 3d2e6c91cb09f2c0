// Digests by the browser; where it offers none, by sha256.js.
const LARGE = 1 << 20
// Memory is kept from one digest to the next: its first use costs a browser as much as the digest of what it holds.
let spare = null

/** All bytes of a blob, in memory that was used before. @param {Blob} blob @returns {Promise<Uint8Array>} */
async function intoSpare(blob) {
  let buffer = spare?.byteLength >= blob.size ? spare : new ArrayBuffer(Math.max(blob.size, 8 * LARGE))
  spare = null
  const reader = blob.stream().getReader({ mode: 'byob' })
  for (let at = 0; at < blob.size;) {
    const { value, done } = await reader.read(new Uint8Array(buffer, at, blob.size - at))
    if (done) throw new RangeError('The file ended early.')
    buffer = value.buffer
    at += value.byteLength
  }
  reader.cancel().catch(() => {})
  return new Uint8Array(buffer, 0, blob.size)
}

/**
 * The SHA-256 of a blob.
 * @param {Blob} blob
 * @returns {Promise<string>} 64 hexadecimal digits
 */
export async function sha256(blob) {
  if (globalThis.crypto?.subtle) {
    const bytes = blob.size < LARGE ? await blob.arrayBuffer() : await intoSpare(blob).catch(() => blob.arrayBuffer())
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    if (bytes.buffer) spare = bytes.buffer
    return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  const { Sha256 } = await import('./sha256.js')
  const hash = new Sha256()
  for (let at = 0; at < blob.size; at += 1 << 20) hash.add(new Uint8Array(await blob.slice(at, at + (1 << 20)).arrayBuffer()))
  return hash.end()
}
