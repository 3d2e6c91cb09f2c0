// Signs out. Uploads that run are paused first, in all tabs; their rows are there again after the next sign-in.
import { call } from '../api.js'
import { t } from '../texts/signout.js'
import { engineOf } from '../upload/engine.js'
import { isRunning, pauseRunning } from '../upload/running.js'
import { ask } from '../parts/dialog.js'

// The other tabs answer within this time. What they pause may take longer.
const ANSWER_MS = 300
const PAUSE_MS = 5_000

/** Its own messages do not come back to it. @type {BroadcastChannel | null} */
let channel = null

/**
 * Pauses, and leaves, when another tab signs out: all tabs of a browser have one session.
 * @param {import('../shell.js').Shell} shell
 */
export function followSignOut(shell) {
  channel = new BroadcastChannel(`chunkupload-signout ${shell.me.subject}`)
  const tab = Math.random()
  let resume = null
  channel.onmessage = async ({ data }) => {
    if (data === 'pause') {
      channel.postMessage({ pausing: tab })
      resume = await pauseHere(shell)
      channel.postMessage({ paused: tab })
    } else if (data === 'stay') resume?.()
    else if (data === 'leave') location.replace(shell.signInAddress())
  }
}

/**
 * @param {import('../shell.js').Shell} shell
 * @returns {Promise<boolean>} false: the person stays
 * @throws if the person is still signed in
 */
export async function signOut(shell) {
  const uploader = await uploaderOf(shell)
  const isIncomplete = (upload) => isRunning(upload) && safeOf(upload) < upload.size
  const running = uploader ? [...uploader.uploads, ...uploader.mirror.uploads].filter(isIncomplete) : []
  if (running.length > 0 && !await isSure(running)) return false
  const [resume] = await Promise.all([pauseHere(shell), pauseOthers()])
  try {
    // A session that has ended is out, too.
    await call('POST', 'signout').catch((error) => { if (error.status !== 401) throw error })
  } catch (error) {
    channel?.postMessage('stay')
    resume()
    throw error
  }
  channel?.postMessage('leave')
  return true
}

/** Of another tab, only the number of bytes is known. @param {{safe: any}} upload */
const safeOf = ({ safe }) => safe.total ?? safe

/** @param {{size: number, safe: any}[]} running */
function isSure(running) {
  const sum = (of) => running.reduce((total, upload) => total + of(upload), 0)
  return ask({
    title: t.signOut.title, text: [t.signOut.text(running.length, sum(safeOf), sum(({ size }) => size))],
    answers: [{ word: t.signOut.yes, value: true }], dismiss: t.signOut.stay
  })
}

/** Null for those who may not upload. @returns {Promise<import('../upload/engine.js').Engine | null>} */
const uploaderOf = async (shell) => (shell.me.scopes.includes('upload') ? engineOf(shell).catch(() => null) : null)

async function pauseHere(shell) {
  const uploader = await uploaderOf(shell)
  return uploader ? pauseRunning(uploader) : () => {}
}

/** Asks the other tabs to pause, and waits for those that answer. @returns {Promise<void> | null} */
function pauseOthers() {
  if (!channel) return null
  return new Promise((resolve) => {
    const open = new Set()
    let asked = true
    const end = () => { if (!asked && open.size === 0) resolve() }
    channel.addEventListener('message', ({ data: { pausing, paused } }) => {
      if (pausing) open.add(pausing)
      if (paused) open.delete(paused)
      end()
    })
    channel.postMessage('pause')
    setTimeout(() => { asked = false; end() }, ANSWER_MS)
    setTimeout(resolve, PAUSE_MS)
  })
}
