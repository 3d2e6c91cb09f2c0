// Parts of the list and of the screen of a pair: its state, its places, and its question.
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { inWords } from '../jobs/schedule.js'
import { OWN, endKind, endName, storageMark } from '../parts/storage.js'
import { addressOf } from '../router.js'
import { t } from '../texts/syncs.js'
import { answer } from './acts.js'

/**
 * @typedef {{connection: string | null, folder: string, name: string}} Place
 * @typedef {{digest: string, removals: number, conflicts: number, paths: {path: string, kind: string}[]}} Question
 * @typedef {{id: string, title: string,
 *   state: 'looking' | 'copying' | 'in_step' | 'waiting' | 'needs_you' | 'paused', wait: string | null,
 *   reason: string | null, way: 'left_to_right' | 'both', conflicts: string, left: Place, right: Place,
 *   include: string[], exclude: string[], bandwidth: string | null, timeZone: string | null, interval: number,
 *   cron: string | null, once: boolean, items: number, leftOut: number, question: Question | null,
 *   transfer: string | null, lookedAt: string | null, inStepAt: string | null, createdAt: string}} Pair
 * @typedef {import('../parts/storage.js').Connection} Connection
 */

const LOOKS = {
  looking: ['eye', 'go'], copying: ['to', 'go'], in_step: ['check', 'calm'], waiting: ['clock', 'warn'],
  needs_you: ['alert', 'warn'],
  paused: ['pause', '']
}

/** @param {Pair} pair */
export function stateWord({ state, wait }) {
  const [glyph, kind] = LOOKS[state] ?? ['dashed', '']
  const drawn = state === 'waiting' ? { sign_in: 'lock', network: 'offline' }[wait] ?? glyph : glyph
  return h('span', { class: `state ${kind}`.trim() }, icon(drawn), t.syncs.state[state] ?? state)
}

/** Returns the text after the state. @param {Pair} pair */
export function reasonOf({ state, wait, reason, question, lookedAt, leftOut }) {
  if (question) return t.syncs.asks(question.removals, question.conflicts)
  if (state === 'waiting' || (state === 'paused' && reason)) {
    return reason ? format.visible(reason) : t.syncs.wait[wait] ?? ''
  }
  return state === 'in_step' && leftOut > 0 ? t.syncs.leftOut(leftOut)
    : state === 'in_step' && lookedAt ? t.syncs.looked(lookedAt) : ''
}

/** Returns when the pair runs. @param {Pair} pair */
export const paceOf = ({ interval, cron, once }) => (once ? t.syncs.once
  : cron ? inWords(`0 ${cron}`) : t.syncs.every(interval))

/** "Files / Photos", "Disk / Backup" @param {Place} place @param {Connection[]} known */
export function placeName({ connection, folder, name }, known) {
  const end = endName(connection, known)
  // The root folder of a connection is named after the connection.
  return folder === '.' || !name ? end : `${end} / ${format.visible(name)}`
}

/** @param {Place} place @param {Connection[]} known @param {'' | 'small' | 'large'} [size] */
export const placeMark = ({ connection }, known, size = '') =>
  storageMark(connection === null ? OWN : endKind(connection, known), size)

/** Returns the number of pairs with an open question. @param {Pair[]} pairs */
export const askingOf = (pairs) => pairs.filter(({ question }) => question).length

/** @param {Pair['way']} way */
export const glyphOf = (way) => (way === 'both' ? 'swap' : 'to')

/** @param {Pair} pair @param {Connection[]} known */
export const marksOf = ({ left, right, way }, known) =>
  h('span', { class: 'storage-pair' }, placeMark(left, known), icon(glyphOf(way)), placeMark(right, known))

/**
 * Shows the question of a pair and its answers.
 * @param {import('../parts/lifecycle.js').Lifecycle} life
 * @param {Pair} pair
 * @param {boolean} leads whether to link to the screen of the pair, which has the whole list
 */
export function needBox(life, pair, leads) {
  const { removals, conflicts } = pair.question
  const both = pair.way === 'both'
  const restored = pair.question.paths.some(({ kind }) => kind.startsWith('only_at_'))
  const { remove, copy, removeToo, bringBack, keepThere, keepLeft, keepBoth, keepRight, leaveBoth, asLeft,
    leave } = t.question
  /** @type {[id: Parameters<typeof answer>[2], word: string, kind?: string][]} */
  const answers = restored ? [['apply', remove, 'danger'], ['leave', both ? copy : keepThere]]
    : conflicts === 0 ? [['apply', removeToo, 'danger'], ['leave', both ? bringBack : keepThere]]
    : both ? [['apply', keepLeft], ['both', keepBoth], ['right', keepRight], ['leave', leaveBoth, 'plain']]
      : [['apply', asLeft, 'danger'], ['leave', leave]]
  return h('div', { class: 'need-box' }, icon('alert'),
    h('p', {}, `${restored ? t.question.restored(removals) : t.question.text(removals, conflicts,
      both)} ${t.question.rest}`),
    h('div', { class: 'buttons' },
      leads && h('a', { class: 'button small plain', href: addressOf('syncs', [pair.id]) },
        t.question.see(removals + conflicts)),
      answers.map(([id, word, kind = '']) => button(word, { kind: `small ${kind}`.trim(),
        act: () => answer(life, pair, id) }))))
}

/** Splits a path into its name and the folder. @param {string} path @returns {[name: string, folder: string]} */
export function namesOf(path) {
  const end = path.lastIndexOf('/')
  return [path.slice(end + 1), end < 0 ? t.pair.top : format.visible(path.slice(0, end))]
}
