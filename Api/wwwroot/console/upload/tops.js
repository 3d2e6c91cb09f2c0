// The folder with which a file was chosen, also after a reload: its row has all of its files.
const byFile = new WeakMap()
const byId = new Map()

/** @param {import('../../client/index.js').Chosen[]} chosen @param {string} folder to which they go */
export function keepTops(chosen, folder) {
  for (const { file, path } of chosen) {
    if (path.includes('/')) byFile.set(file, [folder, path.split('/')[0]].filter(Boolean).join('/'))
  }
}

/**
 * The folder's path; null of a file that was chosen alone.
 * @param {import('../../client/upload.js').Upload} upload
 */
export const topOf = ({ id, file }) => byId.get(id) ?? byFile.get(file) ?? null

/**
 * @param {import('../../client/index.d.ts').Memory} memory
 * @returns {import('../../client/index.d.ts').Memory} one that keeps it, too
 */
export const withTops = (memory) => ({
  ...memory,
  put(record) {
    const top = topOf(record)
    if (top) byId.set(record.id, top)
    return memory.put({ ...record, top })
  },
  async all() {
    const records = await memory.all()
    for (const { id, top } of records) if (top) byId.set(id, top)
    return records
  }
})
