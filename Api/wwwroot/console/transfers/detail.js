// The screen of one transfer: why it waits, its progress, its files, its events, and the calls to the providers.
import { call } from '../api.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { openMenu } from '../parts/menu.js'
import { copyButton } from '../parts/command.js'
import { nameOf } from '../parts/name.js'
import { seen } from '../parts/notices.js'
import { learnNames, nameOfSubject } from '../parts/people.js'
import { FOREIGN, canRenew, connections, endKind, endName, endOf, forgetConnections,
  storageMark } from '../parts/storage.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/transfers.js'
import { actor, mayPause, mayResume, mayRetry, menuOf, reportOf, retryWord } from './acts.js'
import { Items } from './items.js'
import { optionWords } from './options.js'
import { Plan } from './plan.js'
import {
  Speeds, brokenEnds, hasEnded, leftOf, lookOf, needOf, reasonOf, safeOf, stateWord, titleOf, withEnds, withProgress
} from './state.js'
import { Calls, Story, timelineCard } from './story.js'

// The interval for files, events of the transfer and calls, which are not sent as events.
const WHILE_MOVING = 2_000
const RESTING = 30_000
// The interval without a WebSocket.
const WITHOUT_EVENTS = 1_500
const WITHOUT_EVENTS_RESTING = 8_000
const FIGURES = ['safe', 'files', 'speed', 'left', 'again', 'failed']

/** @typedef {import('./state.js').Transfer} Transfer */

export class Detail {
  #life
  /** @type {Transfer | null} */
  #transfer = null
  #connections = []
  #speeds = new Speeds()
  #story
  #items = new Items()
  #calls = new Calls()
  #plan = new Plan()
  #shownHead = ''
  #shownStory = ''
  #acts
  #head = h('div', { class: 'head' })
  #reason = h('span')
  #numbers = h('dl', { class: 'figures' })
  #figures = new Map(FIGURES.map((id) => [id, { value: h('span'), hint: h('small') }]))
  #timeline = h('div', { class: 'timeline-place' })
  #facts = h('section', { class: 'card facts-card', 'aria-label': t.detail.facts })
  #report = h('section', { class: 'card reports', 'aria-label': t.detail.report })
  #content = h('div', { class: 'stack' }, bones())

