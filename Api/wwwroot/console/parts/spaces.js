// The spaces that a person sees: which one is meant where none is named, what each is called, and what the person may
// do there.
import { call } from '../api.js'
import { visible } from '../format.js'
import { t } from '../texts/people.js'
import { learnNames, nameOfSubject } from './people.js'

// Others make and share spaces, too.
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
 * The space with this id; without an id the tenant's, as in addresses of the API.
 * @param {Space[]} all
 * @param {string | null} id
 */
export const spaceOf = (all, id) => (id === null ? sharedOf(all) : all.find((space) => space.id === id))

/** The files of other people. @param {Space[]} all @param {any} me */
export const othersOf = (all, me) => all.filter(({ kind, owner }) => kind === 'own' && owner !== me.subject)

/** The spaces have changed. */
export function forgetSpaces() { known = null }

/** The person's own first, then the tenant's, then the others by name. @param {any} me @returns {Promise<Space[]>} */
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
    // Who cannot put anything there needs no place of their own.
    .filter((space) => !own(space) || upload || space.entries > 0)
    .map((space) => ({
      ...space, glyph: GLYPHS[space.kind],
      title: own(space) ? t.spaces.mine : space.kind === 'own' ? t.spaces.of(nameOfSubject(space.owner))
        : space.kind === 'shared' ? t.spaces.shared : visible(space.name),
      may: { change: upload && space.canChange, remove: me.scopes.includes('delete') && space.canChange }
    }))
    .sort((one, other) => rank(one) - rank(other) || one.title.localeCompare(other.title))
}
