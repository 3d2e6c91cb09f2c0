// The user's own account: name, e-mail address, password, and second factor.
import { call, signInState } from '../api.js'
import { button, h, icon } from '../dom.js'
import { visible } from '../format.js'
import { depart } from '../overlay.js'
import { field } from '../parts/dialog.js'
import { fill, showOnce, sure } from '../parts/fields.js'
import { command, copyButton } from '../parts/command.js'
import { qrCode } from '../parts/qr.js'
import { t } from '../texts/access.js'
import { codeField, proofOf, secretField } from './proof.js'

/** @param {import('./screen.js').AccessScreen} screen */
export function open(screen) {
  const pane = new AccountPane(screen)
  return { element: pane.element }
}

class AccountPane {
  #place = h('section', { class: 'card', 'aria-label': t.access.titles.account })
  #linked = { issuer: null, items: [] }
  #nameOf = (subject) => subject.replace(/^tenant:/, '')

  constructor(screen) {
    this.screen = screen
    this.element = h('div', { class: 'stack' }, this.#place)
    this.#show(screen.me)
    this.#look()
  }

  #show(me) {
    const line = (word, value, ...acts) => h('div', { class: 'setting' }, h('dt', {}, word), h('dd', {}, value, acts))
    const change = (word, act) => button(t.account.change, { kind: 'small', 'aria-label': t.account.changeOf(word),
      act })
    this.#place.replaceChildren(h('dl', { class: 'settings' },
      line(t.account.name, me.name),
      line(t.account.displayName, visible(me.displayName ?? ''),
        change(t.account.displayName, () => this.#changeText('displayName', me))),
      line(t.account.email, me.email ? visible(me.email) : t.account.noEmail,
        change(t.account.email, () => this.#changeText('email', me))),
      line(t.account.role, me.memberships.map(({ role, tenant }, _, all) => (all.length === 1 ? t.me.roles[role]
        : t.people.roleIn(t.me.roles[role], visible(this.#nameOf(`tenant:${tenant}`))))).join(', ')
        || (me.isOperator ? t.me.roles.operator : '–')),
      line(t.account.password, t.account.passwordHint, change(t.account.password, () => this.#changePassword())),
      line(t.account.factor, h('span', { class: `state ${me.hasSecondFactor ? 'calm' : ''}` },
        icon(me.hasSecondFactor ? 'check' : 'dashed'), me.hasSecondFactor ? t.account.factorOn : t.account.factorOff),
      me.hasSecondFactor ? button(t.account.removeFactor, { kind: 'small danger', act: () => this.#removeFactor() })
        : button(t.account.addFactor, { kind: 'small', act: () => this.#addFactor() })),
      this.#accounts(line)))
  }

  /** Loads the linked accounts of the issuer. */
  async #look() {
    try {
      const [{ issuer }, { items }] = await Promise.all([signInState(), call('GET', 'api/me/linked-accounts')])
      this.#linked = { issuer, items }
      this.#nameOf = await this.screen.names()
      this.#show(this.screen.me)
    } catch (error) { this.#fault(error) }
  }

  /** Adds the line of the linked accounts, unless no issuer is configured and no account is linked. */
  #accounts(line) {
    const { issuer, items } = this.#linked
    if (!issuer && !items.length) return []
    const name = (item) => visible(item.name ?? item.account)
    const shown = items.map((item) => h('div', { class: 'linked' }, h('span', { title: item.issuer }, name(item)),
      button(t.account.unlink, { kind: 'small danger', 'aria-label': t.account.unlinkOf(name(item)),
        act: () => this.#unlink(item, name(item)) })))
    return [line(t.account.signIn(issuer ?? new URL(items[0].issuer).host),
      shown.length ? shown : t.account.noAccount,
      issuer ? button(t.account.link, { kind: 'small', act: () => this.#link() }) : null)]
  }

  async #link() {
    const proof = proofOf(this.screen.me)
    const send = () => call('POST', 'signin/issuer', { account: true, return: '/console/#/account', ...proof.values })
    try {
      const begun = proof.elements.length
        ? await fill({ title: t.account.link, text: [t.account.linkText], act: t.account.link, send,
          fields: proof.elements })
        : await send()
      if (begun) depart(begun.address)
    } catch (error) { this.#fault(error) }
  }

  async #unlink(item, name) {
    if (!await sure(t.account.unlinkTitle(name), t.account.unlinkText, t.account.unlink)) return
    try {
      await call('DELETE', `api/me/linked-accounts/${item.id}`)
    } catch (error) { this.#fault(error); return }
    await this.#look()
    this.#told({}, t.account.unlinked(name))
  }

  #fault(error) { this.screen.notes.show('act', { kind: 'bad', glyph: 'fail', text: error.message }) }

  #told(me, text) {
    const { notes } = this.screen
    Object.assign(this.screen.me, me)
    this.#show(this.screen.me)
    notes.show('act', { glyph: 'check', text, actions: [{ word: t.close, act: () => notes.hide('act') }] })
  }

  async #changeText(name, me) {
    const input = field(t.account[name], me[name] ?? '', name === 'email' ? { type: 'email' } : {})
    const proof = name === 'email' ? proofOf(this.screen.me) : { elements: [], values: {} }
    const done = await fill({
      title: t.account.changeOf(t.account[name]), fields: [input.element, ...proof.elements], act: t.save,
      send: () => call('PATCH', 'api/me', { [name]: input.input.value.trim(), ...proof.values })
    })
    if (done) this.#told(done, t.account.saved)
  }

  async #changePassword() {
    const proof = proofOf(this.screen.me)
    const next = secretField(t.account.next, 'new-password')
    const done = await fill({
      title: t.account.changeOf(t.account.password), text: [t.account.passwordText],
      fields: [...proof.elements, next.element],
      act: t.save, send: () => call('PATCH', 'api/me', { ...proof.values, password: next.input.value })
    })
    if (done) this.#told(done, t.account.passwordSaved)
  }

  async #addFactor() {
    const proof = proofOf(this.screen.me)
    const send = () => call('POST', 'api/me/second-factor', { currentPassword: proof.values.currentPassword })
    let begun
    try {
      begun = proof.elements.length
        ? await fill({ title: t.account.addFactor, act: t.account.addFactor, send, fields: proof.elements })
        : await send()
    } catch (error) {
      this.#fault(error)
      return
    }
    if (!begun) return
    const code = codeField(t.account.code, { inputmode: 'numeric' })
    const done = await fill({
      title: t.account.addFactor, text: [t.account.scan], act: t.account.turnOn,
      fields: [qrCode(begun.uri, t.account.qr), h('div', { class: 'field' }, t.account.secret, command(begun.secret)),
        code.element],
      send: () => call('PUT', 'api/me/second-factor', { code: code.input.value.replaceAll(' ', '') })
    })
    if (!done) return
    const codes = done.recoveryCodes
    const list = h('ul', { class: 'codes' }, codes.map((one) => h('li', {}, h('code', {}, one))))
    await showOnce(t.account.recovery, t.account.recoveryText, [
      list, h('div', { class: 'copy-all' }, t.account.copyAll,
        copyButton(() => codes.join('\n'), t.account.copyAll, list))
    ], t.account.kept)
    this.#told({ hasSecondFactor: true }, t.account.factorAdded)
  }

  async #removeFactor() {
    const code = codeField(t.account.anyCode)
    const done = await fill({
      title: t.account.removeFactor, text: [t.account.removeFactorText], fields: [code.element],
      act: t.account.removeFactor,
      kind: 'danger',
      send: () => call('DELETE', 'api/me/second-factor', { code: code.input.value.replaceAll(' ', '') })
    })
    if (done) this.#told({ hasSecondFactor: false }, t.account.factorRemoved)
  }
}
