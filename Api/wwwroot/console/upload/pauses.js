// Bytes that were on the way when an upload was paused may still become safe: the service is asked until that is
// over.

const AFTER_MS = [500, 2000, 2000, 4000]

/** @param {import('../../client/uploader.js').Uploader} uploader */
export function followPauses(uploader) {
  const asked = new WeakSet()
  uploader.on('change', async (upload) => {
    if (upload.state !== 'paused') { asked.delete(upload); return }
    if (asked.has(upload)) return
    asked.add(upload)
    for (const ms of AFTER_MS) {
      await new Promise((resolve) => { setTimeout(resolve, ms) })
      if (upload.state !== 'paused') return
      await upload.peek().catch(() => {})
    }
  })
}
