// Webhooks: the addresses that get a request when something happens, and the deliveries to one of them. For administrators.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { ListPane } from '../access/pane.js'
import { sure } from '../parts/fields.js'
import { openMenu } from '../parts/menu.js'
import { Notes } from '../parts/notes.js'
import { named, row } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/webhooks.js'
import { change, eventsOf, make, renew, titleOf } from './forms.js'
import { HookPage } from './page.js'

const EVERY = 15_000
const COLUMNS = [[t.webhooks.webhook, 'lead'], [t.webhooks.state], [t.webhooks.events, 'wide'], [t.webhooks.format], [t.acts, 'acts']]
const LOOKS = { active: ['check', 'calm'], failing: ['clock', 'warn'], paused: ['pause', 'bad'], disabled: ['stop', ''] }

/** @typedef {{id: string, title: string, url: string, format: string, events: string[], enabled: boolean, state: string,
 *   failingSince: string | null, pausedAt: string | null, madeBy: string, createdAt: string}} Webhook */

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new WebhooksScreen(shell)
  screen.go(route)
  return { element: screen.element, go: (next) => screen.go(next), close: () => screen.close() }
}

/** A state's icon and word. @param {Webhook} hook */
export const stateWord = ({ state }) =>
  h('span', { class: `state ${LOOKS[state][1]}`.trim() }, icon(LOOKS[state][0]), t.webhooks.states[state])

const sinceOf = ({ pausedAt, failingSince }) => pausedAt ?? failingSince

class WebhooksScreen {
  #pane = null
  #timer = 0
  #place = h('div', { class: 'stack' })
  notes = new Notes()

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    this.element = h('div', { class: 'stack access webhooks' }, this.notes.element, this.#place)
  }

  /** @param {import('../router.js').Route} route */
  go({ path: [id], query }) {
    if (id && this.#pane?.id === id) { this.#pane.go(query); return true }
    this.close()
    for (const note of ['fault', 'state']) this.notes.hide(note)
    if (id) {
      this.notes.hide('act')
      this.#pane = new HookPage(this, id)
      this.#pane.go(query)
    } else {
      this.shell.place(t.webhooks.title)
      this.#pane = this.#list()
      this.#timer = setInterval(() => { if (!document.hidden && !document.querySelector('.menu, dialog[open]')) this.#pane.load() }, EVERY)
    }
    this.#place.replaceChildren(this.#pane.element)
    return true
  }

  close() {
    clearInterval(this.#timer)
    this.#pane?.close?.()
    this.#pane = null
  }

  #list() {
    const pane = new ListPane(this, {
      label: t.webhooks.title, hint: t.webhooks.hint, columns: COLUMNS, empty: t.webhooks.empty,
      acts: [button(t.webhooks.make, { glyph: 'plus', kind: 'primary', act: () => this.#make() })],
      read: () => call('GET', 'api/webhooks'),
      row: (hook) => this.#row(pane, hook)
    })
    return pane
  }

  async #make() {
    const made = await make(this.shell.me.isOperator)
    if (made) go(addressOf('webhooks', [made.id]))
  }

  #row(pane, hook) {
    const name = titleOf(hook)
    const since = sinceOf(hook)
    return row(COLUMNS, [
      named(h('a', { href: addressOf('webhooks', [hook.id]) }, name), format.visible(hook.url)),
      [stateWord(hook), since && h('p', { title: format.exactTime(since) }, t.webhooks.since(format.moment(since)))],
      [hook.service && h('p', {}, t.webhooks.ofs.service), eventsOf(hook)], t.webhooks.shortFormats[hook.format],
      button('', { glyph: 'more', kind: 'plain small', label: t.moreOf(name), 'aria-haspopup': 'menu',
        act: (event) => openMenu(event.currentTarget, actsOf(hook, (work, done) => pane.act(work, done))) })
    ], { 'data-id': hook.id, class: hook.enabled ? null : 'past' })
  }
}

/** The user's actions on a webhook. @param {Webhook} hook @param {(work: () => Promise<any>, done?: string) => void} act */
export function actsOf(hook, act, removed = () => {}) {
  const name = titleOf(hook)
  const set = (enabled) => act(() => call('PATCH', `api/webhooks/${hook.id}`, { enabled }))
  return [
    { word: t.webhooks.edit, glyph: 'pen', act: () => act(() => change(hook), t.webhooks.saved(name)) },
    hook.state === 'paused' ? { word: t.webhooks.resume, glyph: 'play', act: () => set(true) }
      : hook.enabled ? { word: t.webhooks.disable, glyph: 'stop', act: () => set(false) }
        : { word: t.webhooks.enable, glyph: 'check', act: () => set(true) },
    hook.state === 'paused' && { word: t.webhooks.disable, glyph: 'stop', act: () => set(false) },
    { word: t.webhooks.renew, glyph: 'lock', act: () => renew(hook) },
    { word: t.webhooks.remove, glyph: 'trash', kind: 'danger', act: () => act(async () => {
      if (!await sure(t.webhooks.removeTitle(name), t.webhooks.removeText, t.webhooks.remove)) return false
      await call('DELETE', `api/webhooks/${hook.id}`)
      removed()
      return true
    }, t.webhooks.removed(name)) }
  ].filter(Boolean)
}
