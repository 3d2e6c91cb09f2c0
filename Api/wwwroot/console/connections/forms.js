// The dialogs for adding a connection, signing in again, and renaming it.
import { call } from '../api.js'
import { h } from '../dom.js'
import { visible } from '../format.js'
import { depart } from '../overlay.js'
import { proofOf } from '../access/proof.js'
import { field } from '../parts/dialog.js'
import { choice, fill, tick } from '../parts/fields.js'
import { kindWord, storageMark } from '../parts/storage.js'
import { t } from '../texts/connections.js'
import { byAddress, byCode } from './signin.js'

/** @typedef {{kind: string, ways: string[], scopes: string[]}} Provider where people sign in */

// The credentials that each kind of storage accepts besides a sign-in at its provider.
const SECRETS = { 'google-drive': ['refreshToken', 'serviceAccount'], onedrive: ['refreshToken'], s3: ['accessKey'] }

// The kinds whose address the user enters.
const PLACES = { s3: bucketPlace }
const LARGEST_KEY = 32 << 10

/** The kinds of storages that can be added. */
export const addable = Object.keys(SECRETS)

const shortWord = (kind) => t.storage.kinds[kind]?.short ?? kindWord(kind)

/** Shows the rights that the provider will ask for. @param {Provider} provider */
const asked = ({ kind, scopes }) => h('div', {},
  h('p', { class: 'hint' }, t.connections.asks(shortWord(kind))),
  h('ul', { class: 'hint' }, scopes.map((scope) => h('li', { title: scope },
    t.connections.scopes[scope.split('/').at(-1)] ?? scope))))

/**
 * Creates the fields for the credentials, the usual way first.
 * @param {string} kind @param {Provider[]} providers
 */
function opensBy(kind, providers) {
  const provider = providers.find((one) => one.kind === kind && one.ways.length > 0)
  const ways = [...(provider?.ways ?? []), ...(SECRETS[kind] ?? ['refreshToken'])]
  const wordOf = (way) => t.connections.signInWith[way]?.(shortWord(kind)) ?? t.connections.ways[way]
  const way = choice(t.connections.by, ways.map((one) => [one, wordOf(one)]))
  const scopes = provider ? asked(provider) : h('div')
  const isSignIn = () => provider?.ways.includes(way.input.value) === true
  const token = field(t.connections.refreshToken, '', { type: 'password', autocomplete: 'off' })
  const file = h('input', { type: 'file', class: 'input file-input', accept: '.json,application/json' })
  const key = h('label', { class: 'field' }, t.connections.keyFile, file)
  const id = field(t.connections.accessKeyId, '', { maxlength: '256' })
  const secret = field(t.connections.secretAccessKey, '', { type: 'password', autocomplete: 'off', maxlength: '256' })
  const about = h('p', { class: 'hint' })
  const show = () => {
    const now = way.input.value
    scopes.hidden = !isSignIn()
    token.element.hidden = now !== 'refreshToken'
    key.hidden = now !== 'serviceAccount'
    token.input.required = !token.element.hidden
    for (const { element, input } of [id, secret]) {
      element.hidden = now !== 'accessKey'
      input.required = !element.hidden
    }
    about.textContent = isSignIn() ? t.connections.signInText[now](shortWord(kind))
      : { refreshToken: t.connections.tokenText,
      serviceAccount: t.connections.keyText, accessKey: t.connections.accessKeyText }[now]
  }
  way.input.addEventListener('change', show)
  show()
  return {
    elements: [...(ways.length > 1 ? [way.element] : []), scopes, token.element, key, id.element, secret.element,
      about],
    /** The way of the sign-in at the provider, or null if credentials are entered. */
    get way() { return isSignIn() ? way.input.value : null },
    /**
     * @returns {Promise<{refreshToken: string} | {serviceAccount: string} | {accessKeyId: string,
     *   secretAccessKey: string}>}
     */
    async read() {
      if (way.input.value === 'accessKey') {
        return { accessKeyId: id.input.value.trim(), secretAccessKey: secret.input.value.trim() }
      }
      if (way.input.value === 'refreshToken') return { refreshToken: token.input.value.trim() }
      const [chosen] = file.files
      if (!chosen) throw new Error(t.connections.noKey)
      if (chosen.size > LARGEST_KEY) throw new Error(t.connections.tooLarge)
      return { serviceAccount: await chosen.text() }
    }
  }
}

