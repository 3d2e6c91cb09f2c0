// The browsers in which the user is signed in; with the operator key, those of all users.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import { bytes, visible } from '../format.js'
import { clientOf } from '../parts/client.js'
import { sure } from '../parts/fields.js'
import { learnNames, nameOfSubject } from '../parts/people.js'
import { named, row, time } from '../parts/table.js'
import { t } from '../texts/access.js'
import { ListPane } from './pane.js'

/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.sessions.browser, 'lead'], [t.sessions.who], [t.sessions.since], [t.sessions.last],
  [t.sessions.activity, 'wide'],
  [t.sessions.ends], [t.acts, 'acts']]
/** @type {import('../parts/table.js').Column[]} */
const KEY_COLUMNS = [[t.keys.key, 'lead'], [t.sessions.who], [t.sessions.since], [t.sessions.last],
  [t.sessions.activity, 'wide']]

/** @param {import('./screen.js').AccessScreen} screen @param {URLSearchParams} query */
export function open(screen, query) {
  const user = query.get('user')
  const of = user ? `?user=${encodeURIComponent(user)}` : ''
  let nameOf = (subject) => subject
  const hint = h('span', {}, t.sessions.hint)
  const pane = new ListPane(screen, {
    label: t.access.titles.sessions, hint, columns: COLUMNS, empty: t.sessions.empty,
    acts: [button(t.sessions.endOthers, { act: () => endOthers(pane, of) })],
    read: async () => {
      const found = await call('GET', `api/sign-ins${of}`)
      nameOf = await namesOf(screen, found.items.map(({ subject }) => subject))
      if (user) hint.textContent = t.sessions.of(visible(nameOf(`user:${user}`)))
      return found
    },
    row: (session) => rowOf(pane, session, nameOf, of)
  })
  if (user) return pane
  const others = keys(screen)
  pane.element.append(others.element)
  return { element: pane.element, close: () => { pane.close(); others.close() } }
}

/** Returns the names of these subjects, including those that are in no list of the user. */
async function namesOf(screen, subjects) {
  const [known] = await Promise.all([screen.names(), learnNames(screen.shell, subjects)])
  return (subject) => (known(subject) === subject ? nameOfSubject(subject) : known(subject))
}

/** Lists the valid keys with their activity. Keys are created and revoked on the Keys screen. */
function keys(screen) {
  let nameOf = (subject) => subject
  return new ListPane(screen, {
    label: t.access.titles.keys, hint: t.sessions.keysHint, columns: KEY_COLUMNS, empty: t.keys.empty,
    read: async (cursor) => {
      const found = await readValidKeys(cursor)
      nameOf = await namesOf(screen, found.items.map(({ user }) => user && `user:${user}`))
      return found
    },
    row: (key) => row(KEY_COLUMNS, [
      named(visible(key.name), h('code', {}, `${key.prefix}…`)),
      key.kind === 'tenant' ? t.keys.ofTenant : visible(nameOf(`user:${key.user}`)),
      time(key.createdAt), time(key.usedAt), activityOf(key)
    ], { 'data-id': key.id })
  })
}

/** Returns the next page that contains a valid key, or the last page. @param {string | null} cursor */
export async function readValidKeys(cursor) {
  const valid = ({ revokedAt, expiresAt }) => !revokedAt && (!expiresAt || Date.parse(expiresAt) > Date.now())
  for (let next = cursor; ;) {
    const { items, nextCursor } = await call('GET', `api/keys${next ? `?cursor=${encodeURIComponent(next)}` : ''}`)
    const found = items.filter(valid)
    if (found.length > 0 || !nextCursor) return { items: found, nextCursor }
    next = nextCursor
  }
}

/** Returns the activity: open uploads, totals and the network; for a browser, its own activity comes first. */
function activityOf({ activity, running, receivedToday, sentToday }) {
  return [
    running !== undefined && h('p', {}, t.sessions.today(running, bytes(receivedToday), bytes(sentToday))),
    h('span', {}, t.sessions.open(activity.openUploads),
      activity.network && `, ${t.sessions.network(activity.network)}`),
    h('p', {}, t.sessions.totals(bytes(activity.storedBytes), bytes(activity.received), bytes(activity.sent)))
  ]
}

function rowOf(pane, session, nameOf, of) {
  const name = clientOf(session.client) || t.sessions.unknown
  const end = () => pane.act(async () => { await call('DELETE', `api/sign-ins/${session.id}${of}`) },
    t.sessions.ended(name))
  return row(COLUMNS, [
    named(h('span', { title: session.client }, name), session.address ?? ''), nameOf(session.subject),
    time(session.since),
    time(session.usedAt), activityOf(session), time(session.expiresAt),
    session.current ? h('span', { class: 'state calm' }, icon('check'), t.sessions.current)
      : button(t.sessions.end, { kind: 'small', 'aria-label': t.sessions.endOf(name), act: end })
  ], { 'data-id': session.id })
}

async function endOthers(pane, of) {
  const others = pane.items.filter(({ current }) => !current)
  if (others.length === 0 || !await sure(t.sessions.endTitle(others.length), t.sessions.endText, t.sessions.end)) {
    return
  }
  await pane.act(async () => {
    for (const { id } of others) {
      // A session that has ended meanwhile is no error.
      await call('DELETE', `api/sign-ins/${id}${of}`).catch((error) => { if (error.status !== 404) throw error })
    }
  }, t.sessions.allEnded)
}
