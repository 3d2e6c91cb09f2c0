// Files and folders from a drop, a paste or an input, with their paths below what was chosen and a handle where the browser has one.

/** @typedef {{file: File, path: string, handle?: FileSystemFileHandle}} Chosen */

/**
 * Of a drop or a paste. Call it in the event: the browser empties the list afterwards.
 * @param {DataTransfer} data
 * @param {string[]} [folders] gets the paths of folders without anything in them
 * @returns {Promise<Chosen[]>}
 */
export function filesOf(data, folders = []) {
  const items = [...data.items].filter((item) => item.kind === 'file')
  const begun = items.map((item) => {
    const entry = item.webkitGetAsEntry?.()
    const file = item.getAsFile()
    const handle = globalThis.isSecureContext ? item.getAsFileSystemHandle?.().catch(() => null) : null
    return { entry, file, handle }
  })
  return collect(begun, folders)
}

async function collect(begun, folders) {
  const found = []
  for (const { entry, file, handle } of begun) {
    try {
      const its = await handle
      if (its) await walkHandle(its, its.name, found, folders)
      else if (entry?.isDirectory) await walkEntry(entry, entry.name, found, folders)
      else if (file) found.push({ file, path: file.name })
    } catch {
      // The entry vanished during the drop; go on with the others.
    }
  }
  return found
}

/**
 * Of a directory handle, such as showDirectoryPicker gives.
 * @param {any} handle @param {string} path @param {Chosen[]} found @param {string[]} folders
 */
export async function walkHandle(handle, path = handle.name, found = [], folders = []) {
  if (handle.kind === 'file') {
    found.push({ file: await handle.getFile(), path, handle })
    return found
  }
  let empty = true
  for await (const child of handle.values()) {
    empty = false
    await walkHandle(child, `${path}/${child.name}`, found, folders)
  }
  if (empty) folders.push(path)
  return found
}

async function walkEntry(entry, path, found, folders) {
  if (entry.isFile) {
    found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path })
    return
  }
  const reader = entry.createReader()
  // readEntries returns at most a hundred entries at a time.
  for (let count = 0; ; count++) {
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (batch.length === 0 && count === 0) folders.push(path)
    if (batch.length === 0) return
    for (const child of batch) await walkEntry(child, `${path}/${child.name}`, found, folders)
  }
}

/** Of an input; with webkitdirectory the paths begin with the folder's name. @param {Iterable<File>} files @returns {Chosen[]} */
export const filesOfInput = (files) => [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }))
