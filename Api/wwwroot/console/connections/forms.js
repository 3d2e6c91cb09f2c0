// The dialogs that add a connection, sign it in again and rename it.
import { call } from '../api.js'
import { h, icon } from '../dom.js'
import { visible } from '../format.js'
import { proofOf } from '../access/proof.js'
import { field } from '../parts/dialog.js'
import { choice, fill } from '../parts/fields.js'
import { kindWord, storageMark } from '../parts/storage.js'
import { t } from '../texts/connections.js'

// What opens each kind of storage, the usual way first.
const SECRETS = { 'google-drive': ['refreshToken', 'serviceAccount'] }
const LARGEST_KEY = 32 << 10

/** The kinds that can be added here. */
export const addable = Object.keys(SECRETS)

/** The fields of what opens a storage. @param {string} kind */
function secretOf(kind) {
  const ways = SECRETS[kind] ?? SECRETS['google-drive']
  const way = choice(t.connections.by, ways.map((one) => [one, t.connections.ways[one]]))
  const token = field(t.connections.refreshToken, '', { type: 'password', autocomplete: 'off' })
  const file = h('input', { type: 'file', class: 'input file-input', accept: '.json,application/json' })
  const key = h('label', { class: 'field' }, t.connections.keyFile, file)
  const about = h('p', { class: 'hint' })
  const show = () => {
    token.element.hidden = way.input.value !== 'refreshToken'
    key.hidden = !token.element.hidden
    token.input.required = !token.element.hidden
    about.textContent = key.hidden ? t.connections.tokenText : t.connections.keyText
  }
  way.input.addEventListener('change', show)
  show()
  return {
    elements: [...(ways.length > 1 ? [way.element] : []), token.element, key, about],
    /** @returns {Promise<{refreshToken: string} | {serviceAccount: string}>} */
    async read() {
      if (way.input.value === 'refreshToken') return { refreshToken: token.input.value.trim() }
      const [chosen] = file.files
      if (!chosen) throw new Error(t.connections.noKey)
      if (chosen.size > LARGEST_KEY) throw new Error(t.connections.tooLarge)
      return { serviceAccount: await chosen.text() }
    }
  }
}

/** What the user sees first of a kind. @param {string} kind */
const lead = (kind) => h('div', { class: 'kind-lead' }, storageMark(kind, 'large'),
  h('div', {}, h('b', {}, kindWord(kind)), h('p', { class: 'hint' }, t.storage.kinds[kind]?.hint ?? '')))

/**
 * Links to the providers' own sign-in pages, for kinds whose application the operator has set up.
 * @param {string} kind @param {{kind: string, href: string}[]} signIns
 */
const signInLinks = (kind, signIns) => signIns.filter((one) => one.kind === kind).map(({ href }) =>
  h('a', { class: 'button primary', href }, icon('out'), t.connections.signInWith(t.storage.kinds[kind]?.short ?? kindWord(kind))))

/**
 * @param {any} me @param {{kind: string, href: string}[]} signIns
 * @returns {Promise<import('../parts/storage.js').Connection | null>}
 */
export async function add(me, signIns = []) {
  const kind = choice(t.connections.kind, addable.map((one) => [one, kindWord(one)]))
  const name = field(t.connections.name, '', { maxlength: '200', placeholder: t.connections.nameHint })
  const place = h('div', { class: 'kind' })
  const proof = proofOf(me)
  let secret
  const show = () => {
    const now = kind.input.value
    secret = secretOf(now)
    const links = signInLinks(now, signIns)
    place.replaceChildren(lead(now), ...(links.length > 0 ? [...links, h('p', { class: 'hint' }, t.connections.or)] : []),
      name.element, ...secret.elements)
  }
  kind.input.addEventListener('change', show)
  show()
  return fill({
    title: t.connections.add, text: [t.connections.addText], act: t.connections.addIt,
    fields: [...(addable.length > 1 ? [kind.element] : []), place, ...proof.elements,
      h('p', { class: 'hint' }, t.connections.keptText)],
    send: async () => call('POST', 'api/connections', {
      kind: kind.input.value, title: name.input.value.trim() || undefined, ...await secret.read(), ...proof.values
    })
  })
}

/** @param {any} me @param {import('../parts/storage.js').Connection} connection @param {{kind: string, href: string}[]} signIns */
export function renew(me, connection, signIns = []) {
  const secret = secretOf(connection.kind)
  const proof = proofOf(me)
  const links = signInLinks(connection.kind, signIns)
  return fill({
    title: t.connections.renewTitle(visible(connection.title)), text: [t.connections.renewText], act: t.storage.signInAgain,
    fields: [...links, ...secret.elements, ...proof.elements],
    send: async () => {
      await call('PUT', `api/connections/${connection.id}/secret`, { ...await secret.read(), ...proof.values })
      // The state that is shown afterwards is the storage's own answer.
      return call('POST', `api/connections/${connection.id}/test`)
    }
  })
}

/** @param {import('../parts/storage.js').Connection} connection */
export function rename(connection) {
  const name = field(t.connections.name, connection.title, { required: true, maxlength: '200' })
  return fill({
    title: t.connections.renameTitle(visible(connection.title)), fields: [name.element], act: t.connections.rename,
    send: () => call('PATCH', `api/connections/${connection.id}`, { title: name.input.value.trim() })
  })
}
