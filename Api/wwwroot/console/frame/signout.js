// Signs out. It first pauses the running uploads of all tabs; they are listed again after the next sign-in.
import { call } from '../api.js'
import { t } from '../texts/signout.js'
import { engineOf } from '../upload/engine.js'
import { isRunning, pauseRunning } from '../upload/running.js'
import { ask } from '../parts/dialog.js'

// The time in which other tabs must answer. Pausing may take longer.
const ANSWER_MS = 300
const PAUSE_MS = 5_000

/** The channel between tabs; a tab does not receive its own messages. @type {BroadcastChannel | null} */
let channel = null

/**
 * Pauses the uploads and leaves the page when another tab signs out, because all tabs of a browser share one session.
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
 * @returns {Promise<boolean>} false if the user stays signed in
 * @throws if the user is still signed in
 */
export async function signOut(shell) {
  const uploader = await uploaderOf(shell)
  const isIncomplete = (upload) => isRunning(upload) && safeOf(upload) < upload.size
  const running = uploader ? [...uploader.uploads, ...uploader.mirror.uploads].filter(isIncomplete) : []
  if (running.length > 0 && !await isSure(running)) return false
  const [resume] = await Promise.all([pauseHere(shell), pauseOthers()])
  try {
    // 401 means that the session has already ended.
    await call('POST', 'signout').catch((error) => { if (error.status !== 401) throw error })
  } catch (error) {
    channel?.postMessage('stay')
    resume()
    throw error
  }
  channel?.postMessage('leave')
  return true
}

/** Returns the safe bytes of an upload; uploads of other tabs have only their number. @param {{safe: any}} upload */
const safeOf = ({ safe }) => safe.total ?? safe

/** @param {{size: number, safe: any}[]} running */
function isSure(running) {
  const sum = (of) => running.reduce((total, upload) => total + of(upload), 0)
  return ask({
    title: t.signOut.title, text: [t.signOut.text(running.length, sum(safeOf), sum(({ size }) => size))],
    answers: [{ word: t.signOut.yes, value: true }], dismiss: t.signOut.stay
  })
}

/**
 * Returns the upload engine, or null if the user may not upload.
 * @returns {Promise<import('../upload/engine.js').Engine | null>}
 */
const uploaderOf = async (shell) => (shell.me.scopes.includes('upload') ? engineOf(shell).catch(() => null) : null)

async function pauseHere(shell) {
  const uploader = await uploaderOf(shell)
  return uploader ? pauseRunning(uploader) : () => {}
}

/** Asks the other tabs to pause, and waits until those that answer have paused. @returns {Promise<void> | null} */
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
