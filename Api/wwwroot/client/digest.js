// Digests by the browser; where it offers none, by sha256.js.

/**
 * The SHA-256 of a blob.
 * @param {Blob} blob
 * @returns {Promise<string>} 64 hexadecimal digits
 */
export async function sha256(blob) {
  if (globalThis.crypto?.subtle) {
    // Not blob.stream(): on a busy machine, one in some thousand reads of a file never ends in Chromium.
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))
    return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  const { Sha256 } = await import('./sha256.js')
  const hash = new Sha256()
  for (let at = 0; at < blob.size; at += 1 << 20) hash.add(new Uint8Array(await blob.slice(at, at + (1 << 20)).arrayBuffer()))
  return hash.end()
}
