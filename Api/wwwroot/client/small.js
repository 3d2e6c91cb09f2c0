import { persist } from './attempt.js'
import { Broken } from './http.js'

/**
 * Sends a small file in one request. A request that breaks off is not repeated whole: the chunks of a session keep what has come. Nor is
 * one that is too large for a proxy.
 * @param {import('./upload.js').Upload} upload
 * @param {AbortSignal} signal
 * @returns {Promise<any>} the entry, or null: send it in chunks
 */
export async function sendWhole(upload, signal) {
  const chunk = { offset: 0, length: upload.size, sent: 0, kept: 0, tries: 0, again: false }
  const digest = await upload.uploader.hasher.digest(upload.file, signal)
  const address = treeAddress(upload.path, upload.space)
  const headers = { 'X-Content-SHA256': digest, 'Content-Type': upload.type || 'application/octet-stream' }
  if (upload.modifiedAt) headers['X-OC-Mtime'] = upload.modifiedAt
  upload.begin(chunk)
  try {
    const { body } = await persist(upload, signal, async () => {
      // An earlier request may have brought it. A session finds a free name only once.
      if (upload.tried) {
        const body = await arrived(upload, address, digest, signal)
        if (body || upload.conflict === 'rename') return { body }
      }
      upload.tried = true
      await upload.save()
      try {
        return await upload.uploader.slots.run(upload.rank, signal, () =>
          upload.request('PUT', `${address}?parents=true&conflict=${upload.conflict}`, {
            signal, headers, body: upload.file, onSent: (sent) => upload.moved(chunk, sent), stallMs: upload.advice?.stallTimeoutMs
          }))
      } catch (error) {
        if (error instanceof Broken) return { body: await arrived(upload, address, digest, signal) }
        if (error.code !== 'http_413') throw error
        upload.uploader.smallFile = Math.min(upload.uploader.smallFile, upload.size - 1)
        return { body: null }
      }
    })
    if (body) upload.received(0, upload.size)
    return body
  } finally {
    upload.end(chunk)
  }
}

/** A request without an answer may have succeeded: the same content at the same path is it. */
async function arrived(upload, address, digest, signal) {
  try {
    const { body } = await persist(upload, signal, () => upload.request('GET', `${address}?format=json`, { signal }))
    return body.sha256 === digest && body.size === upload.size ? body : null
  } catch (error) {
    // Without the right to read, nothing is known of it.
    if (error.status === 404 || error.status === 403) return null
    throw error
  }
}

/** @param {string} path names with slashes between them @param {string | null} [space] */
export const treeAddress = (path, space = null) =>
  `api/${space ? `spaces/${space}/` : ''}tree/${path.split('/').map(encodeURIComponent).join('/')}`
