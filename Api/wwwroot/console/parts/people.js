// The names behind ids in the service's answers: people, keys, links.
import { call } from '../api.js'
import { visible } from '../format.js'
import { t } from '../texts/people.js'

// Enough to name all who are in a list.
const MOST = 500
// As many as one call for names takes.
const MOST_ASKED = 100

/** @type {Map<string, string>} */
const known = new Map()
/** Subjects that were asked for and have no name. */
const nameless = new Set()
let asked = null

/**
 * Learns the names that this person may see; it never fails.
 * @param {{me: any}} shell
 * @param {(string | null | undefined)[]} [subjects] that are shown, such as the owners of entries; without them,
 *   administrators learn all
 */
export async function learnNames({ me }, subjects) {
  known.set('operator', t.people.operator)
  if (me.id) known.set(`user:${me.id}`, me.displayName)
  await (subjects ? ask(me, subjects) : all(me))
}

function all(me) {
  // A failed query is repeated at the next call.
  const list = (path) => call('GET', path).then(({ items }) => items, () => { asked = null; return [] })
  asked ??= Promise.all(me.scopes.includes('admin') ? [list(`api/users?limit=${MOST}`), list('api/keys')] : [[], []])
    .then(([users, keys]) => {
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
    try {
      const { items } = await call('GET', `api/names?${new URLSearchParams(some.map((one) => ['subject', one]))}`)
      for (const { subject, name } of items) known.set(subject, name)
      for (const one of some) if (!known.has(one)) nameless.add(one)
    } catch {
      // The next list asks again.
    }
  }))
}

/** The name that is shown for a subject. @param {string} subject such as user:5f0c…, key:…, link:… or operator */
export const nameOfSubject = (subject) =>
  (known.has(subject) ? visible(known.get(subject)) : t.people.kinds[subject.split(':')[0]] ?? visible(subject))
