// The console's subscription to the service's events. One tab of a browser holds the WebSocket and forwards the
// messages to the others, because browsers allow few connections to one host. Screens subscribe here, whichever tab
// holds it.
import { Emitter } from '../client/emitter.js'
import { EventClient } from '../client/events.js'
import { root, signInState, whenAsked } from './api.js'

const TICK = 5_000
// A tab that has not announced its topics for this long counts as closed; timers of hidden tabs run once a minute.
const FORGOTTEN = 150_000
const SCOPES = { wide: ['tenant', 'own'], own: ['own'] }

/** @typedef {{state: 'live' | 'late' | 'offline', seenAt: number, streaming: boolean}} Liveness */

/**
 * Emits `state` (Liveness), `event` (a change of state), `progress`, `notice` (a detail of a running upload), and
 * `reset` if events were missed and screens must load again. `now.streaming` is false if the service answers but the
 * WebSocket cannot be opened: screens then poll.
 */
class Live extends Emitter {
  /** @type {Liveness} */
  now = { state: navigator.onLine ? 'live' : 'offline', seenAt: Date.now(), streaming: false }
  #tab = Math.random().toString(36).slice(2)
  #wide = 0
  /**
   * The topics of the other tabs and the times when they were announced; used only by the tab with the WebSocket.
   * @type {Map<string, {wide: boolean, at: number}>}
   */
  #others = new Map()
  #cursor = null
  #channel = null
  #client = null
  /** @type {import('./app.js').SignInState | null} */
  #first = null
  /** Whether this tab's last call had no answer: a proxy may let only the WebSocket pass. */
  #unanswered = false
  /** The state of the connection, without regard to the calls of this tab. @type {Liveness['state']} */
  #connection = 'live'

  /**
   * @param {string} owner the user whose events are shown; only tabs of the same user share a connection
   * @param {import('./app.js').SignInState} state the sign-in state that the service has just sent
   */
  start(owner, state) {
    this.#first = state
    whenAsked((answered) => this.#asked(answered))
    addEventListener('online', () => this.wake())
    addEventListener('offline', () => this.#tell({ state: 'offline', streaming: false }))
    addEventListener('pagehide', () => this.#say({ type: 'bye' }))
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.wake() })
    setInterval(() => this.#tick(), TICK)
    // Browsers offer locks only over HTTPS and on localhost. Otherwise, each tab opens a connection of its own.
    if (!navigator.locks) { this.#lead(); return }
    this.#channel = new BroadcastChannel(`chunkupload-live ${owner}`)
    this.#channel.onmessage = ({ data }) => this.#hear(data)
    this.#sayWhat('hello')
    navigator.locks.request(`chunkupload-live ${owner}`, () => { this.#lead(); return new Promise(() => {}) })
  }

  /**
   * Subscribes to the events of the whole tenant, if the user may see it.
   * @returns {() => void} ends the subscription
   */
  widely() {
    this.#wide++
    this.#want()
    return () => { this.#wide--; this.#want() }
  }

  #lead() {
    this.#client = new EventClient({
      url: new URL('api/events/ws', root).href.replace(/^http/, 'ws'), token: () => this.#token(),
      scopes: this.#scopes(),
      cursor: this.#cursor
    })
    for (const type of ['event', 'progress', 'notice', 'reset']) {
      this.#client.on(type, (message) => {
        this.#take(type, message)
        this.#say({ type: 'message', kind: type, message, cursor: this.#client.cursor })
      })
    }
    this.#client.on('sign', () => this.#seen())
    this.#client.on('open', () => this.#tell({ state: 'live', streaming: true }))
    this.#client.on('close', () => this.#tell({ state: navigator.onLine ? 'late' : 'offline', streaming: false }))
    this.#say({ type: 'who' })
    this.#client.start()
  }

  /** Requests a token before each attempt to connect. The request also shows whether the service answers. */
  async #token() {
    let state
    try {
      state = this.#first ?? await signInState()
      this.#first = null
    } catch (error) {
      this.#tell({ state: navigator.onLine ? 'late' : 'offline', streaming: false })
      throw error
    }
    this.#unanswered = false
    this.#tell({ state: 'live' })
    if (state.keyNeeded && !state.subject) throw new Error('There is no session.')
    return state.csrfToken
  }

  #hear(data) {
    if (data.type === 'message') {
      this.#cursor = data.cursor
      this.#take(data.kind, data.message)
    } else if (data.type === 'state' && !this.#client) this.#set(data.now)
    else if (data.type === 'wake') { if (this.#client) this.wake() }
    else if (data.type === 'who') this.#sayWhat('want')
    else if (this.#client) {
      if (data.type === 'bye') this.#others.delete(data.tab)
      else this.#others.set(data.tab, { wide: data.wide, at: Date.now() })
      if (data.type === 'hello') this.#sayState()
      this.#client.listen(this.#scopes())
    }
  }

  #take(type, message) {
    this.#seen()
    this.emit(type, message)
  }

  #want() {
    this.#sayWhat('want')
    this.#client?.listen(this.#scopes())
  }

  #scopes() {
    const wide = this.#wide > 0 || [...this.#others.values()].some((other) => other.wide)
    return wide ? SCOPES.wide : SCOPES.own
  }

  /** Tries to connect now instead of at the next scheduled attempt. */
  wake() {
    this.#askAgain()
    if (!this.#client) this.#say({ type: 'wake' })
    else if (this.#client.connected) this.#tell({ state: 'live', streaming: true })
    else this.#client.wake()
  }

  #tick() {
    if (this.#client) {
      for (const [tab, { at }] of this.#others) if (Date.now() - at > FORGOTTEN) this.#others.delete(tab)
    }
    this.#sayWhat('want')
    this.#askAgain()
    if (this.now.state !== 'live') this.emit('state', this.now)
    else if (this.#client && !this.now.streaming) this.now.seenAt = Date.now()
  }

  #say(message) { this.#channel?.postMessage({ tab: this.#tab, ...message }) }

  #sayWhat(type) { this.#say({ type, wide: this.#wide > 0 }) }

  #seen() { if (!this.#unanswered) this.now.seenAt = Date.now() }

  /** @param {boolean} answered whether a call of this tab was answered */
  #asked(answered) {
    // The service answers, so the WebSocket need not wait for its next attempt.
    if (answered && this.#connection === 'late') this.#client ? this.#client.wake() : this.#say({ type: 'wake' })
    if (answered !== this.#unanswered) return
    this.#unanswered = !answered
    this.#set({ ...this.now, state: this.#connection })
  }

  #askAgain() { if (this.#unanswered) signInState().then(() => this.#asked(true), () => {}) }

  /** @param {Partial<Liveness>} change */
  #tell(change) {
    const seenAt = change.state === 'live' && !this.#unanswered ? Date.now() : this.now.seenAt
    this.#set({ ...this.now, state: this.#connection, ...change, seenAt })
    this.#sayState()
  }

  #sayState() { this.#say({ type: 'state', now: { ...this.now, state: this.#connection } }) }

  /** @param {Liveness} now the state of the connection */
  #set(now) {
    this.#connection = now.state
    this.now = { ...now, state: this.#unanswered && now.state === 'live' ? 'late' : now.state }
    this.emit('state', this.now)
  }
}

export const live = new Live()
