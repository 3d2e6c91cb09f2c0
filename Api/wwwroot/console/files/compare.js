// Compares an earlier version with the current content, or any two contents: the lines that differ, or two images.
import { button, h } from '../dom.js'
import { visible } from '../format.js'
import { linesOf, wordsOf } from '../parts/diff.js'
import { kindOf } from '../parts/kinds.js'
import { t } from '../texts/versions.js'
import { contentOf } from './tree.js'

const MOST_BYTES = 1 << 20
/** The number of unchanged lines that are shown around a change. */
const AROUND = 2

/** @typedef {{address: string, size: number, word: string}} Content what it is called is its `word` */

/** @param {string} name */
export const isText = (name) => kindOf(name, 1) === 'text'

/**
 * @param {import('./tree.js').Entry} entry
 * @param {any} version
 * @param {string} time the time of the version
 * @param {string} now the time of the current content
 * @returns {Promise<HTMLElement>}
 */
export async function compare(entry, version, time, now) {
  const before = { address: contentOf(version), size: version.size, word: time }
  const present = { address: contentOf(entry), size: entry.size ?? 0, word: now }
  if (kindOf(entry.name, Math.max(before.size, present.size)) !== 'image') {
    return compareTexts(entry.name, before, present)
  }
  const picture = ({ address, word }) => h('figure', {},
    h('img', { src: address, alt: `${visible(entry.name)}, ${word}` }),
    h('figcaption', {}, word))
  return h('div', { class: 'compare' }, h('div', { class: 'compare-head' }, titleOf(before, present)),
    h('div', { class: 'pictures' }, picture(before), picture(present)))
}

/** @param {Content} before @param {Content} present */
const titleOf = (before, present) => h('span', { class: 'grow' }, h('b', {}, before.word), t.diff.with,
  h('b', {}, present.word))

/** @param {string} name @param {Content} before @param {Content} present @returns {Promise<HTMLElement>} */
export async function compareTexts(name, before, present) {
  const title = titleOf(before, present)
  const head = h('div', { class: 'compare-head' }, title)
  const tell = (word) => h('div', { class: 'compare' }, head, h('p', { class: 'hint edge' }, word))
  if (!isText(name)) return tell(t.diff.none)
  if (before.size > MOST_BYTES || present.size > MOST_BYTES) return tell(t.diff.tooLarge)
  const lines = linesOf(...await Promise.all([textOf(before.address), textOf(present.address)]))
  if (!lines) return tell(t.diff.tooDifferent)
  const count = Math.max(lines.filter(({ kind: k }) => k === '-').length,
    lines.filter(({ kind: k }) => k === '+').length)
  title.append(count === 0 ? t.diff.same : t.diff.lines(count))
  const place = h('div', {})
  let sides = false
  const swap = button(t.diff.sides, { kind: 'small plain', act: () => { sides = !sides; show() } })
  const show = () => {
    swap.textContent = sides ? t.diff.below : t.diff.sides
    place.replaceChildren(sides ? twoOf(lines, before.word, present.word) : oneOf(lines))
  }
  if (count > 0) {
    head.append(swap)
    show()
  }
  return h('div', { class: 'compare' }, head, place)
}

async function textOf(address) {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`)
  return (await answer.text()).split(/\r?\n/)
}

/** Pairs each removed line with an added line of the same group of changes. */
function pairsOf(lines) {
  /** @type {{same?: string, old?: string, now?: string}[]} */
  const rows = []
  for (let i = 0; i < lines.length;) {
    if (lines[i].kind === ' ') {
      rows.push({ same: lines[i++].text })
      continue
    }
    const gone = []
    const come = []
    for (; i < lines.length && lines[i].kind !== ' '; i++) (lines[i].kind === '-' ? gone : come).push(lines[i].text)
    for (let j = 0; j < Math.max(gone.length, come.length); j++) rows.push({ old: gone[j], now: come[j] })
  }
  return rows
}

/** @returns {(string | Node)[]} */
const marked = ([start, differs, end]) => [start, differs && h('b', {}, differs), end]

/** Splits a removed and an added line into their equal beginnings, the parts that differ, and their equal ends.
 * @param {string | undefined} old @param {string | undefined} now @returns {[string, string, string][]} */
const partsOf = (old, now) => (
  old !== undefined && now !== undefined ? wordsOf(old, now) : [[old ?? '', '', ''], [now ?? '', '', '']])

/** Returns the rows near a change; other rows are replaced by their number. */
function near(rows) {
  const keep = rows.map((_, i) => rows.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(({ same }) =>
    same === undefined))
  const shown = []
  for (let i = 0; i < rows.length; i++) {
    if (keep[i]) shown.push(rows[i])
    else if (i === 0 || keep[i - 1]) shown.push({ skipped: 1 })
    else shown.at(-1).skipped++
  }
  return shown
}

function oneOf(lines) {
  const pre = h('pre', { class: 'diff', tabindex: '0', role: 'region', 'aria-label': t.diff.region })
  for (const { same, old, now, skipped } of near(pairsOf(lines))) {
    if (skipped) pre.append(h('span', { class: 'skipped' }, t.diff.skipped(skipped)))
    else if (same !== undefined) pre.append(h('span', {}, same))
    else {
      const [a, b] = partsOf(old, now)
      if (old !== undefined) pre.append(h('span', { class: 'ch minus' }, ...marked(a)))
      if (now !== undefined) pre.append(h('span', { class: 'ch add' }, ...marked(b)))
    }
  }
  return pre
}

/** @param {import('../parts/diff.js').Line[]} lines @param {string} before @param {string} present */
function twoOf(lines, before, present) {
  const side = (word) => h('pre', { class: 'diff', tabindex: '0', role: 'region', 'aria-label': word })
  const [left, right] = [side(before), side(present)]
  for (const { same, old, now, skipped } of near(pairsOf(lines))) {
    if (skipped || same !== undefined) {
      for (const one of [left, right]) {
        one.append(skipped ? h('span', { class: 'skipped' }, t.diff.skipped(skipped)) : h('span', {}, same))
      }
      continue
    }
    const [a, b] = partsOf(old, now)
    left.append(h('span', { class: old === undefined ? 'gone' : 'ch minus' }, ...marked(a)))
    right.append(h('span', { class: now === undefined ? 'gone' : 'ch add' }, ...marked(b)))
  }
  return h('div', { class: 'two' }, left, right)
}
