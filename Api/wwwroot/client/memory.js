// Keeps one record for each unfinished upload in IndexedDB, so that it survives a reload. README.md describes the record.

// The browser copies a file that is kept.
const COPIED = 32 << 20

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

/** @param {string} owner whose uploads these are; others do not see them */
export async function openMemory(owner) {
  if (!globalThis.indexedDB) return memoryOfTab()
  try {
    const open = indexedDB.open('chunkupload', 1)
    open.onupgradeneeded = () => {
      open.result.createObjectStore('uploads', { keyPath: 'id' }).createIndex('owner', 'owner')
      open.result.createObjectStore('files')
    }
    return lasting(await done(open), owner)
  } catch {
    // Private windows of some browsers refuse it.
    return memoryOfTab()
  }
}

function lasting(database, owner) {
  const all = (name, ask) => done(ask(database.transaction(name).objectStore(name)))
  const copied = new Set()
  let copying = Promise.resolve()
  let writing = copying
  let waiting = []
  /** What comes while a transaction is written shares the next one. */
  const write = (change) => new Promise((resolve, reject) => {
    waiting.push({ change, resolve, reject })
    writing = writing.then(writeAll)
  })
  async function writeAll() {
    const together = waiting
    waiting = []
    if (together.length === 0) return
    try {
      const transaction = database.transaction(['uploads', 'files'], 'readwrite')
      for (const { change, reject } of together) {
        try { change((name) => transaction.objectStore(name)) } catch (error) { reject(error) }
      }
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve
        transaction.onabort = () => reject(transaction.error)
      })
      for (const { resolve } of together) resolve()
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
  }
  const put = (record) => write((store) => store('uploads').put({ ...record, owner }))
  const remove = (id) => {
    copied.delete(id)
    return write((store) => { for (const name of ['uploads', 'files']) store(name).delete(id) })
  }
  return {
    lasting: true,
    async put({ file, ...record }) {
      const { id, handle } = record
      // No room, or a browser that cannot store handles: the person chooses the file again.
      await put(record).catch(() => put({ ...record, handle: null }))
      if (handle || !file || file.size > COPIED || copied.has(id)) return
      copied.add(id)
      // One after the other, so that files that are sent at once need no copy.
      copying = copying.then(() => copied.has(id) && done(database.transaction('files', 'readwrite').objectStore('files').put(file, id)))
        .catch(() => {})
    },
    async all() {
      const records = await all('uploads', (store) => store.index('owner').getAll(owner))
      return Promise.all(records.map(async (record) => ({ ...record, file: await all('files', (store) => store.get(record.id)) })))
    },
    remove
  }
}

/** Remembers until the page is closed. */
export function memoryOfTab() {
  const records = new Map()
  return {
    lasting: false,
    put: async (record) => { records.set(record.id, record) },
    all: async () => [...records.values()],
    remove: async (id) => { records.delete(id) }
  }
}
