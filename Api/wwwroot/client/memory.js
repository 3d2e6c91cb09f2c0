// Keeps one record for each unfinished upload in IndexedDB, so that it survives a reload. README.md describes the record.

// The browser copies a file that is kept.
const COPIED = 32 << 20

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

/**
 * @param {string} owner whose uploads these are; others do not see them
 * @returns {Promise<import('./index.d.ts').Memory>}
 */
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
  const copied = new Set()
  const store = (name, mode = 'readwrite') => database.transaction(name, mode).objectStore(name)
  const put = async (record) => done(store('uploads').put({ ...record, owner }))
  const remove = (id) => Promise.all(['uploads', 'files'].map((name) => done(store(name).delete(id))))
  return {
    lasting: true,
    async put({ file, ...record }) {
      // No room, or a browser that cannot store handles: the person chooses the file again.
      await put(record).catch(() => put({ ...record, handle: null }))
      if (record.handle || !file || file.size > COPIED || copied.has(record.id)) return
      copied.add(record.id)
      await done(store('files').put(file, record.id)).catch(() => {})
    },
    async all() {
      const records = await done(store('uploads', 'readonly').index('owner').getAll(owner))
      return Promise.all(records.map(async (record) => ({ ...record, file: await done(store('files', 'readonly').get(record.id)) })))
    },
    remove,
    async clear() {
      for (const id of await done(store('uploads', 'readonly').index('owner').getAllKeys(owner))) await remove(id)
    }
  }
}

/** Remembers until the page is closed. @returns {import('./index.d.ts').Memory} */
export function memoryOfTab() {
  const records = new Map()
  return {
    lasting: false,
    put: async (record) => { records.set(record.id, record) },
    all: async () => [...records.values()],
    remove: async (id) => { records.delete(id) },
    clear: async () => records.clear()
  }
}