  /** @param {import('../shell.js').Shell} shell @param {string} id */
  constructor(shell, id) {
    this.shell = shell
    this.id = id
    this.#story = new Story(id)
    this.#life = new Lifecycle(shell, {
      read: () => this.#read(), every: () => this.#every, draw: () => { if (this.#transfer) this.#update() },
      failed: (error) => { if (error.status === 404) this.#gone(); return error.status === 404 }
    })
    const life = this.#life
    this.element = h('div', { class: 'stack' }, life.notes.element, this.#content)
    const took = (/** @type {Transfer[]} */ [now]) => {
      if (now) this.#take(withEnds(now, this.#connections))
      life.load()
    }
    this.#acts = actor(took, (error) => life.fail(error, t.transfers.actFault))
    this.#place(t.transfers.title)
    const isThis = (topic) => topic?.kind === 'transfer' && topic.id === id
    life.until(live.widely(),
      live.on('event', ({ topic }) => { if (isThis(topic)) this.#changed() }),
      live.on('progress', (progress) => { if (isThis(progress.topic)) this.#moved(progress) }))
    life.load()
  }

  close() { this.#life.leave() }

  #place(title) {
    const list = addressOf('transfers')
    this.shell.place(title, [{ word: t.transfers.title, address: list }], list)
  }

  get #own() { return this.#transfer.owner === this.shell.me.subject }

  async #read() {
    const [found, known] = await Promise.all([
      call('GET', `api/transfers/${encodeURIComponent(this.id)}`), connections(), learnNames(this.shell)
    ])
    return async () => {
      this.#connections = known
      const transfer = withEnds(found, known)
      this.#speeds.take(transfer)
      this.#take(transfer)
      if (this.#own) seen(transfer)
      const [source, destination] = [transfer.source, transfer.destination].map((end) => endKind(endOf(end), known))
      const kinds = { source, destination }
      await Promise.all([this.#items.load(transfer, this.#own), this.#plan.load(transfer, this.#own),
        ...(this.#own ? [this.#story.load(), this.#calls.load(transfer.id, kinds)] : [])])
      this.#showStory()
    }
  }

  get #every() {
    const { state } = this.#transfer ?? {}
    const moving = ['queued', 'scanning', 'running'].includes(state)
    const ended = this.#transfer && hasEnded(this.#transfer)
    return live.now.streaming || ended ? RESTING : moving ? WITHOUT_EVENTS : WITHOUT_EVENTS_RESTING
  }

  #changed() {
    // The sign-in of a connection may have expired.
    forgetConnections()
    this.#life.later()
  }

  #moved(progress) {
    this.#speeds.hear(progress)
    if (!this.#transfer) return
    // Short waits are not sent as events: a transfer with progress does not wait any more.
    this.#life.later(this.#transfer.state === 'running' ? WHILE_MOVING : undefined)
    this.#transfer = withProgress(this.#transfer, progress)
    this.#life.draw()
  }

  /** @param {Transfer} transfer */
  #take(transfer) {
    const first = this.#transfer === null
    this.#transfer = transfer
    if (first) this.#build()
    this.#update()
  }

  #build() {
    const figure = ([id, { value, hint }]) => h('div', {}, h('dt', {}, t.detail.figures[id]),
      h('dd', {}, value, hint))
    const own = this.#own
    if (!own) this.#life.notes.show('not-yours', { glyph: 'person', text: t.detail.notYours })
    this.#numbers.replaceChildren(...[...this.#figures].map(figure))
    this.#content.replaceChildren(this.#head, this.#numbers, this.#plan.element,
      h('div', { class: 'two transfer-parts' },
        h('div', { class: 'stack' }, this.#items.progress, this.#items.element, own && this.#calls.element),
        h('div', { class: 'stack' }, own && this.#timeline, this.#facts, own && this.#report)))
    this.#report.replaceChildren(h('div', { class: 'card-head' }, h('h2', {}, t.detail.report),
      h('span', { class: 'hint end' }, t.detail.reportHint)),
        h('div', { class: 'card-body buttons' }, /** @type {const} */ (['csv', 'json']).map((form) =>
      h('a', { class: 'button small', href: reportOf(this.#transfer, form), download: '' }, icon('download'),
        t.detail[form]))))
  }

  #update() {
    const transfer = this.#transfer
    const title = titleOf(transfer)
    const head = JSON.stringify([transfer.state, transfer.wait?.reason, transfer.files.failed > 0, title,
      this.#connections])
    if (head !== this.#shownHead) {
      this.#shownHead = head
      this.#place(title)
      this.#showHead(title)
      this.#numbers.hidden = transfer.state === 'planned'
      this.#showFacts()
    }
    say(this.#reason, ['waiting'].includes(transfer.state) ? '' : reasonOf(transfer))
    this.#showWait()
    this.#showFigures()
  }

  #showHead(title) {
    const transfer = this.#transfer
    const own = this.#own
    const focused = [...this.#head.querySelectorAll('button')].findIndex((one) => one === document.activeElement)
    const stop = (id, folder) => h('span', { class: 'stop' }, storageMark(endKind(id, this.#connections), 'small'),
      h('span', { class: 'cut' }, endName(id, this.#connections) + (folder ? ` / ${format.visible(folder)}` : '')))
    const { source, destination } = transfer
    this.#head.replaceChildren(
      h('div', { class: 'grow' }, nameOf(title, 'h2', { class: 'title name' }),
        h('div', { class: 'about' }, stateWord(transfer), this.#reason,
          h('span', { class: 'route' }, stop(endOf(source, own), null), icon('to'),
            stop(endOf(destination, own), destination.folderName)))),
      h('div', { class: 'buttons' }, [
        mayPause(transfer) && button(t.pause, { glyph: 'pause', act: () => this.#acts.pause([this.#transfer]) }),
        own && transfer.state === 'planned' && button(t.plan.start, { glyph: 'play', kind: 'primary',
          act: () => this.#acts.approve(this.#transfer) }),
        own && mayResume(transfer) && button(t.resume, { glyph: 'play', kind: 'primary',
          act: () => this.#acts.resume([this.#transfer]) }),
        own && mayRetry(transfer) && button(retryWord(transfer),
          { glyph: 'retry', act: () => this.#acts.retry(this.#transfer) }),
        !hasEnded(transfer) && button(t.transfers.cancelOne, { kind: 'danger',
          act: () => this.#acts.cancel([this.#transfer]) }),
        own && button('', { glyph: 'more', label: t.transfers.moreOf(title), 'aria-haspopup': 'menu',
          act: ({ currentTarget }) => openMenu(currentTarget, menuOf(this.#transfer, this.#acts, own)) })]))
    if (focused >= 0) this.#head.querySelectorAll('button')[focused]?.focus()
  }

  /** Shows why the transfer waits, and what the user can do. */
  #showWait() {
    const transfer = this.#transfer
    const { state, wait, reason } = transfer
    if (state !== 'waiting' || !wait) { this.#life.notes.hide('wait'); return }
    const [glyph, kind, word] = lookOf(transfer)
    const need = this.#own ? needOf(transfer, this.#connections) : null
    const names = [transfer.source.connection, transfer.destination.connection].filter(Boolean)
    const name = need?.kind === 'sign-in' ? format.visible(need.connection.title)
      : endName(this.#own ? names.at(-1) ?? null : FOREIGN, this.#connections)
    const [broken] = brokenEnds(transfer, this.#connections)
    // A problem that only someone else can solve is shown in the words of the storage.
    const why = broken && !canRenew(broken) ? t.storage.why[broken.state] : t.detail.wait[wait.reason]
    const until = wait.until && Date.parse(wait.until) > Date.now() ? t.detail.until(format.ahead(wait.until)) : ''
    const actions = need?.kind === 'sign-in'
      ? [{ word: t.storage.signInAgain, act: () => go(addressOf('connections', ['renew', need.connection.id])) }]
      : need ? [{ word: t.transfers.tryNow, act: () => this.#acts.resume([this.#transfer]) }] : []
    this.#life.notes.show('wait', { kind, glyph, lead: t.detail.lead(word, format.moment(wait.since)),
      text: [typeof why === 'function' ? why(name) : why ?? '', reason && format.visible(reason),
        until].filter(Boolean).join(' '),
      actions })
  }

  #showFigures() {
    const transfer = this.#transfer
    const { bytes, files, folders, scanned, averageBps, startedAt, endedAt, state } = transfer
    const ended = hasEnded(transfer)
    const [safe, word] = safeOf(transfer)
    this.#figure('safe', safe, !scanned && !ended ? t.detail.soFar
      : bytes.all > 0 && bytes.done < bytes.all && state !== 'done'
      ? format.percent(bytes.done, bytes.all) : word.trim())
    this.#figure('files', t.detail.filesOf(files.done, files.all - files.skipped),
      files.skipped > 0 ? t.detail.leftOut(files.skipped) : folders > 0 ? t.detail.folders(folders) : '')
    const speed = this.#speeds.of(transfer)
    this.#figure('speed', speed > 0 ? format.speed(speed) : ended && averageBps ? format.speed(averageBps)
      : t.row.none,
      averageBps && !ended ? t.detail.mean(format.speedBeside(averageBps, speed)) : averageBps ? t.row.mean : '')
    const left = ended ? null : leftOf(transfer, speed)
    const went = startedAt && endedAt ? t.detail.took(format.took(Date.parse(endedAt) - Date.parse(startedAt))) : ''
    this.#figure('left', left !== null && state === 'running' ? format.duration(left) : t.row.none,
      ended ? went : left === null ? '' : state === 'running'
        ? t.detail.about(format.moment(Date.now() + left * 1000))
        : t.detail.onceOn(format.duration(left)))
    const again = Math.max(0, bytes.moved - bytes.done)
    this.#figure('again', again > 0 ? format.bytes(again) : t.row.none,
      again > 0 ? t.detail.ofMoved(format.percent(again, bytes.moved)) : bytes.moved > 0 ? t.detail.noneAgain : '')
    this.#figure('failed', format.number(files.failed), files.failed > 0 ? t.detail.retryHint : t.detail.noneFailed)
    this.#figures.get('failed').value.classList.toggle('is-bad', files.failed > 0)
  }

  #figure(id, value, hint) {
    const figure = this.#figures.get(id)
    say(figure.value, value)
    say(figure.hint, hint)
    figure.hint.title = hint
  }

  #showStory() {
    const events = this.#story.events
    const shown = `${events.length} ${events.at(-1)?.number}`
    if (!this.#own || shown === this.#shownStory) return
    this.#shownStory = shown
    this.#timeline.replaceChildren(timelineCard(events))
  }

  #showFacts() {
    const transfer = this.#transfer
    const { source, destination } = transfer
    const id = h('code', {}, transfer.id)
    const fact = (word, ...value) => [h('dt', {}, word), h('dd', {}, ...value)]
    const folder = destination.folderName ? ` / ${format.visible(destination.folderName)}` : ''
    this.#facts.replaceChildren(h('div', { class: 'card-head' }, h('h2', {}, t.detail.facts)),
      h('dl', { class: 'facts card-body' },
      fact(t.detail.owner, nameOfSubject(transfer.owner)),
      fact(t.detail.made, h('time', { datetime: transfer.createdAt, title: format.exactTime(transfer.createdAt) },
        format.moment(transfer.createdAt))),
      fact(t.detail.from, endName(endOf(source, this.#own), this.#connections)),
      fact(t.detail.to, endName(endOf(destination, this.#own), this.#connections) + folder),
      fact(t.detail.priority, t.detail.priorities[transfer.priority] ?? transfer.priority),
      optionWords(transfer.options).flatMap(([word, value]) => fact(word, value)),
      transfer.deadline ? fact(t.detail.deadline, format.moment(transfer.deadline)) : [],
      fact(t.detail.id, h('span', { class: 'id' }, id, copyButton(() => transfer.id, t.detail.copyId, id)))))
  }

  #gone() {
    this.#place(t.detail.gone)
    this.#content.replaceChildren(h('section', { class: 'card' }, emptyPlace(t.detail.gone, t.detail.goneHint,
      h('a', { class: 'button', href: addressOf('transfers') }, icon('list'), t.transfers.toList))))
  }
}
