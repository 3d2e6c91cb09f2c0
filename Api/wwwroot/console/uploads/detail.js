// The screen of one upload: figures, the map of its chunks, speed, requests, network, advice, and timeline.
import { call, root } from '../api.js'
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { copyButton } from '../parts/command.js'
import { copyOrShow } from '../parts/dialog.js'
import { nameOf } from '../parts/name.js'
import { learnNames, nameOfSubject } from '../parts/people.js'
import { prioritySelect } from '../parts/priority.js'
import { stateWord } from '../parts/state.js'
import { addressOf } from '../router.js'
import { t } from '../texts/uploads.js'
import { actor, buttons } from './acts.js'
import { ChunkMap } from './chunks.js'
import { UploadEvents } from './events.js'
import { Requests } from './requests.js'
import { reasonOf } from './row.js'
import { SpeedCard } from './speed.js'
import { apply, stateOf } from './store.js'
import { adviceCard, networkCard, timelineCard } from './story.js'

// The interval for data that events do not contain: ranges, advice and broken requests.
const WHILE_MOVING = 2_000
const RESTING = 15_000
const WITHOUT_EVENTS = 3_000
const ADVICE = 200

export class Detail {
  /** @type {import('./store.js').Session | null} */
  #session = null
  #advice = []
  #events
  #shownHead = ''
  #map = null
  #state = h('span')
  #reason = h('span')
  #acts = h('div', { class: 'buttons' })
  #figures = new Map(['safe', 'speed', 'left', 'broke', 'lost', 'saved'].map((id) =>
    [id, { value: h('span'), hint: h('small') }]))
  #ends = h('span')
  #side = h('div', { class: 'stack' })
  #speed = new SpeedCard()
  #requests = new Requests()
  #content = h('div', { class: 'stack' }, bones())
  #failed = (error) => this.life.fail(error, t.uploads.actFault)

  /** @param {import('../shell.js').Shell} shell @param {string} id */
  constructor(shell, id) {
    this.shell = shell
    this.id = id
    this.#events = new UploadEvents(id)
    this.life = new Lifecycle(shell, {
      read: () => this.#read(), every: () => this.#every, draw: () => { if (this.#session) this.#update() },
      failed: (error) => { if (error.status === 404) this.#gone(); return error.status === 404 }
    })
    this.element = h('div', { class: 'stack' }, this.life.notes.element, this.#content)
    this.acts = actor((session) => this.#take(session), this.#failed)
    this.#place(`${id.slice(0, 8)}…${id.slice(-6)}`)
    this.life.until(live.widely(),
      live.on('progress', (progress) => {
        if (progress.upload !== id || !this.#session) return
        apply(this.#session, progress)
        this.life.draw()
      }),
      // Skip chunk notices: many arrive in a second, and the progress messages already have the safe bytes.
      live.on('notice', ({ upload, type }) => { if (upload === id && type !== 'chunk') this.life.later() }),
      live.on('event', (event) => {
        if (event.upload !== id) return
        this.#events.add(event)
        this.life.later()
      }))
    this.life.load()
  }

  close() { this.life.leave() }

  /** @param {string} title the name of the upload, once it is loaded */
  #place(title) {
    const list = addressOf('uploads')
    this.shell.place(title, [{ word: t.uploads.title, address: list }], list)
  }

  async #read() {
    const session = await call('GET', `api/sessions/${encodeURIComponent(this.id)}`)
    const advice = await call('GET', `api/sessions/${session.id}/advice/history?limit=${ADVICE}`)
    await Promise.all([this.#events.load(), learnNames(this.shell)])
    return async () => {
      this.#advice = advice.items
      this.#take(session)
      await this.#map.load(session)
      this.#showChunks()
    }
  }

  get #every() {
    const session = this.#session
    if (session && !['open', 'paused', 'completing', 'checking'].includes(session.state)) return 0
    return session?.speed.current > 0 ? WHILE_MOVING : live.now.streaming ? RESTING : WITHOUT_EVENTS
  }

  #take(session) {
    const seenAt = this.#session?.seenAt
    this.#session = Object.assign(this.#session ?? {}, session,
      { seenAt: session.speed.current > 0 ? Date.now() : seenAt })
    if (!this.#map) this.#build()
    this.#update()
    const side = [networkCard(session), adviceCard(session, this.#advice), timelineCard(session, this.#events.items)]
    this.#side.replaceChildren(...side)
    this.#showChunks()
  }

  #showChunks() {
    this.#speed.show(this.#session, this.#map.chunks)
    this.#requests.show(this.#session, this.#map.chunks)
  }

  #build() {
    const session = this.#session
    this.#place(format.visible(session.fileName))
    this.#map = new ChunkMap()
    const id = h('code', {}, session.id)
    const figure = ([id, { value, hint }]) => h('div', {}, h('dt', {}, t.detail[id]), h('dd', {}, value, hint))
    this.#content.replaceChildren(
      h('div', { class: 'head' },
        h('div', { class: 'grow' }, nameOf(session.fileName, 'h2', { class: 'title name' }),
          h('div', { class: 'about' }, this.#state, this.#reason,
            session.owner && h('span', { title: session.owner }, t.detail.by(nameOfSubject(session.owner))),
            h('span', { title: format.exactTime(session.createdAt) },
              t.detail.started(format.moment(session.createdAt), format.ago(session.createdAt))), this.#ends,
            h('span', { class: 'id short' }, id, copyButton(() => session.id, t.detail.copyId, id)))),
        this.#acts),
      h('dl', { class: 'figures' }, [...this.#figures].map(figure)),
      h('div', { class: 'two upload-parts' },
        h('div', { class: 'stack' }, this.#map.element, this.#speed.element, this.#requests.element), this.#side))
  }

  #update() {
    const session = this.#session
    if (session.speed.current > 0 && session.seenAt && Date.now() - session.seenAt > WHILE_MOVING * 3) {
      Object.assign(session, { speed: { ...session.speed, current: 0 }, etaSeconds: null })
    }
    const state = stateOf(session)
    if (this.#shownHead !== `${state} ${session.state}`) {
      this.#shownHead = `${state} ${session.state}`
      this.#state.replaceChildren(stateWord(state))
      this.#acts.replaceChildren(
        button(t.curl, { glyph: 'copy', kind: 'wide-only', act: () => copyOrShow(
          `curl -H "Authorization: Bearer $KEY" ${new URL(`api/sessions/${session.id}`, root).href}`) }),
        ...(session.state === 'completed' && session.file?.places?.length > 0 ? [placeLink(session.file.places[0])]
          : []),
        ...(['open', 'paused'].includes(session.state) ? [prioritySelect(session.id, session.priority, this.#failed)]
          : []),
        ...buttons(session, this.acts, true))
    }
    // The figures already show how often a running upload was interrupted.
    say(this.#reason, state === 'uploading' ? '' : reasonOf(session))
    this.#reason.hidden = state === 'uploading'
    const { size, receivedBytes, speed, failures } = session
    const moving = session.state === 'open' && speed.current > 0
    this.#figure('safe', size === null ? format.bytes(receivedBytes) : receivedBytes === size ? format.bytes(size)
      : format.bytesOf(receivedBytes, size), size === null ? t.uploads.unknown.trim()
        : receivedBytes === size ? t.detail.done
      : format.percent(receivedBytes, size))
    this.#figure('speed', moving ? format.speed(speed.current) : t.row.none, t.detail.speeds(
      speed.average && format.speedBeside(speed.average, moving ? speed.current : 0),
      speed.peak && format.speedBeside(speed.peak, moving ? speed.current : speed.average ?? 0)))
    const ended = session.completedAt && session.firstByteAt
    const left = moving && receivedBytes > 0 && session.etaSeconds !== null
    this.#figure('left', left ? format.duration(session.etaSeconds) : t.row.none,
      left ? t.detail.about(format.moment(Date.now() + session.etaSeconds * 1000))
        : ended ? t.detail.took(format.took(Date.parse(session.completedAt) - Date.parse(session.firstByteAt))) : '')
    this.#figure('broke', format.number(failures.count),
      failures.consecutive > 0 ? t.detail.inARow(failures.consecutive)
        : failures.count > 0 ? t.detail.noneInARow : '')
    // Lists of uploads do not contain these two values.
    const { lostBytes = null, keptBytes = null } = failures
    this.#figure('lost', lostBytes === null ? t.row.none : format.bytes(lostBytes),
      lostBytes > 0 ? t.detail.ofAll(format.percent(lostBytes, receivedBytes + lostBytes)) : '')
    this.#figure('saved', keptBytes === null ? t.row.none : format.bytes(keptBytes),
      keptBytes > 0 ? t.detail.fromBroken : '')
    const waits = session.expiresAt && ['open', 'paused'].includes(session.state) && !moving
    say(this.#ends, waits ? t.detail.kept(format.moment(session.expiresAt)) : '')
    this.#ends.hidden = !waits
    this.#map.progress(session)
  }

  #figure(id, value, hint) {
    const figure = this.#figures.get(id)
    say(figure.value, value)
    say(figure.hint, hint)
    figure.hint.title = hint
  }

  #gone() {
    this.#content.replaceChildren(emptyPlace(t.detail.gone, t.detail.goneHint,
      h('a', { class: 'button', href: addressOf('uploads') }, icon('list'), t.detail.toList)))
  }
}

function placeLink({ path, space }) {
  const names = path.split('/').filter(Boolean)
  const href = addressOf('files', names.slice(0, -1), { open: names.at(-1), space })
  return h('a', { class: 'button', href }, icon('folder'), t.row.show)
}
