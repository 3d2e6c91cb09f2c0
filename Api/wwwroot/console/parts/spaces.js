// The spaces that the user sees, with their names and the user's rights.
import { call } from '../api.js'
import { visible } from '../format.js'
import { t } from '../texts/people.js'
import { learnNames, nameOfSubject } from './people.js'

// Other users create and share spaces, so the list expires.
const FRESH_MS = 15_000

/**
 * @typedef {{id: string, kind: 'shared' | 'own' | 'team', name: string, owner: string | null, canChange: boolean,
 *   entries: number, bytes: number, title: string, glyph: import('../dom.js').IconName, may: {change: boolean,
 *   remove: boolean}}} Space
 */

/** @type {Promise<Space[]> | null} */
let known = null
let at = 0

const GLYPHS = { shared: 'tenant', own: 'person', team: 'folder' }

/** @param {Space[]} all */
export const sharedOf = (all) => all.find(({ kind }) => kind === 'shared')

/**
 * Returns the space with this id, or the tenant's space if the id is null, as in addresses of the API.
 * @param {Space[]} all
 * @param {string | null} id
 */
export const spaceOf = (all, id) => (id === null ? sharedOf(all) : all.find((space) => space.id === id))

/** Returns the spaces of other users. @param {Space[]} all @param {any} me */
export const othersOf = (all, me) => all.filter(({ kind, owner }) => kind === 'own' && owner !== me.subject)

/** Discards the loaded spaces, because they have changed. */
export function forgetSpaces() { known = null }

/**
 * Returns the spaces: the user's own first, then the tenant's, then the others by name.
 * @param {any} me
 * @returns {Promise<Space[]>}
 */
export function spacesOf(me) {
  if (known && Date.now() - at < FRESH_MS) return known
  at = Date.now()
  const asked = read(me)
  known = asked
  asked.catch(() => { if (known === asked) known = null })
  return asked
}

async function read(me) {
  const { items } = await call('GET', 'api/spaces')
  await learnNames({ me }, items.map(({ owner }) => owner))
  const upload = me.scopes.includes('upload')
  const own = (space) => space.kind === 'own' && space.owner === me.subject
  const rank = (space) => (own(space) ? 0 : { shared: 1, team: 2, own: 3 }[space.kind])
  return items
    // A user without the right to upload does not need an empty space of their own.
    .filter((space) => !own(space) || upload || space.entries > 0)
    .map((space) => ({
      ...space, glyph: GLYPHS[space.kind],
      title: own(space) ? t.spaces.mine : space.kind === 'own' ? t.spaces.of(nameOfSubject(space.owner))
        : space.kind === 'shared' ? t.spaces.shared : visible(space.name),
      may: { change: upload && space.canChange, remove: me.scopes.includes('delete') && space.canChange }
    }))
    .sort((one, other) => rank(one) - rank(other) || one.title.localeCompare(other.title))
}
