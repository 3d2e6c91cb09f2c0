import { hex } from './digest.js'
import { Emitter } from './emitter.js'
import { Hasher } from './hasher.js'
import { memoryOfTab } from './memory.js'
import { Alarm, Slots } from './retry.js'
import { ENDED, Upload } from './upload.js'

// Browsers open six connections to a host over HTTP/1.1; two stay free for the page.
const REQUESTS = 4
const SMALL = 8 << 20
const MANY = 8

/** Sends files, several at a time. Events: `added`, `change`, `removed` (each with the upload), `unsaved`. */
export class Uploader extends Emitter {
  /** @type {Upload[]} */
  uploads = []
  alarm = new Alarm()
  /** The largest chunk that a proxy may let pass. */
  limit = Infinity
  /** Sends files together. @type {((uploader: Uploader, upload: Upload) => boolean) | null} */
  pack = null
  #rank = 0
  #restoring = Promise.resolve()
  #next = null

  /** @param {import('./index.d.ts').UploaderOptions} options */
  constructor({
    base, headers = () => ({}), renew = async () => {}, memory = memoryOfTab(), protocol = 'session', maxRequests = REQUESTS,
    smallFile = SMALL, places = true
  }) {
    super()
    this.headers = headers
    this.renew = renew
    this.memory = memory
    this.protocol = protocol
    this.maxRequests = maxRequests
    this.smallFile = smallFile
    this.places = places
    this.base = new URL(base, globalThis.document?.baseURI)
    this.hasher = new Hasher()
    this.slots = new Slots(maxRequests)
    globalThis.addEventListener?.('online', () => this.alarm.wake())
  }

  /**
   * @param {import('./index.d.ts').Chosen[]} chosen
   * @param {{folder?: string, space?: string | null, conflict?: import('./index.d.ts').Conflict, taken?: boolean}} [to]
   */
  async add(chosen, { folder = '', space = null, conflict = 'rename', taken = false } = {}) {
    if (space && this.protocol === 'tus') throw new TypeError('By tus, files go to the default space.')
    const added = chosen.map(({ file, path, handle }) => this.#take(new Upload(this, {
      id: newId(), name: file.name, path: [folder, path].filter(Boolean).join('/'), space, size: file.size, type: file.type,
      lastModified: file.lastModified, conflict, taken, handle, addedAt: Date.now()
    }, file)))
    // A reload in this moment must find them all.
    await Promise.all(added.map((upload) => own(upload.id, true).then(() => upload.save())))
    this.advance()
    return added
  }

  /** Takes up what an earlier page has left. Files whose handle may be read go on, the others wait to be chosen again. */
  restore() {
    // One after the other: two at a time would take up each upload twice. One is enough for all that wait.
    this.#next ??= this.#restoring.then(() => {
      this.#next = null
      const restored = this.#restore()
      this.#restoring = restored.catch(() => {})
      return restored
    })
    return this.#next
  }

  async #restore() {
    const records = await this.memory.all().catch((error) => {
      this.emit('unsaved', error)
      this.memory = memoryOfTab()
      return []
    })
    const ours = new Map(records.map(({ id }) => [id, own(id, false, () => this.restore())]))
    for (const record of records.sort((a, b) => a.addedAt - b.addedAt)) {
      if (!await ours.get(record.id) || this.uploads.some(({ id }) => id === record.id)) continue
      const upload = this.#take(new Upload(this, record, null))
      const file = record.file ?? await readable(record.handle)
      if (file?.size === record.size && file.lastModified === record.lastModified) upload.file = file
      upload.enter(record.paused ? 'paused' : upload.file ? 'waiting' : 'choose')
      if (upload.state !== 'waiting') upload.peek().catch(() => {})
    }
    this.advance()
  }

  /** Begins waiting uploads while there are free requests. */
  advance() {
    // One that is being checked only waits.
    const active = this.uploads.filter((upload) => upload.active && upload.state !== 'checking')
    let busy = new Set(active.map((upload) => upload.pack ?? upload)).size
    for (const upload of this.uploads) {
      if (busy >= this.maxRequests) return
      if (!upload.startable) continue
      busy++
      if (!this.pack?.(this, upload)) upload.run()
    }
  }

  pauseAll() { return Promise.all(this.uploads.map((upload) => upload.pause())) }

  resumeAll() { for (const upload of this.uploads) if (upload.state === 'paused') upload.resume() }

  /** Ends the waits: the network is back, or a person has signed in again. */
  wake() { this.alarm.wake() }

  /** @param {Upload} upload @param {boolean} [stay] whether it stays in the list */
  async forget(upload, stay = false) {
    await this.memory.remove(upload.id).catch(() => {})
    if (stay) return
    this.uploads = this.uploads.filter((other) => other !== upload)
    this.emit('removed', upload)
  }

  clearEnded() { for (const upload of this.uploads.filter(({ state }) => ENDED.includes(state))) this.forget(upload) }

  #take(upload) {
    upload.rank = this.#rank++
    if (upload.rank === MANY) import('./pack.js').then(({ pack }) => { this.pack = pack; this.advance() }, () => {})
    this.uploads.push(upload)
    this.emit('added', upload)
    return upload
  }
}

// Only secure pages have crypto.randomUUID.
const newId = () => hex(crypto.getRandomValues(new Uint8Array(16)))

const owned = new Set()
const awaited = new Set()

/**
 * Two tabs must not send the same upload: the first one holds its lock until it is closed.
 * @param {string} id @param {boolean} isNew no other tab can have it
 * @param {() => void} [onFree] the other tab was closed, and this one has the upload now
 */
async function own(id, isNew, onFree) {
  if (owned.has(id)) return true
  // Pages over plain http have no locks, but channels.
  if (!globalThis.navigator?.locks) {
    return !globalThis.document || !globalThis.BroadcastChannel || (await import('./owners.js')).own(id, isNew)
  }
  const name = `chunkupload-${id}`
  const hold = () => {
    owned.add(id)
    return new Promise(() => {})
  }
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null)
      if (lock) return hold()
      if (onFree && !awaited.has(id)) {
        awaited.add(id)
        navigator.locks.request(name, () => {
          const held = hold()
          onFree()
          return held
        })
      }
      return undefined
    }).catch(() => resolve(true))
  })
}

async function readable(handle) {
  try {
    return await handle?.queryPermission({ mode: 'read' }) === 'granted' ? await handle.getFile() : null
  } catch {
    return null
  }
}
