// Shows the state of an upload as one word, the same in Files, in the list of uploads and on the page of an upload.
import { h, icon } from '../dom.js'
import { t } from '../texts/state.js'

// On a slow connection, this much time may pass between two chunks.
const MINUTE = 60_000

/** @type {Record<string, [glyph: import('../dom.js').IconName, kind: string]>} */
const LOOKS = {
  uploading: ['up', 'go'], waiting: ['dashed', ''], broken: ['offline', 'warn'], paused: ['pause', ''],
  completing: ['hash', 'go'],
  checking: ['hash', 'go'], completed: ['check', 'calm'], failed: ['fail', 'bad'], cancelled: ['stop', ''],
  expired: ['clock', ''],
  deleted: ['trash', '']
}

/**
 * Returns the state to show: an open upload is uploading, has lost its connection, or waits for its client. One that
 * a transfer makes has no connection to lose: it waits for its transfer, whose page says why.
 * @param {{state: string, protocol: string, speed: number | null, failures: number, lastByteAt: string | null}} of
 *   `speed` is the current one, in bytes per second; `failures` is the number of failed requests since the last one
 *   that succeeded
 */
export function stateOf({ state, protocol, speed, failures, lastByteAt }) {
  if (state !== 'open') return state
  if (speed > 0) return 'uploading'
  if (failures > 0 && protocol !== 'transfer') return 'broken'
  return lastByteAt && Date.now() - Date.parse(lastByteAt) < MINUTE ? 'uploading' : 'waiting'
}

/** @param {string} state @param {string} [more] text after the word */
export function stateWord(state, more = '') {
  const [glyph, kind] = LOOKS[state]
  return h('span', { class: `state ${kind}`.trim() }, icon(glyph), [t.state[state], more].filter(Boolean).join(' '))
}
