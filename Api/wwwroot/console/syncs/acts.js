// The user's actions on a pair, in the list and on its screen.
import { call } from '../api.js'
import { h } from '../dom.js'
import { visible } from '../format.js'
import { ask } from '../parts/dialog.js'
import { sure } from '../parts/fields.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/syncs.js'

/** @typedef {import('./parts.js').Pair} Pair @typedef {import('../parts/lifecycle.js').Lifecycle} Lifecycle */

const SHOWN_STEPS = 50

const at = ({ id }) => `api/syncs/${id}`

/** @param {Lifecycle} life @param {Pair} pair @param {'run' | 'pause' | 'resume'} what */
export const change = (life, pair, what) => life.act(() => call('POST', `${at(pair)}/${what}`), '', t.syncs.actFault)

/** Answers the question that is shown, and not a newer one. @param {Lifecycle} life @param {Pair} pair
 * @param {'apply' | 'leave' | 'right' | 'both'} word */
export const answer = (life, pair, word) => life.act(
  () => call('POST', `${at(pair)}/approve`, { digest: pair.question.digest, answer: word }), t.syncs.answered,
  t.syncs.actFault)

/**
 * @param {Lifecycle} life
 * @param {Pair} pair
 * @param {boolean} here whether the screen of the pair is open, which is closed then
 */
export const end = (life, pair, here) => life.act(async () => {
  const name = visible(pair.title)
  if (!await sure(t.syncs.endTitle(name), t.syncs.endText, t.syncs.end)) return false
  await call('DELETE', at(pair))
  if (here) go(addressOf('syncs'))
  return !here
}, t.syncs.ended(visible(pair.title)), t.syncs.actFault)

/** Shows what a run would do now, without doing it. @param {Lifecycle} life @param {Pair} pair */
export const dryRun = (life, pair) => life.act(async () => {
  const plan = await call('GET', `${at(pair)}/plan`)
  const counts = Object.entries(t.plan.lines).filter(([of]) => plan[of] > 0).map(([of, words]) => words(plan[of],
    plan.bytes))
  const all = plan.folders + plan.copies + plan.moves + plan.removals + plan.conflicts
  const steps = plan.steps.slice(0, SHOWN_STEPS)
  await ask({
    title: t.plan.title(visible(pair.title)), dismiss: null, answers: [{ word: t.close, value: true }],
    text: [counts.length === 0 ? t.plan.nothing : `${counts.join('; ')}.`, ...(plan.asks ? [t.plan.asks] : [])],
    fields: steps.length === 0 ? [] : [h('ul', { class: 'each', tabindex: '0' },
      steps.map(({ step, path, from }) => h('li', {},
      h('span', { class: 'cut', title: visible(path) }, visible(path)),
      h('span', { class: 'hint' }, from ? t.plan.from(visible(from))
        : t.plan.steps[step] ?? t.question.kinds[step] ?? step))),
    all > steps.length && h('li', { class: 'hint' }, t.plan.more(all - steps.length)))]
  })
  return false
}, '', t.syncs.actFault)

/**
 * Returns the items of a pair's menu.
 * @param {Lifecycle} life
 * @param {Pair} pair
 * @param {boolean} [here] whether the screen of the pair is open, which has buttons for some of them
 */
export const menuOf = (life, pair, here = false) => [
  !here && { word: t.syncs.open, glyph: 'list', act: () => go(addressOf('syncs', [pair.id])) },
  !here && pair.state !== 'paused' && { word: t.syncs.run, glyph: 'eye', act: () => change(life, pair, 'run') },
  !here && { word: t.syncs.dryRun, glyph: 'search', act: () => dryRun(life, pair) },
  { word: t.syncs.end, glyph: 'trash', kind: 'danger', act: () => end(life, pair, here) }
].filter(Boolean)
