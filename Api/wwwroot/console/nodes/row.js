// One node in the table. The row is created once; later, only what has changed is updated.
import { button, h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { paths } from '../icons.js'
import { t } from '../texts/nodes.js'
import { LoadDrawing } from './load.js'

/** @typedef {import('./screen.js').ClusterNode} ClusterNode */

// Only this screen needs this icon, so the first screen does not load it.
Object.assign(paths, { drain: 'M2.5 3h11L9.5 8v4.5l-3 1.5V8z' })

/** @type {Record<ClusterNode['state'], [import('../dom.js').IconName, string]>} */
const LOOKS = {
  alive: ['check', 'calm'], draining: ['drain', 'warn'], silent: ['fail', 'bad'], stopped: ['stop', '']
}

/** Returns a value that indicates whether the node runs. @param {ClusterNode} node */
export const isRunning = ({ state }) => state === 'alive' || state === 'draining'

const none = '–'
/** @template T @param {T | null} value @param {(value: T) => string} word */
const known = (value, word) => (value === null || value === undefined ? none : word(value))

export class NodeRow {
  #state = h('div')
  #since = h('p')
  #load = new LoadDrawing()
  #share = h('span', { class: 'share' })
  #uploads = h('span')
  #speed = h('p')
  #work = h('span')
  #version = h('span')
  #age = h('p')
  #buttons = h('div', { class: 'buttons tight' })
  #address = h('p', { class: 'address' })
  #here = h('span', { class: 'hint' }, t.nodes.here)
  #shown = ''

  /** @param {ClusterNode} node @param {import('./screen.js').NodeActs} acts */
  constructor(node, acts) {
    this.node = node
    this.acts = acts
    this.element = h('tr', { 'data-name': node.name },
      h('td', { class: 'c-node' }, h('div', { class: 'marked' }, h('span', { class: 'storage-mark' }, icon('nodes')),
        h('div', {}, h('p', { class: 'lead' }, h('b', {}, node.name), this.#here), this.#address))),
      h('td', { class: 'c-state' }, this.#state, this.#since),
      h('td', { class: 'c-load' }, h('div', { class: 'load' }, this.#load.element, this.#share)),
      h('td', { class: 'c-uploads amount', 'data-word': t.nodes.uploadsOf }, this.#uploads, this.#speed),
      h('td', { class: 'c-work amount', 'data-word': t.nodes.workOf }, this.#work),
      h('td', { class: 'c-version' }, this.#version, this.#age),
      h('td', { class: 'c-act' }, this.#buttons))
  }

  /** @param {ClusterNode} node @param {boolean} alone */
  update(node, alone) {
    this.node = node
    const { name, state, address, here, roles, uploads, bytesPerSecond, work, version } = node
    say(this.#address, [address, t.nodes.roles[roles]].filter(Boolean).join(', '))
    this.#here.hidden = !here || alone
    this.element.classList.toggle('off', !isRunning(node))
    const load = node.load ?? []
    const share = known(load.at(-1), (now) => format.percent(Math.round(now * 1000), 1000))
    say(this.#share, share)
    this.#load.show(load, share === none ? t.nodes.noLoad(name) : t.nodes.loadOf(name, share))
    say(this.#uploads, known(uploads, format.number))
    say(this.#speed, uploads === null ? '' : known(bytesPerSecond, format.speed))
    say(this.#work, known(work, format.number))
    say(this.#version, version ?? none)
    const look = [state, alone].join()
    if (look !== this.#shown) this.#show(look, alone)
  }

  /** Updates the relative times. @param {number} now the time of the service */
  tick(now) {
    const { state, beatAt, startedAt, draining } = this.node
    const passed = (at) => format.duration((now - Date.parse(at)) / 1000)
    const at = state === 'draining' ? draining.since : beatAt
    const words = !at ? '' : state === 'draining' ? t.nodes.drained(format.moment(at), draining.by)
      : state === 'silent' ? t.nodes.noHeartbeat(passed(at))
      : state === 'stopped' ? t.nodes.since(format.moment(at)) : t.nodes.heartbeat(format.ago(at, now))
    say(this.#since, words)
    this.#since.title = at ? `${words}, ${format.exactTime(at)}` : ''
    say(this.#age, isRunning(this.node) && startedAt ? t.nodes.runsFor(passed(startedAt)) : '')
    this.#age.title = startedAt ? format.exactTime(startedAt) : ''
  }

  /** @param {string} look @param {boolean} alone */
  #show(look, alone) {
    this.#shown = look
    const { node, acts } = this
    const [glyph, kind] = LOOKS[node.state]
    this.#state.replaceChildren(h('span', { class: `state ${kind}`.trim() }, icon(glyph), t.nodes.states[node.state]))
    const focused = this.#buttons.contains(document.activeElement)
    const act = (word, label, does, more = {}) =>
      button(word, { kind: 'small', label, act: () => does(this.node), ...more })
    const { drain, drainName, drainHint, takeBack, takeBackName, forget, forgetName } = t.nodes
    // The uploads of a service that runs alone could not continue at another node.
    this.#buttons.replaceChildren(...[
      node.state === 'draining' ? act(takeBack, takeBackName(node.name), acts.resume)
        : isRunning(node) && !alone
          && act(drain, drainName(node.name), acts.drain, { glyph: 'drain', title: drainHint }),
      !isRunning(node) && act(forget, forgetName(node.name), acts.forget)
    ].filter(Boolean))
    if (focused) this.#buttons.querySelector('button')?.focus()
  }
}
