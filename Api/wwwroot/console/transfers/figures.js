// Statistics of the transfers of the last days: failures and their reasons, comparisons, and waits.
import { call, root } from '../api.js'
import { h, icon, say } from '../dom.js'
import * as format from '../format.js'
import { FOREIGN, WEB, endName } from '../parts/storage.js'
import { t } from '../texts/transfers.js'

const DAYS = 30
const FRESH = 30_000
const ROUTES = 5

/**
 * @typedef {{days: number, states: Record<string, number>, byDay: {day: string, done: number, partlyDone: number,
 *   failed: number, cancelled: number, files: number, bytes: number}[], byConnection: {source: string | null,
 *   destination: string | null, transfers: number, files: number, bytes: number, skipped: number, failed: number,
 *   retries: number, bytesPerSecond: number | null}[], failures: {fault: string, reason: string | null,
 *   files: number}[], verified: Record<string, number>, waitedSeconds: Record<string, number>}} Figures
 */

/** "214 in 30 days, 4.02 TiB" @param {Figures} figures */
export function sumOf({ days, byDay }) {
  const ended = byDay.reduce((sum, { done, partlyDone, failed, cancelled }) =>
    sum + done + partlyDone + failed + cancelled, 0)
  return t.figures.sum(ended, days, byDay.reduce((sum, { bytes }) => sum + bytes, 0))
}

export class EndedFigures {
  #at = 0
  #title = h('h2')
  #place = h('div', { class: 'ended-figures' })
  element = h('details', { class: 'card ended', hidden: true }, h('summary', {}, this.#title), this.#place)
  sum = ''

  /**
   * @param {import('./state.js').Connection[]} connections
   * @param {boolean} all whether to include transfers of other users
   */
  async load(connections, all) {
    if (Date.now() - this.#at < FRESH) return
    this.#at = Date.now()
    try {
      this.#show(await call('GET', `api/transfers/stats?days=${DAYS}`), connections, all)
    } catch (error) {
      // The list shows the error, and the statistics are loaded again with it.
      this.#at = 0
      if (!this.sum) this.element.hidden = true
    }
  }

  /** @param {Figures} figures */
  #show(figures, connections, all) {
    const name = (id) => endName(all && id && id !== WEB && !connections.some((one) => one.id === id) ? FOREIGN : id,
      connections)
    this.sum = sumOf(figures)
    this.element.hidden = figures.byDay.length === 0
    say(this.#title, t.figures.title(figures.days))
    const lines = (word, entries, none) => h('section', { 'aria-label': word }, h('h3', {}, word),
      entries.length === 0
      ? h('p', { class: 'hint' }, none)
      : h('dl', {}, entries.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))))
    this.#place.replaceChildren(
      lines(t.figures.moved, figures.byConnection.slice(0, ROUTES).map(
        ({ source, destination, files, bytes, bytesPerSecond, retries }) =>
          [t.figures.route(name(source), name(destination)),
          t.figures.amount(files, bytes, bytesPerSecond, retries)]), t.figures.nothing),
      lines(t.figures.failed, figures.failures.slice(0, ROUTES).map(({ fault, reason, files }) =>
        [reason ? format.visible(reason) : t.detail.faults[fault] ?? fault, t.figures.files(files)]),
          t.figures.noneFailed),
      lines(t.figures.verified, Object.entries(figures.verified).map(([by, files]) =>
        [t.figures.by[by] ?? t.figures.equal(t.detail.digests[by] ?? by), t.figures.files(files)]),
          t.figures.nothing),
      lines(t.figures.waited, Object.entries(figures.waitedSeconds).map(([reason, seconds]) =>
        [t.transfers.wait[reason] ?? reason, format.duration(seconds)]), t.figures.noWaits),
      h('a', { class: 'button small', download: 'transfers.csv',
        href: new URL(`api/transfers/stats?days=${DAYS}&format=csv`, root).href },
        icon('download'), t.figures.csv))
  }
}
