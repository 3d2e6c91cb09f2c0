// One webhook: whether it works, and the result of each delivery.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { ask } from '../parts/dialog.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { openMenu } from '../parts/menu.js'
import { copyButton } from '../parts/command.js'
import { segments } from '../parts/segments.js'
import { named, row, table } from '../parts/table.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/webhooks.js'
import { actsOf, stateWord } from './acts.js'
import { eventsOf, titleOf, wordOf } from './forms.js'

const PAGE = 50
// The largest page. A longer list is not refreshed automatically.
const MOST = 200
const SOON = 1_000
const EVERY = 10_000
const FILTERS = ['all', 'waiting', 'delivered', 'failed']
/** @type {import('../parts/table.js').Column[]} */
const COLUMNS = [[t.webhooks.event, 'lead'], [t.webhooks.state], [t.webhooks.answer, 'wide'], [t.webhooks.when],
  [t.acts, 'acts']]
const LOOKS = { waiting: ['clock', ''], delivered: ['check', 'calm'], failed: ['fail', 'bad'] }

/**
 * @typedef {{id: string, event: string, state: string, attempts: number, madeAt: string, sentAt: string | null,
 *   nextAt: string | null, tookMs: number | null, status: number | null, answer: string | null, error: string | null,
 *   about: any}} Delivery
 */

/** Returns the result of the last attempt as one sentence. @param {Delivery | undefined} delivery */
const outcomeOf = (delivery) => delivery?.error ?? (delivery?.status ? `${delivery.status}.` : '')

