// Loads a frame near the beginning of a video. The browser reads the index and a small part of the video.

// The first frame of a video is often black.
const AT_S = 1
const SHARE = 0.1
// The longest time in which nothing is loaded.
const PATIENCE_MS = 20_000
const LOOK_MS = 50
const EVENTS = ['loadedmetadata', 'loadeddata', 'canplay', 'canplaythrough', 'seeked', 'timeupdate', 'progress']

/** @param {string} address @returns {Promise<ImageBitmap>} */
export async function frameOf(address) {
  const video = document.createElement('video')
  Object.assign(video, { muted: true, playsInline: true, preload: 'metadata', src: address })
  try {
    await until(video, () => video.readyState >= HTMLMediaElement.HAVE_METADATA)
    if (!(video.videoWidth > 0)) throw new Error('It has no picture.')
    video.currentTime = Number.isFinite(video.duration) ? Math.min(AT_S, video.duration * SHARE) : 0
    // A browser may report the new position before it has the frame.
    await until(video, () => !video.seeking && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA)
    return await pictureOf(video)
  } finally {
    video.removeAttribute('src')
    video.load()
  }
}

/** Copies the current frame. A busy browser may report a frame before it can be copied, and has no event for that. */
async function pictureOf(video) {
  for (let left = PATIENCE_MS / LOOK_MS; ; left--) {
    try {
      return await createImageBitmap(video)
    } catch (error) {
      if (error.name !== 'InvalidStateError' || left <= 0) throw error
    }
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS) })
  }
}

/**
 * Waits until the video is in a state. Each event is only a reason to look at the state: a browser reports the first
 * frame once, and that may be the one before the change of the position.
 * @param {HTMLVideoElement} video @param {() => boolean} isReached @returns {Promise<void>}
 */
function until(video, isReached) {
  return new Promise((resolve, reject) => {
    const stop = new AbortController()
    let timer = 0
    const end = (act) => { clearTimeout(timer); stop.abort(); act() }
    const look = () => {
      clearTimeout(timer)
      timer = setTimeout(() => end(() => reject(new Error('It does not come.'))), PATIENCE_MS)
      if (isReached()) end(resolve)
    }
    for (const event of EVENTS) video.addEventListener(event, look, { signal: stop.signal })
    video.addEventListener('error', () => end(() => reject(video.error)), { signal: stop.signal })
    look()
  })
}
