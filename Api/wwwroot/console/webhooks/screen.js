// The Webhooks screen: the addresses that get a request for each event, and the deliveries to one of them. For
// administrators.
import { call } from '../api.js'
import { button, h } from '../dom.js'
import * as format from '../format.js'
import { ListPane } from '../access/pane.js'
import { openMenu } from '../parts/menu.js'
import { Notes } from '../parts/notes.js'
import { named, row } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/webhooks.js'
import { actsOf, stateWord } from './acts.js'
import { eventsOf, make, titleOf } from './forms.js'
import { HookPage } from './page.js'

const EVERY = 15_000
/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.webhooks.webhook, 'lead'], [t.webhooks.state], [t.webhooks.events, 'wide'], [t.webhooks.format],
  [t.acts, 'acts']]

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const screen = new WebhooksScreen(shell)
  screen.go(route)
  return { element: screen.element, go: (next) => screen.go(next), close: () => screen.close() }
}

const sinceOf = ({ pausedAt, failingSince }) => pausedAt ?? failingSince

class WebhooksScreen {
  #pane = null
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
    }
    this.#place.replaceChildren(this.#pane.element)
    return true
  }

  close() {
    this.#pane?.close()
    this.#pane = null
  }

  #list() {
    const pane = new ListPane(this, {
      label: t.webhooks.title, hint: t.webhooks.hint, columns: COLUMNS, empty: t.webhooks.empty, every: () => EVERY,
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
