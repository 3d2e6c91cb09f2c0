// Loads a frame near the beginning of a video. The browser reads the index and a small part of the video.

// The first frame of a video is often black.
const AT_S = 1
const SHARE = 0.1
const PATIENCE_MS = 20_000

/** @param {string} address @returns {Promise<HTMLVideoElement>} the video at that frame; release it with `leave` */
export async function filmAt(address) {
  const video = document.createElement('video')
  Object.assign(video, { muted: true, playsInline: true, preload: 'metadata', src: address })
  try {
    await heard(video, 'loadedmetadata')
    if (!(video.videoWidth > 0)) throw new Error('It has no picture.')
    video.currentTime = Number.isFinite(video.duration) ? Math.min(AT_S, video.duration * SHARE) : 0
    await heard(video, 'seeked')
    // A browser may report the new position before it has the frame.
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) await heard(video, 'loadeddata')
    return video
  } catch (error) {
    leave(video)
    throw error
  }
}

/** Stops loading the video. @param {HTMLVideoElement} video */
export function leave(video) {
  video.removeAttribute('src')
  video.load()
}

/** @param {HTMLVideoElement} video @param {string} event @returns {Promise<void>} */
function heard(video, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('It does not come.')), PATIENCE_MS)
    video.addEventListener(event, () => { clearTimeout(timer); resolve() }, { once: true })
    video.addEventListener('error', () => { clearTimeout(timer); reject(video.error) }, { once: true })
  })
}
