// The screen of an invitation to a project, which shows who invites to which project. The fragment of the link
// contains the token, so that no log contains it.
import { call } from '../api.js'
import { button, h } from '../dom.js'
import { date, visible } from '../format.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { forgetSpaces } from '../parts/spaces.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/projects.js'

export class JoinPage {
  #token
  #tenant = ''
  #place = h('section', { class: 'card', 'aria-label': t.join.title }, bones())

  /** @param {import('../shell.js').Shell} shell @param {string} token */
  constructor(shell, token) {
    this.shell = shell
    this.#token = token
    this.life = new Lifecycle(shell, { read: () => this.#read(), failed: (error) => this.#failed(error) })
    this.element = h('div', { class: 'stack projects' }, this.life.notes.element, this.#place)
    this.life.load()
  }

  go() {
    this.shell.place(t.join.title, [{ word: t.projects.title, address: addressOf('projects') }],
      addressOf('projects'))
    return true
  }

  async #read() {
    const offer = await call('POST', 'api/projects/join/offer', { token: this.#token })
    return () => {
      if (offer.is_member) { this.life.act(() => this.#enter(offer.tenant, offer.project_id)); return }
      this.#tenant = offer.tenant
      this.#place.replaceChildren(emptyPlace(t.join.offer(visible(offer.invited_by), visible(offer.name)),
        [t.join.text(offer.can_change, date(offer.expires_at)), offer.as_guest && t.join.guest(visible(offer.tenant))]
          .filter(Boolean).join(' '),
        h('div', { class: 'buttons' }, button(t.join.act, { kind: 'primary', act: () => this.#join() }))))
    }
  }

  #join() {
    return this.life.act(async () => {
      const project = await call('POST', 'api/projects/join', { token: this.#token })
      forgetSpaces()
      await this.#enter(this.#tenant, project.id)
      return false
    })
  }

  /** Opens the project. If it belongs to another tenant, the session changes to that tenant. */
  async #enter(tenant, id) {
    const address = addressOf('projects', [id])
    if (tenant === this.shell.me.tenant) { go(address, { replace: true }); return }
    await call('POST', 'api/me/tenant', { tenant })
    history.replaceState(null, '', address)
    location.reload()
  }

  #failed(error) {
    if (error.code !== 'no_such_invitation') return false
    this.#place.replaceChildren(emptyPlace(t.join.gone, t.join.goneText,
      h('a', { class: 'button', href: addressOf('projects') }, t.project.toList)))
    return true
  }
}
