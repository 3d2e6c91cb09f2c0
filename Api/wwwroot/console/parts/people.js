// The names behind ids in the service's answers: people, keys, links.
import { call } from '../api.js'
import { visible } from '../format.js'
import { t } from '../texts/people.js'

// Enough to name all who are in a list.
const MOST = 500

/** @type {Map<string, string>} */
const known = new Map()
let asked = null

/** Learns the names that this person may see; it never fails. @param {{me: any}} shell */
export function learnNames({ me }) {
  known.set('operator', t.people.operator)
  if (me.id) known.set(`user:${me.id}`, me.displayName)
  // A failed query is repeated at the next call.
  const list = (path) => call('GET', path).then(({ items }) => items, () => { asked = null; return [] })
  asked ??= Promise.all(me.scopes.includes('admin') ? [list(`api/users?limit=${MOST}`), list('api/keys')] : [[], []])
    .then(([users, keys]) => {
      for (const { id, displayName } of users) known.set(`user:${id}`, displayName)
      for (const { id, name } of keys) known.set(`key:${id}`, name)
    })
  return asked
}

/** The name that is shown for a subject. @param {string} subject such as user:5f0c…, key:…, link:… or operator */
export const nameOfSubject = (subject) =>
  (known.has(subject) ? visible(known.get(subject)) : t.people.kinds[subject.split(':')[0]] ?? visible(subject))
