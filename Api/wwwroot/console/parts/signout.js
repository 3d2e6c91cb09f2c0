// Signs out, and clears what the browser keeps of uploads; the bytes that are safe stay on the server.
import { openMemory } from '../../client/index.js'
import { call } from '../api.js'
import { begunEngine } from '../upload/engine.js'
import { withFiles } from '../upload/keeper.js'

const WHILE_OTHERS_PAUSE = 300

/** Its own messages do not come back to it. @type {BroadcastChannel | null} */
let channel = null

/** Leaves when another tab signs out: all tabs of a browser have one session. @param {import('../shell.js').Shell} shell */
export function followSignOut(shell) {
  channel = new BroadcastChannel(`chunkupload-signout ${shell.me.subject}`)
  channel.onmessage = async () => {
    const engine = await begunEngine()?.catch(() => null)
    await engine?.pauseAll()
    location.replace(shell.signInAddress())
  }
}

/** @param {import('../shell.js').Shell} shell @throws if the person is still signed in */
export async function signOut(shell) {
  // A session that has ended is out, too.
  await call('POST', 'signout').catch((error) => { if (error.status !== 401) throw error })
  // A failure to clear must not prevent the sign-out.
  await clear(shell).catch(() => {})
}

async function clear(shell) {
  const engine = await begunEngine()?.catch(() => null)
  // Running uploads would be saved again. The other tabs pause them and go to the sign-in page.
  channel?.postMessage('')
  await engine?.pauseAll()
  await new Promise((resolve) => setTimeout(resolve, WHILE_OTHERS_PAUSE))
  const { tenant, memberships } = shell.me
  for (const name of new Set([tenant, ...shell.tenants, ...memberships.map((one) => one.tenant)])) {
    await withFiles(await openMemory(shell.ownerIn(name))).clear()
  }
}
