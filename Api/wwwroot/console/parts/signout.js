// Signs out, and clears what the browser keeps of uploads; the bytes that are safe stay on the server.
import { openMemory } from '../../client/index.js'
import { call } from '../api.js'
import { begunEngine } from '../upload/engine.js'
import { withFiles } from '../upload/keeper.js'

/** @param {import('../shell.js').Shell} shell @throws if the person is still signed in */
export async function signOut(shell) {
  // A session that has ended is out, too.
  await call('POST', 'signout').catch((error) => { if (error.status !== 401) throw error })
  // What cannot be cleared does not keep a person here.
  await clear(shell).catch(() => {})
}

async function clear(shell) {
  const engine = await begunEngine()?.catch(() => null)
  // What runs would be saved again.
  await engine?.pauseAll()
  const { tenant, memberships } = shell.me
  for (const name of new Set([tenant, ...shell.tenants, ...memberships.map((one) => one.tenant)])) {
    await withFiles(await openMemory(shell.ownerIn(name))).clear()
  }
}
