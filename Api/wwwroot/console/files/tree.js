// API calls for folders and files at paths, and for the trash.
import { call, root } from '../api.js'
import { asFolder, base, listAt, treeOf } from './address.js'

const PAGE = 200

/**
 * @typedef {{id: string, kind: 'folder' | 'file' | 'link', name: string, path: string, size: number | null,
 *   sha256: string | null, modifiedAt: string, owner: string, createdAt: string, version: number | null,
 *   fileId: string | null, contentUrl: string | null, linkTarget?: string, space?: string | null}} Entry
 */

/**
 * Returns one page of a folder.
 * @param {string | null} space @param {string} path @param {Parameters<typeof listAt>[2]} [query]
 * @returns {Promise<{folder: Entry, items: Entry[], arriving?: any[], totals?: any, nextCursor: string | null}>}
 */
export const list = (space, path, query) => call('GET', listAt(space, path, query))

/** @param {string | null} space @param {string} path */
export const describe = (space, path) => call('GET', `${treeOf(space, path)}?format=json`)

/** Returns an entry by its id. @param {string} id @returns {Promise<Entry>} */
export async function entryOf(id) {
  const answer = await call('GET', `api/entries/${id}?format=json`)
  return answer.folder ?? answer
}

/** Returns the size of a folder with all of its content. @param {string} id
 * @returns {Promise<{files: number, folders: number, bytes: number, more: boolean}>} `more` indicates that not all of
 *   it was counted */
export const below = async (id) =>
  (await call('GET', `api/entries/${id}?format=json&below=true&kind=link&limit=1`)).below

export const makeFolder = (space, path) =>
  call('PUT', `${treeOf(space, asFolder(path))}?conflict=fail&parents=true`)

/** @param {Entry} entry @param {string} name */
export const rename = (entry, name) => call('PATCH', `api/entries/${entry.id}`, { name })

/** @param {Entry} entry @param {string} folder @param {string} [conflict] */
export const move = (entry, folder, conflict = 'fail') =>
  call('PATCH', `api/entries/${entry.id}`, { path: [folder, entry.name].filter(Boolean).join('/'), conflict })

/**
 * Moves an entry to another space.
 * @param {string | null} space
 * @param {Entry} entry
 * @param {string} to the id of the other space
 * @param {string} folder
 * @returns {Promise<{state?: string}>} the state of the move of a folder, which the service continues by itself
 */
export const moveAway = (space, entry, to, folder, conflict = 'fail') => call('POST', `${base(space)}tree/move`,
  { from: entry.path, to: [folder, entry.name].filter(Boolean).join('/'), space: to, conflict })

/**
 * Copies an entry, also to another space. The service copies no bytes.
 * @param {string | null} space
 * @param {Entry} entry
 * @param {string} to the id of the target space
 * @param {string} folder
 * @returns {Promise<Entry & {leftOut?: number}>}
 */
export const copy = (space, entry, to, folder, conflict = 'fail') => call('POST', `${base(space)}tree/copy`,
  { from: entry.path, to: [folder, entry.name].filter(Boolean).join('/'), space: to, conflict })

/** Moves an entry back to its path before it was moved or renamed. @param {Entry} entry the entry as it was before */
export const putBack = (entry) => call('PATCH', `api/entries/${entry.id}`, { path: entry.path, conflict: 'fail' })

/** @param {Entry} entry */
export const remove = (entry) => call('DELETE', `api/entries/${entry.id}`)

export const trash = (space, cursor) =>
  call('GET', `${base(space)}trash?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)

/**
 * @param {string | null} space
 * @param {{id: string, version?: number | null}} item
 * @param {{path?: string, conflict?: string}} [to]
 */
export const restore = (space, item, to = {}) =>
  call('POST', `${base(space)}trash/${item.id}/restore`, { ...(item.version ? { version: item.version } : {}),
    ...to })

export const forget = (space, item) => call('DELETE',
  `${base(space)}trash/${item.id}${item.version ? `?version=${item.version}` : ''}`)

export const emptyTrash = (space) => call('DELETE', `${base(space)}trash`)

/** @param {Entry} entry */
export const contentOf = (entry) => new URL(entry.contentUrl.replace(/^\//, ''), root).href

// Some proxies refuse longer addresses, although the service itself accepts 32 KiB.
const LONGEST_ADDRESS = 7_000

/**
 * Returns the addresses of as few archives as the length of addresses allows.
 * @param {string | null} space
 * @param {string} path
 * @param {string[]} names
 */
export function zipsOf(space, path, names) {
  const archives = [[]]
  for (const name of names) {
    if (zipOf(space, path, [...archives.at(-1), name]).length > LONGEST_ADDRESS && archives.at(-1).length > 0) {
      archives.push([])
    }
    archives.at(-1).push(name)
  }
  return archives.map((some) => zipOf(space, path, some))
}

/**
 * Returns the address of a ZIP archive of a folder, or of some of its entries.
 * @param {string | null} space
 * @param {string} path
 * @param {string[]} [names]
 */
export function zipOf(space, path, names = []) {
  const query = new URLSearchParams({ format: 'zip' })
  for (const name of names) query.append('name', name)
  return new URL(`${treeOf(space, asFolder(path))}?${query}`, root).href
}
