// Exchanges a name and password, the operator key, or a one-time link for a session cookie that no script can read.
import { h, mark, s } from './console/dom.js'
import { reveal } from './console/parts/reveal.js'

const ways = ['by-password', 'by-key', 'by-link', 'signed-in', 'open']
const at = (id) => document.getElementById(id)
let csrfToken = null
let issuer = null
let people = null
let ticking = 0

/** Ends when the parts of the console that are being fetched have come. */
let fetched = Promise.resolve()
// A browser that leaves the page gives up what is on its way, and the console needs it at once.
const MOST_WAIT = 3_000

/** Why a sign-in with the issuer came back without success, by the word that the service sends. */
const faults = new Map(Object.entries({
  ended: 'This sign-in was begun in another browser, took longer than ten minutes, or was used already. Begin again.',
  cancelled: 'You cancelled the sign-in. Begin again, or sign in another way.',
  away: 'The issuer of the account does not answer. Try again in a moment, or sign in another way.',
  wrong_issuer: 'The answer came from another issuer than the one that was asked. Begin again; tell an operator if it happens again.',
  failed: 'The answer of the issuer is not valid. Begin again; tell an operator if it happens again.',
  unavailable: 'The service cannot reach its database. Try again in a moment.',
  not_linked: 'This account is linked to no user. Sign in another way and link it in “Your account”, or accept an invitation with it.',
  linked_elsewhere: 'This account is linked to another user. Unlink it there first.',
  disabled: 'The user of this account is disabled. Ask an administrator.',
  other_session: 'You are not signed in any more as the user who began to link the account. Sign in and begin again.',
  link_ended: 'The invitation was used or has expired. Ask for another.',
  for_password: 'This link is for a new password. Open it again and choose one.',
  no_tenant: 'Your user belongs to no tenant that can be used. Ask an administrator.'
}))

// The token leaves the address at once: it must not stay in the history or be copied with the address.
const token = new URLSearchParams(location.hash.slice(1)).get('link')
if (token) history.replaceState(null, '', location.pathname + location.search)

function show(way) {
  for (const part of ways) at(part).hidden = part !== way
  at('by-issuer').hidden = !issuer || !way.startsWith('by-')
  tell('')
  at(way).querySelector('input:not([hidden])')?.focus()
}

/** The way that this browser used last. At the service's own machine, before there are people, it is the key. */
function usual() {
  const own = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
  return localStorage.getItem('way') ?? (own && !people ? 'by-key' : 'by-password')
}

function post(path, body) {
  const headers = { 'Content-Type': 'application/json' }
  if (csrfToken) headers['X-CSRF-Token'] = csrfToken
  return fetch(path, { method: 'POST', headers, body: body && JSON.stringify(body) })
}

function tell(text) {
  clearInterval(ticking)
  at('fault').textContent = text
  at('fault').hidden = !text
}

/** Counts down until the next attempt is allowed. */
function pause(form, milliseconds) {
  const button = form.querySelector('[type=submit]')
  const until = Date.now() + milliseconds
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000)
    button.disabled = left > 0
    at('fault').textContent = left > 0 ? `Too many failed attempts. You can try again in ${left} s.` : 'You can try again now.'
    if (left <= 0) clearInterval(ticking)
  }
  ticking = setInterval(tick, 250)
  tick()
}

async function signIn(way, body) {
  const form = at(way)
  const button = form.querySelector('[type=submit]')
  button.disabled = true
  tell('')
  for (const input of form.querySelectorAll('input')) input.removeAttribute('aria-invalid')
  try {
    const answer = await post('signin', { ...body, return: new URLSearchParams(location.search).get('return') })
    const said = await answer.json()
    if (answer.ok) {
      if (way !== 'by-link' || body.password) localStorage.setItem('way', way === 'by-key' ? 'by-key' : 'by-password')
      await Promise.race([fetched, new Promise((resolve) => setTimeout(resolve, MOST_WAIT))])
      location.replace('.' + said.return)
      return
    }
    button.disabled = false
    at('ended').hidden = true
    refuse(way, said)
  } catch {
    button.disabled = false
    tell('The service does not answer. Try again when it runs.')
  }
}

