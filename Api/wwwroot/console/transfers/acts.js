// The user's actions on transfers.
import { call, root } from '../api.js'
import { ask } from '../parts/dialog.js'
import { download } from '../files/acts.js'
import { t } from '../texts/transfers.js'
import { hasEnded, titleOf } from './state.js'

/** @typedef {import('./state.js').Transfer} Transfer */

export const mayPause = (one) => !hasEnded(one) && !['paused', 'planned'].includes(one.state)
export const mayResume = ({ state }) => state === 'paused'
export const mayRetry = ({ state, files }) => files.failed > 0
  || ['cancelled', 'partly_done', 'failed'].includes(state)

/** @param {Transfer} transfer */
export const retryWord = ({ state }) => (state === 'cancelled' ? t.transfers.goOn : t.transfers.retry)

/** @param {Transfer} transfer @param {'csv' | 'json'} form */
export const reportOf = ({ id }, form) => new URL(`api/transfers/${id}/report?format=${form}`, root).href

/**
 * @param {(transfers: Transfer[]) => void} took called with the changed transfers
 * @param {(error: Error, count: number) => void} failed
 */
export function actor(took, failed) {
  const change = async (transfers, verb) => {
    const done = []
    const faults = []
    for (const { id } of transfers) {
      try { done.push(await call('POST', `api/transfers/${id}/${verb}`)) } catch (error) { faults.push(error) }
    }
    took(done)
    if (faults.length > 0) failed(faults[0], faults.length)
  }
  return {
    pause: (transfers) => change(transfers.filter(mayPause), 'pause'),
    resume: (transfers) => change(transfers, 'resume'),
    retry: (transfer) => change([transfer], 'retry'),
    approve: (transfer) => change([transfer], 'approve'),
    async cancel(transfers) {
      const open = transfers.filter((one) => !hasEnded(one))
      if (open.length === 0) return
      const yes = await ask({
        title: open.length === 1 ? t.transfers.cancelTitle(titleOf(open[0])) : t.transfers.cancelSeveral(open.length),
        text: [t.transfers.cancelText], dismiss: null, answers: [
          { word: open.length === 1 ? t.transfers.keep : t.transfers.keepSeveral, value: null },
          { word: open.length === 1 ? t.transfers.cancelIt : t.transfers.cancelThem, value: true, kind: 'danger' }]
      })
      if (yes) await change(open, 'cancel')
    }
  }
}

/**
 * Returns the items of the menu of a transfer.
 * @param {Transfer} transfer
 * @param {ReturnType<typeof actor>} acts
 * @param {boolean} own whether the user is its owner
 */
export function menuOf(transfer, acts, own) {
  return [
    mayPause(transfer) && { word: t.pause, glyph: 'pause', act: () => acts.pause([transfer]) },
    own && transfer.state === 'planned' && { word: t.plan.start, glyph: 'play', act: () => acts.approve(transfer) },
    own && mayResume(transfer) && { word: t.resume, glyph: 'play', act: () => acts.resume([transfer]) },
    own && transfer.state === 'waiting' && { word: t.transfers.tryNow, glyph: 'retry',
      act: () => acts.resume([transfer]) },
    own && mayRetry(transfer) && { word: retryWord(transfer), glyph: 'retry', act: () => acts.retry(transfer) },
    own && { word: t.transfers.reportCsv, glyph: 'download', act: () => download(reportOf(transfer, 'csv')) },
    own && { word: t.transfers.reportJson, glyph: 'download', act: () => download(reportOf(transfer, 'json')) },
    !hasEnded(transfer) && { word: t.transfers.cancelOne, glyph: 'close', kind: 'danger',
      act: () => acts.cancel([transfer]) }
  ].filter(Boolean)
}
