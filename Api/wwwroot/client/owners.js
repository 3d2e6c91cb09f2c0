// Two tabs must not send the same upload: the one that has it keeps it until it is closed.

// Another tab answers within this time.
const ANSWER_MS = 500

const owned = new Set()
let asking = null

/** @param {string} id of an upload @returns {boolean | Promise<boolean>} false: another tab has it */
export function own(id) {
  if (owned.has(id)) return true
  if (globalThis.navigator?.locks) return byLock(id)
  // Pages over plain http have no locks, but channels.
  if (typeof document === 'undefined' || typeof BroadcastChannel === 'undefined') return true
  asking ??= ownersOn(new BroadcastChannel('chunkupload-owners'))
  return asking(id)
}

function byLock(id) {
  return new Promise((resolve) => {
    navigator.locks.request(`chunkupload-${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null)
      if (!lock) return undefined
      owned.add(id)
      return new Promise(() => {})
    }).catch(() => resolve(true))
  })
}

/**
 * Asks the other tabs. Of two that ask at the same time one gets it.
 * @param {{postMessage: (message: any) => void, onmessage: any}} channel
 * @returns {(id: string) => Promise<boolean>}
 */
export function ownersOn(channel, mine = new Set(), wait = ANSWER_MS) {
  const tab = Math.random()
  /** @type {Map<string, () => void>} */
  const open = new Map()
  channel.onmessage = ({ data }) => {
    if (data.taken) open.get(data.taken)?.()
    else if (mine.has(data.id) || (open.has(data.id) && tab < data.tab)) channel.postMessage({ taken: data.id })
  }
  return (id) => new Promise((resolve) => {
    if (mine.has(id)) { resolve(true); return }
    const end = (isMine) => {
      clearTimeout(timer)
      open.delete(id)
      if (isMine) mine.add(id)
      resolve(isMine)
    }
    const timer = setTimeout(() => end(true), wait)
    open.set(id, () => end(false))
    channel.postMessage({ id, tab })
  })
}