/** Goes to the issuer, which sends the browser back. */
async function goToIssuer() {
  const button = at('use-issuer')
  button.disabled = true
  tell('')
  try {
    const link = at('by-link').hidden ? {} : { link: token }
    const answer = await post('signin/issuer', { ...link, return: new URLSearchParams(location.search).get('return') })
    const said = await answer.json()
    if (answer.ok) { location.assign(said.address); return }
    tell(said.detail)
  } catch {
    tell('The service does not answer. Try again when it runs.')
  }
  button.disabled = false
}

/** Asks for a link for a new password. The answer is the same whether there is such a user. */
async function forgotten() {
  const name = at('name').value.trim()
  tell(name ? '' : 'Type your name for signing in first.')
  at('mailed').hidden = true
  if (!name) { at('name').focus(); return }
  at('forgotten').disabled = true
  try {
    const answer = await post('signin/forgotten', { name })
    if (answer.ok) {
      at('mailed').textContent = `If ${name} is a user with an e-mail address, a link for a new password is on its way. It is valid for an `
        + 'hour. You can ask again in five minutes.'
      at('mailed').hidden = false
    } else tell((await answer.json()).detail)
  } catch {
    tell('The service does not answer. Try again when it runs.')
  }
  at('forgotten').disabled = false
}

// The browser's back button restores the page as it was left, with this button disabled.
addEventListener('pageshow', () => { at('use-issuer').disabled = false })

function refuse(way, said) {
  const form = at(way)
  if (said.code === 'password_needed') {
    // The link of a user: the person chooses the password. The first refusal only says that one is needed.
    const first = at('new-password-field').hidden
    at('new-password-field').hidden = false
    const [name] = said.errors?.name ?? []
    at('link-text').textContent = 'Choose a password. With it and your name you sign in from now on.'
    at('link-name').value = name ?? ''
    at('link-name-field').hidden = !name
    const linked = said.errors?.keepAccounts ?? []
    at('accounts').hidden = !linked.length
    at('account-list').replaceChildren(...linked.map((one) => h('li', {}, one)))
    if (!first) tell(said.detail)
    at('new-password').focus()
    return
  }
  if (said.code === 'code_needed' || said.code === 'invalid_code') {
    askCode(way, said)
    return
  }
  if (way === 'by-link') show(usual())
  tell(said.code === 'invalid_password' ? `${said.detail} ${lost()}`
    : said.detail)
  if (said.retryAfterMs) { pause(form, said.retryAfterMs); return }
  const secret = form.querySelector('.secret input')
  secret.setAttribute('aria-invalid', 'true')
  secret.value = ''
  if (way !== 'by-link') secret.focus()
}

const lost = () => (at('forgotten').hidden ? 'If you have forgotten it, an administrator can give you a link for a new one.'
  : 'If you have forgotten it, ask for a link below.')

/** The name and the password are right; the second factor is missing. The first refusal only says that it is needed. */
function askCode(way, said) {
  const [part, input] = way === 'by-link' ? [at('link-code-field'), at('link-code')] : [at('code-field'), at('code')]
  part.hidden = false
  if (said.code === 'invalid_code') {
    tell(said.detail)
    input.setAttribute('aria-invalid', 'true')
  }
  input.value = ''
  input.required = true
  input.focus()
}

const codeOf = (input) => (input.value ? { code: input.value.replaceAll(' ', '') } : {})

at('by-password').addEventListener('submit', (event) => {
  event.preventDefault()
  signIn('by-password', { name: at('name').value, password: at('password').value, ...codeOf(at('code')) })
})

at('by-key').addEventListener('submit', (event) => {
  event.preventDefault()
  signIn('by-key', { key: at('key').value })
})

at('by-link').addEventListener('submit', (event) => {
  event.preventDefault()
  const password = at('new-password').value
  const kept = at('keep-accounts').checked ? { keepAccounts: true } : {}
  signIn('by-link', { link: token, ...(password ? { password } : {}), ...kept, ...codeOf(at('link-code')) })
})

// Another person has another second factor.
at('name').addEventListener('input', () => {
  at('code-field').hidden = true
  at('code').required = false
  at('code').value = ''
})

