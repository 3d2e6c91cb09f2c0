// Resolves the ids of users, keys and links in the service's answers to names.
import { call } from '../api.js'
import { visible } from '../format.js'
import { t } from '../texts/people.js'

// The largest number of users that are loaded to name the users of a list.
const MOST = 500
// The largest number of subjects that one call accepts.
const MOST_ASKED = 100

/** @type {Map<string, string>} */
const known = new Map()
/** Subjects that the service has no name for. */
const nameless = new Set()
/** Subjects whose names are being loaded. */
const awaited = new Set()
let asked = null
let loadsAll = false

/**
 * Loads the names that the user may see. It never throws.
 * @param {{me: any}} shell
 * @param {(string | null | undefined)[]} [subjects] the subjects that are shown, such as the owners of entries; if
 *   omitted, administrators load all names
 */
export async function learnNames({ me }, subjects) {
  known.set('operator', t.people.operator)
  if (me.id) known.set(`user:${me.id}`, me.displayName)
  await (subjects ? ask(me, subjects) : all(me))
}

function all(me) {
  // A failed request is repeated by the next call.
  const list = (path) => call('GET', path).then(({ items }) => items, () => { asked = null; return [] })
  if (asked) return asked
  loadsAll = true
  asked = Promise.all(me.scopes.includes('admin') ? [list(`api/users?limit=${MOST}`), list('api/keys')] : [[], []])
    .then(([users, keys]) => {
      loadsAll = false
      for (const { id, displayName } of users) known.set(`user:${id}`, displayName)
      for (const { id, name } of keys) known.set(`key:${id}`, name)
    })
  return asked
}

async function ask(me, subjects) {
  if (!me.scopes.includes('list')) return
  const open = [...new Set(subjects)].filter((one) => /^(user|key):/.test(one ?? '') && !known.has(one)
    && !nameless.has(one))
  const parts = Array.from({ length: Math.ceil(open.length / MOST_ASKED) },
    (_, i) => open.slice(i * MOST_ASKED, (i + 1) * MOST_ASKED))
  await Promise.all(parts.map(async (some) => {
    for (const one of some) awaited.add(one)
    try {
      const { items } = await call('GET', `api/names?${new URLSearchParams(some.map((one) => ['subject', one]))}`)
      for (const { subject, name } of items) known.set(subject, name)
      for (const one of some) if (!known.has(one)) nameless.add(one)
    } catch {
      // The next list requests them again.
    } finally {
      for (const one of some) awaited.delete(one)
    }
  }))
}

/**
 * Returns the display name of a subject, or an empty text while the name is being loaded.
 * @param {string} subject such as user:5f0c…, key:…, link:… or operator
 */
export function nameOfSubject(subject) {
  if (known.has(subject)) return visible(known.get(subject))
  if (awaited.has(subject) || (loadsAll && /^(user|key):/.test(subject))) return ''
  return t.people.kinds[subject.split(':')[0]] ?? visible(subject)
}
