// Confirms a program that requests a key: the user compares its code, sees which rights it requests, and confirms or
// refuses it.
import { call, codeOf } from '../api.js'
import { button, h, icon } from '../dom.js'
import { duration, visible } from '../format.js'
import { field } from '../parts/dialog.js'
import { emptyPlace } from '../parts/empty.js'
import { choice } from '../parts/fields.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/access.js'
import { proofOf } from './proof.js'

const DAYS = ['30', '90', '365', '']

/** @param {import('./screen.js').AccessScreen} screen @param {URLSearchParams} query */
export function open(screen, query) {
  const pane = new DevicePane(screen)
  pane.go(query)
  return pane
}

class DevicePane {
  #screen
  #place = h('section', { class: 'card', 'aria-label': t.device.title })

  constructor(screen) {
    this.#screen = screen
    this.element = h('div', { class: 'stack device' }, this.#place)
  }

  /** @param {URLSearchParams} query */
  go(query) {
    const code = query.get('code')
    if (code) this.#look(code)
    else this.#ask('')
    return true
  }

  /** Asks for the code if the address does not contain it. */
  #ask(code) {
    const input = field(t.device.code, code, {
      required: true, autocomplete: 'off', autocapitalize: 'characters', spellcheck: false,
      placeholder: t.device.codeHint
    })
    const form = h('form', { class: 'form', on: { submit: (event) => {
      event.preventDefault()
      const address = addressOf('device', [], { code: input.input.value.trim() })
      if (location.hash === address) this.#look(input.input.value.trim())
      else go(address)
    } } }, h('p', { class: 'hint' }, t.device.askHint), input.element,
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'button primary' }, t.device.look)))
    this.#place.replaceChildren(form)
    input.input.focus()
  }

  async #look(code) {
    this.#screen.notes.hide('act')
    try {
      this.#show(await call('GET', `api/key-requests/${encodeURIComponent(code)}`))
    } catch (error) {
      this.#fault(error)
      this.#ask(code)
    }
  }

  #show(asked) {
    const line = (word, ...value) => h('div', { class: 'setting' }, h('dt', {}, word), h('dd', {}, value))
    const days = choice(t.keys.ends, DAYS.map((one) => [one, one ? t.keys.days(Number(one)) : t.keys.never]), '365')
    const proof = proofOf(this.#screen.me)
    const fault = h('p', { class: 'fault', role: 'alert', hidden: true })
    const confirm = h('button', { type: 'submit', class: 'button primary' }, t.device.confirm)
    const refuse = button(t.device.refuse,
      { act: () => this.#end(asked, 'refuse', undefined, fault, [confirm, refuse]) })
    const form = h('form', { class: 'form', on: { submit: (event) => {
      event.preventDefault()
      this.#end(asked, 'confirm', { ...(days.input.value ? { days: Number(days.input.value) } : {}),
        ...proof.values }, fault,
        [confirm, refuse])
    } } }, h('p', { class: 'hint' }, asked.here ? t.device.hereHint : t.device.hint), days.element, proof.elements,
      fault,
    h('div', { class: 'buttons' }, confirm, refuse))
    this.#place.replaceChildren(
      h('div', { class: 'device-code' }, h('p', {}, t.device.compare),
        h('output', { 'aria-label': t.device.code }, asked.code)),
      h('dl', { class: 'settings' },
        line(t.device.program, visible(asked.program)),
        line(t.device.machine, asked.machine ? visible(asked.machine) : t.device.unnamed),
        line(t.device.address, asked.here ? t.device.here(asked.address) : asked.address ?? t.device.unnamed),
        line(t.device.since, t.device.ago(duration(Math.max(1, asked.ageSeconds)))),
        line(t.device.gets, asked.scopes.length
          ? h('ul', { class: 'rights' }, asked.scopes.map((scope) => h('li', {}, icon('check'),
            t.keys.scopeWords[scope] ?? scope)))
          : t.device.nothing),
        line(t.keys.of, asked.kind === 'own'
          ? t.device.asYou(visible(this.#screen.me.displayName ?? this.#screen.me.name ?? ''))
          : t.keys.ofTenant)),
      form)
  }

  async #end(asked, act, body, fault, buttons) {
    fault.hidden = true
    for (const one of buttons) one.disabled = true
    try {
      const { redirect } = await call('POST', `api/key-requests/${encodeURIComponent(asked.code)}/${act}`, body)
      if (redirect) { location.assign(redirect); return }
      this.#place.replaceChildren(act === 'confirm'
        ? emptyPlace(t.device.confirmed(visible(asked.program)), t.device.confirmedText,
          h('a', { class: 'button', href: addressOf('keys') }, t.device.toKeys))
        : emptyPlace(t.device.refused(visible(asked.program)), t.device.refusedText))
    } catch (error) {
      for (const one of buttons) one.disabled = false
      fault.textContent = error.message
      fault.hidden = false
      if (codeOf(error) === 'no_such_key_request') { this.#fault(error); this.#ask('') }
    }
  }

  #fault(error) {
    this.#screen.notes.show('act', { kind: 'bad', glyph: 'fail', text: error.message })
  }
}
