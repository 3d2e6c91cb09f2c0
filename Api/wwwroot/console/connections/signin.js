// Sign-ins after which the provider does not return the browser to this page: the user enters a code on any device,
// or copies an address back.
import { call, codeOf } from '../api.js'
import { h } from '../dom.js'
import { moment } from '../format.js'
import { ask, field } from '../parts/dialog.js'
import { fill } from '../parts/fields.js'
import { copyButton } from '../parts/command.js'
import { t } from '../texts/connections.js'

const EVERY = 2_000

/**
 * @typedef {{address: string, comesBackTo: string | null, id: string | null, userCode: string | null,
 *   expiresAt: string | null}} Begun
 * @typedef {import('../parts/storage.js').Connection} Connection
 */

const page = (address, name) =>
  h('div', {}, h('a', { class: 'button', href: address, target: '_blank', rel: 'noopener noreferrer' },
    t.connections.openPage(name)))

/**
 * Shows the code until it was entered, or until the user cancels.
 * @param {Begun} begun @param {string} name the name of the provider
 * @returns {Promise<Connection | null>} null if the user cancelled
 */
export async function byCode({ address, id, userCode, expiresAt }, name) {
  const code = h('output', { 'aria-label': t.connections.code }, userCode)
  const state = h('p', { class: 'hint', role: 'status' }, t.connections.waits(moment(expiresAt)))
  const place = h('div', { class: 'user-code' }, h('div', {}, code,
    copyButton(() => userCode, t.connections.copyCode, code)), state)
  let end = null
  let timer = 0
  const look = async () => {
    const now = await call('GET', `api/connections/sign-ins/${id}`).catch((error) => {
      if (codeOf(error) === 'no_such_provider_sign_in') return { state: 'failed', fault: 'ended' }
      state.textContent = error.message
      return { state: 'pending' }
    })
    if (timer === 0) return
    if (now.state === 'pending') timer = setTimeout(look, EVERY)
    else {
      end = now
      place.closest('dialog')?.close()
    }
  }
  timer = setTimeout(look, EVERY)
  await ask({
    title: t.connections.codeTitle(name), text: [t.connections.codeText(address)],
    fields: [place, page(address, name)],
    answers: [{ word: t.connections.giveUp, value: null, kind: 'plain' }], dismiss: null
  })
  clearTimeout(timer)
  timer = 0
  if (!end) {
    // Otherwise, someone who enters the code later would connect an account to this tenant.
    call('DELETE', `api/connections/sign-ins/${id}`).catch(() => {})
    return null
  }
  if (end.state === 'done') return call('GET', `api/connections/${end.connection}`)
  throw Object.assign(new Error(t.connections.faults[end.fault] ?? t.connections.faults.failed), { code: end.fault })
}

/**
 * Asks for the address to which the provider has sent another browser or tab.
 * @param {Begun} begun @param {string} name the name of the provider
 * @returns {Promise<Connection | null>} null if the user cancelled
 */
export function byAddress({ address, comesBackTo }, name) {
  const pasted = field(t.connections.pasted, '', { required: true, placeholder: `${comesBackTo}?state=…&code=…`,
    inputmode: 'url' })
  return fill({
    title: t.connections.pasteTitle(name), text: [t.connections.pasteText(comesBackTo)], act: t.connections.addIt,
    fields: [page(address, name), pasted.element],
    send: () => call('POST', 'api/connections/callback', { address: pasted.input.value })
  })
}
