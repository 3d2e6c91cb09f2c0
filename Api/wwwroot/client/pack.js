// Many small files in one request: a tar that the service unpacks. It refuses names that are taken, so nothing is replaced or doubled,
// and a file that it refuses, or that may have come before, goes alone, by its own rules.
import { persist } from './attempt.js'
import { hex } from './digest.js'
import { changed } from './hasher.js'
import { aborted, Broken, Problem } from './http.js'
import { treeAddress } from './small.js'

const BLOCK = 512
// Files up to this size share a request, so many and so many bytes of them: as many as the service publishes together.
const LARGEST = 256 << 10
const MOST_FILES = 128
const MOST_BYTES = 2 << 20
// Fewer are as fast one by one.
const LEAST_FILES = 8
const TYPE = { 'Content-Type': 'application/x-ndjson' }
const text = new TextEncoder()
const bytesOf = (words) => text.encode(words)

/**
 * Sends the small files that can go in one request with this one.
 * @param {import('./uploader.js').Uploader} uploader @param {import('./upload.js').Upload} first
 * @returns {boolean} false: none was begun
 */
export function pack(uploader, first) {
  if (!uploader.places || uploader.protocol !== 'session' || !isPackable(first, LARGEST)) return false
  const packed = []
  let left = Math.min(MOST_BYTES, uploader.smallFile)
  for (let at = uploader.uploads.indexOf(first); at < uploader.uploads.length && packed.length < MOST_FILES; at++) {
    const upload = uploader.uploads[at]
    if (upload.space !== first.space || !isPackable(upload, Math.min(LARGEST, left))) continue
    left -= upload.size
    packed.push(upload)
  }
  if (packed.length < LEAST_FILES) return false
  const together = new Pack(uploader, packed.length)
  for (const upload of packed) upload.run(together)
  return true
}

/** No request may have brought it yet, and its name is not known to be taken. */
const isPackable = (upload, most) =>
  upload.startable && upload.size <= most && !(upload.session || upload.checking || upload.tried || upload.taken)

class Pack {
  #uploader
  #count
  /** @type {Member[]} those without a result */
  #left = []
  #base = ''
  #attempts = 0

  /** @param {import('./uploader.js').Uploader} uploader @param {number} count how many uploads will come */
  constructor(uploader, count) {
    this.#uploader = uploader
    this.#count = count
  }

