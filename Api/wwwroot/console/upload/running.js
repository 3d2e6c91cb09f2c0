// Pauses the uploads that continue by themselves, for signing out and for changing the tenant.
const STILL = ['paused', 'choose', 'done', 'failed', 'cancelled']

/** Returns whether the upload continues without a person. @param {{state: string}} upload */
export const isRunning = ({ state }) => !STILL.includes(state)

/** Pauses the running uploads of this page. @param {import('../../client/uploader.js').Uploader} uploader
 * @returns {Promise<() => void>} resumes them */
export async function pauseRunning(uploader) {
  const running = uploader.uploads.filter(isRunning)
  await Promise.all(running.map((upload) => upload.pause()))
  return () => { for (const upload of running) if (upload.state === 'paused') upload.resume() }
}
