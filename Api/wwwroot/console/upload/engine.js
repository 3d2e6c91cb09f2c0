// The upload engine of this page. It continues while other screens are open.
import { headers, root, signInState } from '../api.js'
import { live } from '../live.js'
import { Uploader, openMemory } from '../../client/index.js'
import { withFiles } from './keeper.js'
import { withFolders } from './chosen-folders.js'

const WAKE_MS = 1000

/**
 * The engine of the page, with the uploads of the other tabs.
 * @typedef {import('../../client/uploader.js').Uploader & {mirror: Pick<import('./mirror.js').Mirror,
 *   'uploads' | 'ask'>}} Engine
 */

/** @type {Promise<Engine> | null} */
let engine = null

/** @param {import('../shell.js').Shell} shell @returns {Promise<Engine>} */
export function engineOf(shell) {
  engine ??= begin(shell)
  return engine
}

async function begin(shell) {
  const memory = withFolders(withFiles(await openMemory(shell.owner)))
  const created = new Uploader({ base: root.href, headers, renew: signInState, memory })
  // Its declaration for other programs leaves out what only the engine itself and the console use.
  const uploader = /** @type {Engine} */ (/** @type {unknown} */ (created))
  uploader.mirror = { uploads: [], ask() {} }
  const count = () => shell.count('upload',
    uploader.uploads.filter(({ state }) => !['done', 'failed', 'cancelled'].includes(state)).length)
  let told = 0
  const soon = () => { told ||= setTimeout(() => { told = 0; count() }, 250) }
  for (const type of ['added', 'change', 'removed']) uploader.on(type, soon)
  uploader.on('change', (upload) => { if (upload.state === 'signed-out') shell.signedOut() })
  // Bytes that become safe show that the service answers.
  const safe = new WeakMap()
  let woken = 0
  uploader.on('change', (upload) => {
    const more = upload.safe.total > (safe.get(upload) ?? Infinity)
    safe.set(upload, upload.safe.total)
    if (!more || live.now.state === 'live' || Date.now() - woken < WAKE_MS) return
    woken = Date.now()
    live.wake()
  })
  let before = live.now.state
  live.on('state', ({ state }) => {
    if (state === 'live' && before !== 'live') uploader.wake()
    before = state
  })
  addEventListener('beforeunload', (event) => {
    const unsaved = !uploader.memory.lasting && uploader.uploads.some(({ active }) => active)
    if (unsaved) event.preventDefault()
  })
  import('./mirror.js').then(({ Mirror }) => { uploader.mirror = new Mirror(uploader, shell.owner) }, () => {})
  import('../parts/progress.js').then(({ showProgress }) => showProgress(uploader, shell), () => {})
  // Load the notifications with the first upload.
  const stop = uploader.on('added', () => {
    stop()
    import('./notify.js').then(({ notifyAtEnd }) => notifyAtEnd(uploader, shell), () => {})
  })
  import('./pauses.js').then(({ followPauses }) => followPauses(uploader), () => {})
  if (localStorage.getItem('upload-speed')) await import('./pace.js').then(({ pace }) => pace(uploader), () => {})
  await uploader.restore()
  return uploader
}
