// Where a browser has no Web Locks, tabs ask each other which of them has an upload.

// Another tab answers within this time.
const ANSWER_MS = 500

let asking = null

/**
 * @param {string} id of an upload
 * @param {boolean} isNew no other tab can have it
 * @returns {Promise<boolean>} false: another tab has it
 */
export function own(id, isNew) {
  asking ??= ownersOn(new BroadcastChannel('chunkupload-owners'))
  return asking(id, isNew)
}

/**
 * Asks the other tabs. Of two that ask at the same time one gets it.
 * @param {{postMessage: (message: any) => void, onmessage: any}} channel
 * @returns {(id: string, isNew?: boolean) => Promise<boolean>}
 */
export function ownersOn(channel, wait = ANSWER_MS) {
  const tab = Math.random()
  const mine = new Set()
  /** @type {Map<string, () => void>} */
  const open = new Map()
  channel.onmessage = ({ data }) => {
    if (data.taken) open.get(data.taken)?.()
    else if (mine.has(data.id) || (open.has(data.id) && tab < data.tab)) channel.postMessage({ taken: data.id })
  }
  return (id, isNew = false) => new Promise((resolve) => {
    if (isNew) mine.add(id)
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
