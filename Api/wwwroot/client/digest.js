// Digests by the browser; where it offers none, by sha256.js.

// Loaded with the page: later the network may be away.
const early = globalThis.crypto?.subtle ? null : import('./sha256.js').catch(() => null)

/** @param {Uint8Array} bytes */
export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/**
 * The SHA-256 of a blob.
 * @param {Blob} blob
 * @returns {Promise<string>} 64 hexadecimal digits
 */
export async function sha256(blob) {
  if (!globalThis.crypto?.subtle) return (await early ?? await import('./sha256.js')).sha256(blob)
  // Not blob.stream(): on a busy machine, one in some thousand reads of a file never ends in Chromium.
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())))
}