  /**
   * Sends it once all uploads of the pack have come.
   * @param {import('./upload.js').Upload} upload @param {AbortSignal} signal
   * @returns {Promise<any>} the entry; null: send it alone
   */
  send(upload, signal) {
    return new Promise((resolve, reject) => {
      this.#left.push(new Member(upload, signal, resolve, reject, (member) => { this.#left.splice(this.#left.indexOf(member), 1) }))
      if (--this.#count === 0) this.#run()
    })
  }

  async #run() {
    this.#base = commonFolder(this.#left.map(({ upload }) => upload.path))
    await Promise.all(this.#left.map((member) => member.read()))
    while (this.#left.length > 0) {
      // One that is paused or cancelled ends the request; the others go on.
      const stop = new AbortController()
      const end = () => stop.abort()
      for (const { signal } of this.#left) signal.addEventListener('abort', end)
      try {
        if (this.#left.some(({ signal }) => signal.aborted)) throw aborted()
        await persist(this.#together(), stop.signal, () => this.#attempt(stop.signal))
        for (const member of [...this.#left]) member.settle(null)
      } catch (error) {
        const gone = this.#left.filter(({ signal }) => signal.aborted)
        for (const member of gone) member.fail(aborted())
        if (gone.length > 0) continue
        // What holds for all of them is told to each, alone.
        const refused = error instanceof Problem && error.status < 500
        for (const member of [...this.#left]) {
          if (refused && this.#attempts === 1) member.upload.tried = false
          member.settle(null)
        }
        if (refused && (error.status === 413 || error.code.startsWith('http_'))) this.#uploader.pack = null
      }
    }
  }

  /** What `persist` needs of an upload, for all of them. */
  #together() {
    const uploads = this.#left.map(({ upload }) => upload)
    return {
      uploader: this.#uploader,
      get advice() { return uploads[0].advice },
      advise(advice) { for (const upload of uploads) upload.advise(advice) },
      waiting(state, error, attempt, ms, wait) {
        const waited = wait()
        return Promise.all(uploads.map((upload) => upload.waiting(state, error, attempt, ms, () => waited)))
      }
    }
  }

  async #attempt(signal) {
    if (this.#attempts > 0) await this.#askArrived(signal)
    if (this.#left.length === 0) return
    const again = this.#attempts++ > 0
    if (!again) await Promise.all(this.#left.map(({ upload }) => { upload.tried = true; return upload.save() }))
    const members = [...this.#left]
    const byPath = new Map(members.map((member) => [member.nameBelow(this.#base), member]))
    const { upload } = members[0]
    let from = 0
    let last = null
    const onText = (answer) => {
      for (let end; (end = answer.indexOf('\n', from)) >= 0; from = end + 1) {
        last = JSON.parse(answer.slice(from, end))
        this.#settle(byPath.get(last.path), last)
      }
    }
    const archive = archiveOf(members, this.#base)
    for (const member of members) member.sent(0)
    await this.#uploader.slots.run(upload.rank, signal, () =>
      upload.request('POST', `${treeAddress(this.#base, upload.space)}?unpack=tar&parents=true&conflict=fail`, {
        signal, headers: { 'Content-Type': 'application/x-tar' }, body: archive, onText, stallMs: upload.advice.stallTimeoutMs,
        onSent: (sent) => { for (const member of members) member.sent(sent) }
      }))
    if (last?.complete === undefined) throw new Broken('The answer is not complete.')
  }

  #settle(member, { outcome, fileId, sha256 = member?.digest }) {
    if (!member || member.settled) return
    if (outcome === 'created') member.settle({ fileId, sha256, path: member.upload.path })
    else if (outcome === 'checking') member.settle({ state: 'checking', id: fileId })
    // The browser may have repeated the request by itself: the name may be taken by this very file, so it asks first.
    else member.settle(null)
  }

  /** Of a request without an answer, some may have come. Each of these asks for itself. */
  async #askArrived(signal) {
    const { upload } = this.#left[0]
    const asked = [...this.#left]
    const body = asked.map((member) => JSON.stringify({ path: member.upload.path })).join('\n')
    let answer = ''
    await upload.request('POST', `api/${upload.space ? `spaces/${upload.space}/` : ''}tree/check`, {
      signal, headers: TYPE, body, onText: (text) => { answer = text }
    })
    const states = answer.split('\n').filter(Boolean).map((line) => JSON.parse(line).state)
    asked.forEach((member, at) => { if (states[at] !== 'missing') member.settle(null) })
  }
}

/** One file of a pack. */
class Member {
  settled = false
  #chunk
  #start = 0

  /**
   * @param {import('./upload.js').Upload} upload @param {AbortSignal} signal
   * @param {(entry: any) => void} resolve @param {(error: any) => void} reject @param {(member: Member) => void} leave
   */
  constructor(upload, signal, resolve, reject, leave) {
    this.upload = upload
    this.signal = signal
    this.resolve = resolve
    this.reject = reject
    this.leave = leave
    this.#chunk = { offset: 0, length: upload.size, sent: 0, kept: 0, tries: 0, again: false }
    upload.begin(this.#chunk)
  }

  async read() {
    const { upload, signal } = this
    try {
      this.bytes = await upload.file.arrayBuffer()
      if (this.bytes.byteLength !== upload.size) throw changed()
      this.digest = globalThis.crypto?.subtle ? hex(new Uint8Array(await crypto.subtle.digest('SHA-256', this.bytes)))
        : await upload.uploader.hasher.digest(new Blob([this.bytes]), signal)
    } catch (error) {
      this.fail(signal.aborted ? error : changed(error))
    }
  }

  nameBelow(base) { return base ? this.upload.path.slice(base.length + 1) : this.upload.path }

  /** @param {number} at where its data begins in the archive */
  begin(at) { this.#start = at }

  /** @param {number} all bytes of the archive that were sent */
  sent(all) {
    const sent = Math.min(this.upload.size, Math.max(0, all - this.#start))
    if (sent !== this.#chunk.sent && !this.settled) this.upload.moved(this.#chunk, sent)
  }

  settle(entry) {
    if (entry) this.upload.received(0, this.upload.size)
    this.#end()
    this.resolve(entry)
  }

  fail(error) {
    this.#end()
    this.reject(error)
  }

  #end() {
    this.settled = true
    this.upload.pack = null
    this.upload.end(this.#chunk)
    this.leave(this)
  }
}

/** @param {string[]} paths @returns {string} the deepest folder in which all of them are */
function commonFolder(paths) {
  let [common] = paths.map((path) => path.split('/').slice(0, -1))
  for (const path of paths) {
    const names = path.split('/').slice(0, -1)
    const differs = common.findIndex((name, at) => name !== names[at])
    if (differs >= 0) common = common.slice(0, differs)
  }
  return common.join('/')
}

/** @param {Member[]} members @param {string} base */
function archiveOf(members, base) {
  const parts = []
  let at = 0
  const add = (type, data, name) => {
    const header = headerOf(type, data.byteLength, name)
    const padding = new Uint8Array((BLOCK - data.byteLength % BLOCK) % BLOCK)
    parts.push(header, data, padding)
    at += BLOCK
    const start = at
    at += data.byteLength + padding.length
    return start
  }
  for (const member of members) {
    const { upload, digest, bytes } = member
    const records = [['path', member.nameBelow(base)], ['CHUNKUPLOAD.sha256', digest]]
    if (upload.type) records.push(['CHUNKUPLOAD.type', upload.type])
    if (upload.modifiedAt) records.push(['mtime', upload.modifiedAt])
    add('x', bytesOf(records.map(([key, value]) => recordOf(key, value)).join('')), 'pax')
    member.begin(add('0', bytes, 'file'))
  }
  parts.push(new Uint8Array(2 * BLOCK))
  return new Blob(parts)
}

/** "LENGTH KEY=VALUE\n"; the length counts its own digits, too. */
function recordOf(key, value) {
  const rest = bytesOf(` ${key}=${value}\n`).length
  let length = rest + 1
  while (rest + String(length).length !== length) length++
  return `${length} ${key}=${value}\n`
}

/** POSIX ustar. The pax records before it have the name and the time; without owner and mode, which a browser does not know. */
function headerOf(type, size, name) {
  const block = new Uint8Array(BLOCK)
  const put = (offset, words) => block.set(bytesOf(words), offset)
  put(0, name)
  put(124, size.toString(8).padStart(11, '0'))
  put(148, ' '.repeat(8))
  put(156, type)
  put(257, 'ustar\u000000')
  put(148, `${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\u0000`)
  return block
}
