// The storages that can be the ends of a transfer, and their folders.
import { call } from '../api.js'
import { list } from '../files/tree.js'
import { visible } from '../format.js'
import { spacesOf } from '../parts/spaces.js'
import { OWN, WEB, isReady, kindWord } from '../parts/storage.js'
import { t } from '../texts/transfers.js'

/**
 * @typedef {import('./selection.js').Node} Node
 * @typedef {{id: string, connection: string | null, kind: string, title: string, ready: boolean,
 *   usedBytes: number | null, totalBytes: number | null, takes: boolean, gives: boolean,
 *   roots: () => Promise<Node[]>, children: (node: Node, cursor: string | null,
 *   folders: boolean) => Promise<{items: Node[], next: string | null}>, find?: (id: string) => Promise<Node>,
 *   written?: boolean}} Place `takes`: files can be brought to it; `gives`: from it; `written`: a person writes
 *   addresses, and there is no tree
 */

// The kinds of storages that a pair can keep in sync.
export const PAIR_KINDS = [OWN, 'folder', 'google-drive', 'onedrive', 's3']

// Places of an account that are lists instead of folders.
const LISTS = ['shared-with-me']

/** @param {any} me @returns {Place} */
export function ownPlace(me) {
  /** @returns {Node} */
  const node = (entry, space, parent) => ({
    id: entry.id, name: entry.name, kind: entry.kind === 'folder' ? 'folder' : 'file', size: entry.size,
    skip: entry.kind === 'link' ? t.make.cannotGo : null, parent, space, path: entry.path
  })
  return {
    id: OWN, connection: null, kind: OWN, title: t.storage.own, ready: true, usedBytes: null, totalBytes: null,
    takes: true, gives: true,
    roots: async () => (await spacesOf(me)).map(({ id, title, kind, glyph, may }) => ({
      id, name: title, kind: 'folder', size: null, skip: null, parent: null, space: id, path: '', fixed: true, glyph,
      isShared: kind === 'shared', closed: !may.change
    })),
    async children(folder, cursor, folders) {
      const page = await list(folder.space, folder.path, { cursor, ...(folders ? { kind: 'folder' } : {}) })
      return { items: page.items.map((entry) => node(entry, folder.space, folder)), next: page.nextCursor }
    },
    find: async (id) => node(await call('GET', `api/entries/${id}`), null, null)
  }
}

/** Returns the place for addresses of the web. @returns {Place} */
export const webPlace = () => ({
  id: WEB, connection: null, kind: WEB, title: kindWord(WEB), ready: true, usedBytes: null, totalBytes: null,
  takes: false, gives: true,
  written: true,
  roots: async () => [], children: async () => ({ items: [], next: null })
})

/** @param {import('../parts/storage.js').Connection} connection @returns {Place} */
export function placeOf(connection) {
  const look = async (folder, cursor) => {
    const query = new URLSearchParams()
    if (folder) query.set('folder', folder)
    if (cursor) query.set('cursor', cursor)
    return call('GET', `api/connections/${connection.id}/items?${query}`)
  }
  return {
    id: connection.id, connection: connection.id, kind: connection.kind, title: visible(connection.title),
    ready: isReady(connection),
    usedBytes: connection.usedBytes, totalBytes: connection.totalBytes, takes: connection.canWrite,
    gives: connection.canRead,
    roots: async () => (await look('', null)).items.map((item) => ({ ...item, parent: null, fixed: true })),
    async children(folder, cursor, folders) {
      const { items, nextCursor } = await look(folder.id, cursor)
      return { items: items.filter(({ kind }) => !folders || kind === 'folder').map((item) => ({ ...item,
        parent: folder })),
        next: nextCursor }
    }
  }
}

/** Returns whether files can be written to a folder. @param {Node} node */
export const isTarget = ({ id, kind, closed }) => kind === 'folder' && !LISTS.includes(id) && !closed
