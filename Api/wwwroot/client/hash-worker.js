// Reads and hashes blobs away from the page's thread.
import { sha256 } from './digest.js'

// One after the other, so that only one blob is in memory.
let before = Promise.resolve()

addEventListener('message', ({ data: { id, blob } }) => {
  before = before.then(async () => {
    try {
      postMessage({ id, digest: await sha256(blob) })
    } catch (error) {
      postMessage({ id, fault: error.name })
    }
  })
})
