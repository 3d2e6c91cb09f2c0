// The service's events on one WebSocket. After a break it connects again, and gets what it has missed.
import { Emitter } from './emitter.js'

const PROTOCOL = 'chunkupload.events'
const SHORTEST = 500
const LONGEST = 15_000
// How late a heartbeat may be.
const GRACE = 5_000
// A try to connect that takes longer is given up when there is a sign of the service: the network was away when it began.
const PATIENCE = 3_000

/**
 * Emits `event` (a change of state), `progress`, `notice` (a `chunk`, `retry` or `advice` on the way), `reset` (events were missed: ask for
 * the present state), `open` and `close`.
 * Usable without the console: `new EventClient({ url: 'ws://127.0.0.1:8080/api/events/ws' }).start()`.
 */
export class EventClient extends Emitter {
  #options
  #scopes
  #refused = new Set()
  #socket = null
  #failures = 0
  #timer = 0
  #silence = 0
  #heartbeat = 15_000
  #connecting = false
  #attempt = 0
  #begunAt = 0
  /** The place in the stream up to which everything has been told. @type {string | null} */
  cursor = null

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {() => Promise<string | null>} [options.token] runs before each try and returns the token against forgery, which a browser's
   *   session needs; when it throws, the try has failed
   * @param {string[]} [options.scopes] the widest first; one that the caller may not listen to is left out
   * @param {string | null} [options.cursor] goes on from here
   * @param {() => number} [options.random]
   */
  constructor({ url, token = async () => null, scopes = ['own'], cursor = null, random = Math.random }) {
    super()
    this.#options = { url, token, random }
    this.#scopes = scopes
    this.cursor = cursor
  }

  get connected() { return this.#socket?.readyState === WebSocket.OPEN }

  start() { this.#connect() }

  stop() {
    clearTimeout(this.#timer)
    this.#timer = -1
    this.#drop()
  }

  /** Tries now instead of later. */
  wake() {
    if (this.connected || this.#timer === -1) return
    if ((this.#socket || this.#connecting) && Date.now() - this.#begunAt < PATIENCE) return
    clearTimeout(this.#timer)
    this.#drop()
    this.#connect()
  }

  /** Listens to other scopes, the widest first. @param {string[]} scopes */
  listen(scopes) {
    const before = this.#scope
    this.#scopes = scopes
    if (before === this.#scope || !this.connected) return
    this.#send('subscribe', this.#scope)
    // Keep a narrower scope: the service may refuse the wider one, and being subscribed to both does no harm.
    if (!scopes.includes(before)) this.#send('unsubscribe', before)
  }

  get #scope() { return this.#scopes.find((scope) => !this.#refused.has(scope)) }

  async #connect() {
    const attempt = ++this.#attempt
    this.#connecting = true
    this.#begunAt = Date.now()
    try {
      const token = await this.#options.token()
      if (this.#timer === -1 || attempt !== this.#attempt) return
      const url = new URL(this.#options.url)
      if (this.cursor) url.searchParams.set('lastEventId', this.cursor)
      const socket = new WebSocket(url, token ? [PROTOCOL, `csrf.${token}`] : [PROTOCOL])
      socket.onopen = () => this.#opened()
      socket.onmessage = ({ data }) => this.#take(JSON.parse(data))
      socket.onclose = () => { if (this.#socket === socket) this.#closed() }
      this.#socket = socket
      this.#listenForSilence()
    } catch {
      if (attempt === this.#attempt) this.#later()
    } finally {
      if (attempt === this.#attempt) this.#connecting = false
    }
  }

  #opened() {
    this.#failures = 0
    this.#send('subscribe', this.#scope)
    this.#listenForSilence()
    this.emit('open')
  }

  #closed() {
    this.#drop()
    this.#later()
    this.emit('close')
  }

  #drop() {
    clearTimeout(this.#silence)
    const socket = this.#socket
    this.#socket = null
    socket?.close()
  }

  /** A random time, on average twice as long after each failure in a row. */
  #later() {
    if (this.#timer === -1) return
    const most = Math.min(LONGEST, SHORTEST * 2 ** Math.min(this.#failures++, 10))
    this.#timer = setTimeout(() => this.#connect(), most / 2 + this.#options.random() * most / 2)
  }

  #listenForSilence() {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#closed(), this.#heartbeat + GRACE)
  }

  #send(type, scope) {
    if (scope) this.#socket.send(JSON.stringify({ type, scope }))
  }

  #take(message) {
    this.#listenForSilence()
    this.emit('sign')
    switch (message.type) {
      case 'welcome':
        this.#heartbeat = message.heartbeatMs
        // With a cursor, what was missed comes next; until then the old one holds.
        this.cursor ??= message.cursor
        break
      case 'heartbeat':
        this.cursor = message.cursor
        break
      case 'reset':
        this.cursor = message.cursor
        this.emit('reset')
        break
      case 'event':
        this.cursor = message.id
        this.emit('event', message)
        break
      case 'progress':
        this.emit('progress', message)
        break
      case 'chunk':
      case 'retry':
      case 'advice':
        this.emit('notice', message)
        break
      case 'error':
        if (message.code !== 'not_permitted' || !message.scope) break
        this.#refused.add(message.scope)
        this.#send('subscribe', this.#scope)
    }
  }
}
