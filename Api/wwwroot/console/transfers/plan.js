// The plan of a transfer: what would happen, and whether there is enough room.
import { call } from '../api.js'
import { h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { nameOf } from '../parts/name.js'
import { t } from '../texts/transfers.js'

const SHOWN = 50
const FATES = ['fail', 'replace', 'number', 'skip', 'new']
const LOOKS = { fail: ['stop', 'bad'], replace: ['retry', 'warn'], number: ['plus', 'warn'], skip: ['stop', ''],
  new: ['plus', 'go'] }

/** @typedef {{files: number, bytes: number}} Sum
 * @typedef {{plannedAt: string, new: Sum, replace: Sum, number: Sum, skip: Sum, fail: Sum, newFolders: number,
 *   bytes: number, room: number | null, fits: boolean | null, seconds: number | null}} TransferPlan */

/**
 * Returns the figures of a plan: the word, the figure, its hint, and whether it indicates a problem.
 * @param {TransferPlan} plan @returns {[word: string, figure: string, hint: string, bad?: boolean][]}
 */
export function figuresOf(plan) {
  /** @returns {[figure: string, hint: string]} */
  const sum = (/** @type {Sum} */ { files, bytes }) => [format.number(files),
    files > 0 ? format.bytes(bytes) : t.plan.nothing]
  /** @type {[figure: string, hint: string]} */
  const room = plan.room === null ? [t.plan.notKnown, t.plan.unlimited]
    : [format.bytes(plan.room), plan.fits ? t.plan.after(plan.room - plan.bytes)
      : t.plan.short(plan.bytes - plan.room)]
  const size = format.bytes(plan.new.bytes)
  return [
    [t.plan.new, format.number(plan.new.files), plan.newFolders > 0 ? `${size} ${t.plan.folders(plan.newFolders)}`
      : size],
    [t.plan.replace, ...sum(plan.replace)], [t.plan.number, ...sum(plan.number)], [t.plan.skip, ...sum(plan.skip)],
    [t.plan.room, ...room, plan.fits === false],
    [t.plan.takes, plan.seconds === null ? t.plan.notKnown : format.duration(Math.max(1, plan.seconds)),
      plan.seconds === null ? format.bytes(plan.bytes) : `${format.bytes(plan.bytes)}, ${t.plan.bySpeed}`]
  ]
}

export class Plan {
  #shown = ''
  #fate = ''
  /** @type {TransferPlan | null} */
  #plan = null
  #figures = h('dl', { class: 'figures' })
  #rows = h('ul', { class: 'plan-rows' })
  #rest = h('p', { class: 'hint card-body', hidden: true })
  #looked = h('p', { class: 'hint' })
  #seg = h('div', { class: 'seg end', role: 'group', 'aria-label': t.plan.look })
  element = h('section', { class: 'stack plan', 'aria-label': t.plan.title, hidden: true }, this.#figures,
    h('section', { class: 'card', 'aria-label': t.plan.look },
      h('div', { class: 'card-head' }, h('h2', {}, t.plan.look), this.#seg), this.#rows, this.#rest), this.#looked)

  /** @param {import('./state.js').Transfer} transfer @param {boolean} own whether the user is its owner */
  async load(transfer, own) {
    this.element.hidden = !own || transfer.state !== 'planned'
    if (this.element.hidden) return
    const plan = await call('GET', `api/transfers/${transfer.id}/plan`)
    const shown = JSON.stringify(plan)
    if (shown === this.#shown) return
    this.#shown = shown
    this.#plan = plan
    this.#figures.replaceChildren(...figuresOf(plan).map(([word, figure, hint, bad]) => h('div', {},
      h('dt', {}, word),
      h('dd', {}, h('span', { class: bad ? 'is-bad' : '' }, figure), h('small', { title: hint }, hint)))))
    say(this.#looked, t.plan.looked(format.moment(plan.plannedAt)))
    const some = FATES.filter((fate) => plan[fate].files > 0)
    this.#seg.replaceChildren(...some.map((fate) => h('button', { type: 'button', 'data-filter': fate,
      on: { click: () => this.#turn(transfer.id, fate) } }, t.plan.fates[fate],
        h('span', {}, ` ${format.number(plan[fate].files)}`))))
    await this.#turn(transfer.id, some[0] ?? 'new')
  }

  /** @param {string} id @param {string} fate */
  async #turn(id, fate) {
    this.#fate = fate
    for (const one of this.#seg.children) {
      one.setAttribute('aria-pressed', String(one.getAttribute('data-filter') === fate))
    }
    const { items } = await call('GET', `api/transfers/${id}/items?plan=${fate}&limit=200`)
    if (this.#fate !== fate) return
    const files = items.filter(({ kind }) => kind === 'file').slice(0, SHOWN)
    const [glyph, kind] = LOOKS[fate]
    this.#rows.replaceChildren(...files.map(({ path, size, planReason, reason }) => h('li', {},
      h('span', { class: `state ${kind}`.trim() }, icon(glyph), t.plan.fates[fate]),
      h('div', { class: 'grow' }, nameOf(path, 'span', { class: 'name' }),
        h('small', {}, [size === null ? '' : format.bytes(size), planReason ?? reason].filter(Boolean)
          .map(format.visible).join(', '))))))
    const rest = (this.#plan?.[fate].files ?? 0) - files.length
    this.#rest.hidden = rest <= 0 && files.length > 0
    say(this.#rest, files.length === 0 ? t.plan.none : t.plan.more(rest))
  }
}