/** Creates the fields for the address of a bucket. */
function bucketPlace() {
  const endpoint = field(t.connections.endpoint, '', { type: 'url', inputmode: 'url',
    placeholder: t.connections.endpointHint })
  const region = field(t.connections.region, '', { maxlength: '64', placeholder: t.connections.regionHint })
  const bucket = field(t.connections.bucket, '', { maxlength: '63', placeholder: t.connections.bucketHint })
  const prefix = field(t.connections.prefix, '', { maxlength: '512', placeholder: t.connections.prefixHint })
  const hosts = tick(t.connections.hostStyle)
  const show = () => {
    region.input.required = endpoint.input.value.trim() === ''
    hosts.element.hidden = region.input.required
  }
  endpoint.input.addEventListener('input', show)
  show()
  const said = ({ input }) => input.value.trim() || undefined
  return {
    elements: [endpoint.element, region.element, bucket.element, prefix.element, hosts.element],
    read: () => ({ endpoint: said(endpoint), region: said(region), bucket: said(bucket), prefix: said(prefix),
      pathStyle: !hosts.element.hidden && hosts.input.checked ? false : undefined })
  }
}

/**
 * Starts a sign-in. The usual way opens the page of the provider, which returns the browser to this page.
 */
async function signIn(way, what) {
  const begun = await call('POST', 'api/connections/authorize', { ...what, way })
  if (way === 'browser') depart(begun.address)
  return { way, begun }
}

/**
 * Returns the outcome of a dialog, or null if the user cancelled or the browser is opening another page.
 * @param {any} sent @param {string} kind
 */
function outcome(sent, kind) {
  if (!sent?.begun) return sent
  const follow = { device: byCode, pasted: byAddress }[sent.way]
  return follow ? follow(sent.begun, shortWord(kind)) : null
}

/** Creates the introduction of a kind. @param {string} kind */
const lead = (kind) => h('div', { class: 'kind-lead' }, storageMark(kind, 'large'),
  h('div', {}, h('b', {}, kindWord(kind)), h('p', { class: 'hint' }, t.storage.kinds[kind]?.hint ?? '')))

/**
 * @param {any} me @param {Provider[]} providers
 * @returns {Promise<import('../parts/storage.js').Connection | null>}
 */
export async function add(me, providers) {
  const kind = choice(t.connections.kind, addable.map((one) => [one, kindWord(one)]))
  const name = field(t.connections.name, '', { maxlength: '200', placeholder: t.connections.nameHint })
  const place = h('div', { class: 'kind' })
  const proof = proofOf(me)
  let opens
  let where
  const show = () => {
    const now = kind.input.value
    opens = opensBy(now, providers)
    where = PLACES[now]?.()
    place.replaceChildren(lead(now), name.element, ...(where?.elements ?? []), ...opens.elements)
  }
  kind.input.addEventListener('change', show)
  show()
  return outcome(await fill({
    title: t.connections.add, text: [t.connections.addText], act: t.connections.addIt,
    fields: [...(addable.length > 1 ? [kind.element] : []), place, ...proof.elements,
      h('p', { class: 'hint' }, t.connections.keptText)],
    send: async () => {
      const what = { kind: kind.input.value, title: name.input.value.trim() || undefined, ...where?.read(),
        ...proof.values }
      return opens.way ? signIn(opens.way, what) : call('POST', 'api/connections', { ...what, ...await opens.read() })
    }
  }), kind.input.value)
}

/** @param {any} me @param {import('../parts/storage.js').Connection} connection @param {Provider[]} providers */
export async function renew(me, connection, providers) {
  const opens = opensBy(connection.kind, providers)
  const proof = proofOf(me)
  return outcome(await fill({
    title: t.connections.renewTitle(visible(connection.title)), text: [t.connections.renewText],
    act: t.storage.signInAgain,
    fields: [...opens.elements, ...proof.elements],
    send: async () => {
      if (opens.way) return signIn(opens.way, { connection: connection.id, ...proof.values })
      await call('PUT', `api/connections/${connection.id}/secret`, { ...await opens.read(), ...proof.values })
      // The test updates the state that is shown.
      return call('POST', `api/connections/${connection.id}/test`)
    }
  }), connection.kind)
}

/** @param {import('../parts/storage.js').Connection} connection */
export function rename(connection) {
  const name = field(t.connections.name, connection.title, { required: true, maxlength: '200' })
  return fill({
    title: t.connections.renameTitle(visible(connection.title)), fields: [name.element], act: t.connections.rename,
    send: () => call('PATCH', `api/connections/${connection.id}`, { title: name.input.value.trim() })
  })
}
