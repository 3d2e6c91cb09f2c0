// Reads and hashes blobs away from the page's thread.
import { sha256 } from './sha256.js'

addEventListener('message', async ({ data: { id, blob } }) => {
  try {
    postMessage({ id, digest: await sha256(blob) })
  } catch (error) {
    postMessage({ id, fault: error.name })
  }
})
