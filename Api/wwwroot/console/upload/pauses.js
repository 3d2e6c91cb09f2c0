// Updates the progress of paused uploads: bytes that were being sent at the pause may still be stored, so the service
// is asked several times.

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
