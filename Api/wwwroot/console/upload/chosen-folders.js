// Remembers the chosen folder of each file, also after a reload, because all files of a folder share one row.
const byFile = new WeakMap()
const byId = new Map()

/** @param {import('../../client/index.js').Chosen[]} chosen @param {string} folder the target folder */
export function rememberFolders(chosen, folder) {
  for (const { file, path } of chosen) {
    if (path.includes('/')) byFile.set(file, [folder, path.split('/')[0]].filter(Boolean).join('/'))
  }
}

/**
 * Returns the path of the chosen folder, or null if the file was chosen by itself.
 * @param {import('../../client/upload.js').Upload} upload
 */
export const chosenFolderOf = ({ id, file }) => byId.get(id) ?? byFile.get(file) ?? null

/**
 * @param {import('../../client/index.d.ts').Memory} memory
 * @returns {import('../../client/index.d.ts').Memory} a memory that also stores the chosen folder
 */
export const withFolders = (memory) => ({
  ...memory,
  put(record) {
    const top = chosenFolderOf(record)
    if (top) byId.set(record.id, top)
    return memory.put({ ...record, top })
  },
  async all() {
    const records = await memory.all()
    for (const { id, top } of records) if (top) byId.set(id, top)
    return records
  }
})
