// The conflicts of a pair: open ones with the content of both sides, and decisions, which can be undone.
import { call, root } from '../api.js'
import { button, h, icon } from '../dom.js'
import { compareTexts, isText } from '../files/compare.js'
import * as format from '../format.js'
import { openMenu } from '../parts/menu.js'
import { nameOf } from '../parts/name.js'
import { t } from '../texts/syncs.js'
import { namesOf } from './parts.js'

/**
 * @typedef {{kind: 'file' | 'folder', size: number | null, modifiedAt: string | null}} Side
 * @typedef {{id: string, path: string, kind: string, digest: string, left: Side | null, right: Side | null,
 *   answer: string | null, by: string | null, answeredAt: string | null, settledAt: string | null,
 *   takenBackAt: string | null, canTakeBack: boolean}} Conflict
 * @typedef {import('../parts/lifecycle.js').Lifecycle} Lifecycle
 * @typedef {import('./parts.js').Pair} Pair
 */

const at = ({ id }) => `api/conflicts/${id}`
const contentOf = (conflict, side) => new URL(`${at(conflict)}/${side}`, root).href

/** @param {Lifecycle} life @param {Conflict} conflict @param {'left' | 'right' | 'both' | 'leave'} word */
const decide = (life, conflict, word) => life.act(
  () => call('POST', `${at(conflict)}/decide`, { digest: conflict.digest, answer: word }), t.syncs.answered,
  t.syncs.actFault)

/** @param {Lifecycle} life @param {Conflict} conflict */
const takeBack = (life, conflict) => life.act(
  () => call('POST', `${at(conflict)}/take-back`), t.conflict.takenBack, t.syncs.actFault)

/**
 * Shows the content of one side and how it differs from the other.
 * @param {string} word
 * @param {Side | null} side
 * @param {Side | null} other
 */
function sideOf(word, side, other) {
  if (!side) return h('span', {}, h('b', {}, word), ' ', t.conflict.nothing)
  const facts = side.kind === 'folder' ? [t.conflict.folder]
    : [format.bytes(side.size ?? 0), side.modifiedAt && format.when(side.modifiedAt)]
  if (other?.kind === 'file' && side.kind === 'file') {
    if (Date.parse(side.modifiedAt ?? '') > Date.parse(other.modifiedAt ?? '')) facts.push(t.conflict.newer)
    if ((side.size ?? 0) > (other.size ?? 0)) facts.push(t.conflict.larger)
  }
  return h('span', {}, h('b', {}, word), ' ', facts.filter(Boolean).join(', '))
}

/** The open comparisons, by the id and digest of their conflicts. @type {Map<string, HTMLElement>} */
const opened = new Map()

/**
 * @param {Lifecycle} life
 * @param {Pair} pair
 * @param {Conflict} conflict
 * @param {() => void} show redraws the screen
 */
function openOne(life, pair, conflict, show) {
  const [name, folder] = namesOf(conflict.path)
  const key = `${conflict.id} ${conflict.digest}`
  const { left, right } = conflict
  const files = left?.kind === 'file' && right?.kind === 'file'
  const both = pair.way === 'both'
  const visible = format.visible(name)
  /** @type {[word: 'left' | 'both' | 'right' | 'leave', text: string][]} */
  const answers = both ? [['left', t.question.keepLeft], ['both', t.question.keepBoth],
    ['right', t.question.keepRight]]
    : [['left', t.question.asLeft], ['leave', t.question.leave]]
  const compare = () => life.act(async () => {
    if (!opened.delete(key)) {
      opened.set(key, await compareTexts(name, { address: contentOf(conflict, 'left'), size: left.size ?? 0,
        word: t.conflict.left },
        { address: contentOf(conflict, 'right'), size: right.size ?? 0, word: t.conflict.right }))
    }
    show()
    return false
  }, '', t.conflict.compareFault)
  const more = [
    both && { word: t.question.leaveBoth, glyph: 'stop', act: () => decide(life, conflict, 'leave') },
    ...Object.entries({ left, right }).map(([side, one]) => one?.kind === 'file' &&
      { word: t.conflict.download[side], glyph: 'download',
        act: () => { location.href = contentOf(conflict, side) } })
  ].filter(Boolean)
  return h('li', { 'data-id': conflict.id },
    h('div', { class: 'conflict' },
      h('div', { class: 'grow' }, nameOf(name),
        h('p', { class: 'cut' }, `${folder} · ${t.question.kinds[conflict.kind] ?? conflict.kind}`),
        h('p', { class: 'conflict-sides' }, sideOf(t.conflict.left, left, right),
          sideOf(t.conflict.right, right, left))),
      h('div', { class: 'buttons' },
        answers.map(([word, text]) =>
          button(text, { kind: 'small', label: `${text}: ${visible}`, act: () => decide(life, conflict, word) })),
        files && isText(name) && button('', { glyph: 'swap', kind: 'plain small', label: t.conflict.compare(visible),
          'aria-pressed': String(opened.has(key)), act: compare }),
        more.length > 0 && button('', { glyph: 'more', kind: 'plain small', label: t.syncs.moreOf(visible),
          'aria-haspopup': 'menu',
          act: ({ currentTarget }) => openMenu(currentTarget, more) }))),
    opened.get(key))
}

/**
 * @param {Lifecycle} life
 * @param {Pair} pair
 * @param {Conflict[]} conflicts
 * @param {boolean} more
 * @param {() => void} show
 */
export const openConflicts = (life, pair, conflicts, more, show) =>
  h('section', { class: 'card sync-conflicts', 'aria-label': t.conflict.title },
    h('div', { class: 'card-head' }, h('h2', {}, t.conflict.title),
      h('span', { class: 'hint end cut' }, t.conflict.kept)),
    h('ul', {}, conflicts.map((one) => openOne(life, pair, one, show)),
      more && h('li', { class: 'hint' }, t.conflict.more)))

/** @param {Lifecycle} life @param {Conflict[]} conflicts */
export const decisions = (life, conflicts) =>
  h('section', { class: 'card sync-decisions', 'aria-label': t.conflict.decisions },
    h('div', { class: 'card-head' }, h('h2', {}, t.conflict.decisions),
      h('span', { class: 'hint end' }, t.pair.newest)),
    h('ul', {}, conflicts.map((one) => {
      const [name, folder] = namesOf(one.path)
      const word = `${t.conflict.answers[one.answer]}, ${t.conflict.by[one.by]}`
      return h('li', {}, h('div', { class: 'grow' }, nameOf(name), h('p', { class: 'cut' }, folder)),
        h('div', { class: 'why' },
          h('span', { class: one.settledAt ? 'state calm' : 'state go' }, icon(one.settledAt ? 'check' : 'to'), word),
          h('p', { class: 'hint' }, one.takenBackAt ? t.conflict.takenBackAt(one.takenBackAt)
            : one.settledAt ? format.when(one.answeredAt) : t.conflict.underWay)),
        one.canTakeBack && button(one.answer === 'leave' ? t.conflict.askAgain : t.conflict.takeOther,
          { kind: 'small',
          label: `${one.answer === 'leave' ? t.conflict.askAgain : t.conflict.takeOther}: ${format.visible(name)}`,
          act: () => takeBack(life, one) }))
    })))
