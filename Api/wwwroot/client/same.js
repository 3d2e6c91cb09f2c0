// Codes of uploads of which the service has nothing any more.
const GONE = ['not_found', 'expired', 'cancelled', 'failed']

/**
 * Whether the file has the bytes of every chunk that is safe on the service.
 * @param {import('./upload.js').Upload} upload in a session @param {File} file
 */
export async function hasSame(upload, file) {
  for (let cursor = ''; cursor !== null;) {
    const query = `?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const { body } = await upload.request('GET', `api/sessions/${upload.session}/chunks${query}`).catch((error) => {
      // Nothing is left there that could contradict the file.
      if (GONE.includes(error.code)) return { body: { items: [], nextCursor: null } }
      throw error
    })
    for (const { offset, length, sha256 } of body.items) {
      if (await upload.uploader.hasher.digest(file.slice(offset, offset + length)) !== sha256) return false
    }
    cursor = body.nextCursor
  }
  return true
}