for (const id of ['password', 'key', 'new-password']) reveal(at(id), { show: 'Show what you typed', hide: 'Hide what you typed' })

at('forgotten').addEventListener('click', forgotten)
at('use-issuer').addEventListener('click', goToIssuer)
at('use-key').addEventListener('click', () => show('by-key'))
at('use-password').addEventListener('click', () => show('by-password'))
at('use-other').addEventListener('click', () => show(usual()))

at('sign-out').addEventListener('click', async () => {
  const answer = await post('signout')
  if (answer.ok) location.reload()
  else tell((await answer.json()).detail)
})

at('theme').addEventListener('click', () => {
  const { dataset } = document.documentElement
  const dark = dataset.theme ? dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  dataset.theme = dark ? 'light' : 'dark'
  localStorage.setItem('theme', dataset.theme)
})

/** Cells that have settled, some of them just arriving. The same ones each time. */
function ground() {
  const svg = s('svg', { class: 'ground', 'aria-hidden': 'true', preserveAspectRatio: 'xMidYMax slice' })
  let seed = 7
  const next = () => (seed = (seed * 48271) % 2147483647) / 2147483647
  for (let column = 0; column < 160; column++) {
    const height = 1 + Math.floor(next() * next() * 6)
    for (let row = 0; row < height; row++) {
      if (next() < 0.04) continue
      const arriving = row === height - 1 && next() < 0.1
      const [x, y] = [column * 16 + 1, 81 - row * 16]
      svg.append(s('rect', { class: arriving ? 'cell-soft' : 'cell-waiting', x, y, width: 14, height: 14, rx: 3 }))
    }
  }
  return svg
}

async function look() {
  try {
    const answer = await fetch('health/ready', { cache: 'no-store' })
    at('health').textContent = answer.ok ? 'Service ready' : 'Service not ready'
  } catch {
    at('health').textContent = 'Service not reachable'
  }
}

/** Fetches what the console needs while a person types, so that it opens at once. The packed console names its parts. */
async function fetchConsole() {
  if (navigator.connection?.saveData) return
  const root = new URL('console/', document.baseURI)
  const page = new DOMParser().parseFromString(await (await fetch(root)).text(), 'text/html')
  const named = [...page.querySelectorAll('script[src], link[rel=stylesheet]')]
    .map((part) => part.getAttribute('src') ?? part.getAttribute('href'))
  const early = page.querySelector('meta[name=early]')?.content.split(' ') ?? []
  await Promise.allSettled([...named, ...early].map((path) => {
    const { href } = new URL(path, root)
    // Browsers ask for a module otherwise than for other files, and keep the answers apart.
    if (!href.endsWith('.js')) return fetch(href, { priority: 'low' }).then((answer) => answer.blob())
    return new Promise((resolve) => document.head.append(
      h('link', { rel: 'modulepreload', href, fetchpriority: 'low', on: { load: resolve, error: resolve } })))
  }))
}

async function start() {
  at('brand').prepend(mark())
  document.body.append(ground())
  at('host').textContent = location.host
  const asked = new URLSearchParams(location.search)
  at('ended').hidden = !asked.has('ended')
  look()
  try {
    const state = await (await fetch('signin/state')).json()
    csrfToken = state.csrfToken
    issuer = state.issuer
    people = state.people
    at('forgotten').hidden = !state.mail
    at('use-issuer').textContent = `Continue with ${issuer}`
    if (!state.keyNeeded) { show('open'); return }
    if (state.subject && !token) {
      at('title').textContent = 'Signed in to ChunkUpload'
      show('signed-in')
      tell(faults.get(asked.get('fault')) ?? '')
      const me = await (await fetch('api/me')).json()
      at('who').replaceChildren('You are signed in as ', h('b', {}, me.displayName ?? me.name ?? state.subject), '.')
      return
    }
  } catch {
    show(token ? 'by-link' : usual())
    tell('The service does not answer. Try again when it runs.')
    return
  }
  show(token ? 'by-link' : usual())
  tell(faults.get(asked.get('fault')) ?? '')
  // What is missing is fetched by the console itself.
  fetched = fetchConsole().catch(() => {})
}

start()