export class HookPage {
  /** @type {import('./acts.js').Webhook | null} */
  #hook = null
  /** @type {Delivery[]} */
  #items = []
  #last
  #next = null
  #filter = 'all'
  #life
  #shown = ''
  #shownHead = ''
  #head = h('div', { class: 'head' })
  #place = h('div', {}, bones())
  #seg = segments(t.webhooks.filter, FILTERS.map((id) => ({ id, word: t.webhooks.filters[id], address: '#' })))
  #more = h('div', { class: 'card-foot', hidden: true }, button(t.more,
    { kind: 'small', act: () => this.#life.load(true) }))

  /**
   * @param {{notes: import('../parts/notes.js').Notes, shell: import('../shell.js').Shell}} screen
   * @param {string} id
   */
  constructor(screen, id) {
    this.screen = screen
    this.id = id
    this.#life = new Lifecycle(screen.shell, { notes: screen.notes, read: (more) => this.#read(more),
      every: () => this.#every,
      failed: (error) => { if (error.status === 404) this.#showUnknown(); return error.status === 404 } })
    this.element = h('div', { class: 'stack' }, this.#head,
      h('section', { class: 'card', 'aria-label': t.webhooks.deliveries },
        h('div', { class: 'card-head of-deliveries' }, h('h2', {}, t.webhooks.deliveries),
          h('div', { class: 'end' }, this.#seg.element)),
        this.#place, this.#more))
  }

  /** @param {URLSearchParams} query */
  go(query) {
    const asked = query.get('state')
    this.#filter = FILTERS.includes(asked) ? asked : 'all'
    this.#seg.show(this.#filter, {}, (filter) => this.#address(filter))
    this.#items = []
    this.#life.load()
  }

  close() { this.#life.leave() }

  #name(name) { this.screen.shell.place(name, [{ word: t.webhooks.title, address: addressOf('webhooks') }],
    addressOf('webhooks')) }

  #address(filter) { return addressOf('webhooks', [this.id], { state: filter === 'all' ? null : filter }) }

  async #read(more) {
    const address = `api/webhooks/${encodeURIComponent(this.id)}`
    const query = new URLSearchParams({ limit: String(more ? PAGE
      : Math.max(PAGE, Math.min(MOST, this.#items.length))) })
    if (this.#filter !== 'all') query.set('state', this.#filter)
    if (more && this.#next) query.set('cursor', this.#next)
    const [hook, page, last] = await Promise.all([
      call('GET', address), call('GET', `${address}/deliveries?${query}`),
      this.#filter === 'all' && !more ? null : call('GET', `${address}/deliveries?limit=1`)
    ])
    return () => {
      this.#hook = hook
      this.#items = more ? [...this.#items, ...page.items] : page.items
      this.#next = page.nextCursor
      this.#last = (last ?? page).items[0]
      this.#show()
    }
  }

  get #every() {
    if (this.#items.length > MOST) return 0
    return this.#works && this.#items.some(({ nextAt }) => nextAt && Date.parse(nextAt) - Date.now() < EVERY) ? SOON
      : EVERY
  }

  #showUnknown() {
    this.#name(t.webhooks.title)
    this.screen.notes.hide('state')
    this.element.replaceChildren(h('section', { class: 'card' }, emptyPlace(...t.webhooks.unknown)))
  }

  #show() {
    const hook = this.#hook
    this.#name(titleOf(hook))
    this.#showState()
    const head = JSON.stringify(hook)
    if (head !== this.#shownHead) {
      this.#shownHead = head
      const at = [...this.#head.querySelectorAll('button')].findIndex((one) => one === document.activeElement)
      this.#showHead()
      this.#head.querySelectorAll('button')[at]?.focus()
    }
    const shown = JSON.stringify([this.#filter, this.#works, this.#items])
    this.#more.hidden = this.#next === null
    if (shown === this.#shown) return
    this.#shown = shown
    const focused = document.activeElement?.closest?.('tr')?.dataset.id
    const lead = document.activeElement?.closest?.('td.lead')
    this.#place.replaceChildren(this.#items.length === 0
      ? emptyPlace(.../** @type {[string, string]} */ (t.webhooks.none[this.#filter]))
      : table(t.webhooks.deliveries, COLUMNS, this.#items.map((delivery) => this.#row(delivery))))
    if (focused) {
      /** @type {HTMLElement | null | undefined} */
      const next = this.#place.querySelector(`tr[data-id="${CSS.escape(focused)}"] ${lead ? '.lead'
        : '.acts'} button`)
      next?.focus()
    }
  }

  #showHead() {
    const hook = this.#hook
    const done = (work, told) => this.#life.act(work, told)
    const url = h('code', {}, format.visible(hook.url))
    this.#head.replaceChildren(
      h('div', { class: 'grow' }, h('h2', { class: 'title' }, titleOf(hook)),
        h('div', { class: 'about' }, stateWord(hook), h('span', { class: 'id' }, url,
          copyButton(() => hook.url, t.copy, url))),
        h('div', { class: 'about' }, hook.service && h('span', {}, t.webhooks.ofs.service),
          h('span', {}, eventsOf(hook)), h('span', {}, t.webhooks.shortFormats[hook.format]),
          h('span', { title: format.exactTime(hook.createdAt) }, t.webhooks.made(format.when(hook.createdAt))))),
      h('div', { class: 'buttons' },
        button(t.webhooks.test, { glyph: 'play', kind: 'primary', act: () => done(() => this.#post('test')) }),
        button('', { glyph: 'more', label: t.moreOf(titleOf(hook)), 'aria-haspopup': 'menu',
          act: ({ currentTarget }) => openMenu(currentTarget,
            actsOf(hook, done, () => go(addressOf('webhooks')))) })))
  }

  #post(path) { return call('POST', `api/webhooks/${encodeURIComponent(this.id)}/${path}`) }

  /** Shows why the webhook is disabled and how to enable it again. */
  #showState() {
    const { state, failingSince, pausedAt } = this.#hook
    const { notes } = this.screen
    const enable = (word) =>
      [{ word, act: () => this.#life.act(() => call('PATCH', `api/webhooks/${this.id}`, { enabled: true })) }]
    const when = failingSince ? format.moment(failingSince) : ''
    if (state === 'paused') {
      notes.show('state', { kind: 'bad', glyph: 'pause', lead: t.webhooks.states.paused + '.',
        text: `${t.webhooks.paused(when || format.moment(pausedAt), outcomeOf(this.#last))} ${t.webhooks.pausedText}`,
        actions: enable(t.webhooks.resume) })
    } else if (state === 'failing') {
      notes.show('state', { kind: 'warn', glyph: 'clock', lead: t.webhooks.failing(when),
        text: t.webhooks.failingText(outcomeOf(this.#last)) })
    } else if (state === 'disabled') {
      notes.show('state', { glyph: 'stop', lead: t.webhooks.disabledLead, text: t.webhooks.disabledText,
        actions: enable(t.webhooks.enable) })
    } else notes.hide('state')
  }

  /** @param {Delivery} delivery */
  #row(delivery) {
    const { id, event, state, attempts, madeAt, sentAt, nextAt, about } = delivery
    const what = `${wordOf(event)}, ${format.moment(madeAt)}`
    const [glyph, kind] = LOOKS[state]
    const at = sentAt ?? madeAt
    return row(COLUMNS, [
      named(h('button', {
        type: 'button', class: 'to', 'aria-label': t.webhooks.details(what),
        on: { click: () => this.#details(delivery) }
      }, wordOf(event)), format.visible(about.upload?.name ?? '')),
      [h('span', { class: `state ${kind}`.trim() }, icon(glyph), t.webhooks.delivery[state]),
        h('p', {}, state !== 'waiting' ? t.webhooks.after(attempts)
          : this.#works ? t.webhooks.next(attempts, format.ahead(nextAt)) : t.webhooks.held(attempts))],
      [h('span', {}, answerOf(delivery)), h('p', { class: 'told' },
        format.visible(delivery.error ?? delivery.answer ?? ''))],
      h('time', { datetime: at, title: format.exactTime(at) }, format.moment(at)),
      button('', { glyph: 'retry', kind: 'plain small', label: t.webhooks.againOf(what), act: () => this.#again(id) })
    ], { 'data-id': id })
  }

  /** Whether the webhook gets new and waiting events. */
  get #works() { return ['active', 'failing'].includes(this.#hook?.state) }

  #again(id) { return this.#life.act(() => this.#post(`deliveries/${id}/replay`)) }

  /** @param {Delivery} delivery */
  async #details(delivery) {
    const { id, event, attempts, madeAt, sentAt, error, answer, about } = delivery
    const code = h('code', {}, id)
    const fact = (word, ...value) => [h('dt', {}, word), h('dd', {}, ...value)]
    const text = (word, body) => h('div', { class: 'sent' }, h('h3', {}, word),
      h('pre', { tabindex: '0', 'aria-label': word }, body))
    const again = await ask({
      title: wordOf(event), dismiss: t.close, answers: [{ word: t.webhooks.again, value: true, kind: '' }],
      fields: [
        h('dl', { class: 'facts' },
          fact(t.webhooks.state, t.webhooks.delivery[delivery.state]),
          fact(t.webhooks.tries, format.number(attempts)),
          fact(t.webhooks.answer, answerOf(delivery)), error && fact(t.webhooks.fault, format.visible(error)),
          fact(t.webhooks.eventAt, format.exactTime(madeAt)),
          sentAt && fact(t.webhooks.when, format.exactTime(sentAt)),
          fact(t.webhooks.id, code, copyButton(() => id, t.copy, code))),
        text(t.webhooks.began, answer ? lines(answer) : t.webhooks.noBody),
        text(t.webhooks.about, lines(JSON.stringify(about, null, 2)))
      ]
    })
    if (again) await this.#again(id)
  }
}

// Makes control characters visible, except for line breaks.
const lines = (text) => text.split(/\r?\n/).map(format.visible).join('\n')

/** @param {Delivery} delivery */
function answerOf({ status, tookMs, sentAt }) {
  if (status) return t.webhooks.answered(status, tookMs === null ? '' : format.took(tookMs))
  return sentAt ? t.webhooks.noAnswer : t.webhooks.notSent
}
