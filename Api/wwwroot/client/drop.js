// Files and folders of a drop, a paste or a picked folder, with their paths below what was chosen and a handle where the browser has one.

/** @typedef {import('./index.d.ts').Found} Found */

/** @param {import('./index.d.ts').Chosen[]} files @returns {Found} */
export const foundOf = (files = []) => ({ files, folders: [], unread: [] })

/**
 * Call it in the event: the browser empties the list afterwards.
 * @param {DataTransfer} data
 * @returns {Promise<Found>}
 */
export function filesOf(data) {
  const items = [...data.items].filter((item) => item.kind === 'file')
  const begun = items.map((item) => {
    const entry = item.webkitGetAsEntry?.()
    const file = item.getAsFile()
    const handle = globalThis.isSecureContext ? item.getAsFileSystemHandle?.().catch(() => null) : null
    return { entry, file, handle }
  })
  return collect(begun)
}

async function collect(begun) {
  const found = foundOf()
  for (const { entry, file, handle } of begun) {
    const its = await handle
    if (its) await walkHandle(its, its.name, found)
    else if (entry?.isDirectory) await walkEntry(entry, entry.name, found)
    else if (file) found.files.push({ file, path: file.name })
  }
  return found
}

/**
 * Of a directory handle, such as showDirectoryPicker gives.
 * @param {any} handle @param {string} path @param {Found} found
 */
export async function walkHandle(handle, path = handle.name, found = foundOf()) {
  try {
    if (handle.kind === 'file') {
      found.files.push({ file: await handle.getFile(), path, handle })
      return found
    }
    let empty = true
    for await (const child of handle.values()) {
      empty = false
      await walkHandle(child, `${path}/${child.name}`, found)
    }
    if (empty) found.folders.push(path)
  } catch {
    // The entry has vanished, or the user may not read it: go on with the others.
    found.unread.push(path)
  }
  return found
}

async function walkEntry(entry, path, found) {
  try {
    if (entry.isFile) {
      found.files.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path })
      return
    }
    const reader = entry.createReader()
    // readEntries returns at most a hundred entries at a time.
    for (let count = 0; ; count++) {
      const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
      if (batch.length === 0 && count === 0) found.folders.push(path)
      if (batch.length === 0) return
      for (const child of batch) await walkEntry(child, `${path}/${child.name}`, found)
    }
  } catch {
    found.unread.push(path)
  }
}
