// Builds the API addresses of folders. They are also used to request a folder before its screen is loaded.
import { ask, foreseen } from '../api.js'
import { encoded } from '../format.js'
import { homeOf } from '../router.js'

const PAGE = 200
const FORESEEN_MS = 5_000

/** Returns the base path of a space, or of the default space. @param {string | null} space */
export const base = (space) => (space ? `api/spaces/${space}/` : 'api/')

/** @param {string} path */
export const asFolder = (path) => (path === '' || path.endsWith('/') ? path : `${path}/`)

export const treeOf = (space, path) => `${base(space)}tree/${path ? encoded(path) : ''}`

/**
 * Returns the address of one page of a folder.
 * @param {string | null} space @param {string} path
 * @param {{sort?: string, cursor?: string | null, search?: string, kind?: string, arriving?: boolean,
 *   counts?: boolean, totals?: boolean, recursive?: boolean, limit?: number}} [query]
 */
export function listAt(space, path, { sort, cursor, search, kind, recursive, limit = PAGE, ...flags } = {}) {
  const query = new URLSearchParams({ format: 'json', limit: String(limit) })
  // Names are sorted naturally: 9 before 10, a before B.
  if (!search && !recursive) query.set('sort', (sort ?? 'name').replace('name', 'natural'))
  for (const [name, value] of Object.entries({ search, kind, cursor })) if (value) query.set(name, value)
  for (const [name, value] of Object.entries({ recursive, ...flags })) if (value) query.set(name, 'true')
  return `${treeOf(space, asFolder(path))}?${query}`
}

/**
 * Requests the data that the Files screen needs first, while its modules load.
 * @param {any} me
 * @param {import('../router.js').Route} route
 */
export function foresee(me, { path, query }) {
  const space = query.get('space') ?? homeOf(me)
  const isListed = !query.get('search') && !query.get('view')
  const list = isListed ? [listAt(space, path.join('/'), { sort: query.get('sort') ?? 'name', ...FIRST })] : []
  for (const address of ['api/spaces', ...list]) {
    const answer = ask('GET', address)
    foreseen.set(address, answer)
    // The screen reports the error. An answer that is not used soon is discarded, so that no screen gets an outdated
    // one.
    answer.catch(() => {}).then(() => setTimeout(() => foreseen.delete(address), FORESEEN_MS))
  }
}

/** The query options of the first page. */
export const FIRST = { arriving: true, counts: true, totals: true }
