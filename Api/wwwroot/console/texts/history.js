// UI texts of ../history.
import { bytes, number } from '../format.js'
import { t as common } from './shell.js'
import { causes } from './causes.js'

const breaks = (count) => (count === 0 ? 'no request broke' : count === 1 ? '1 request broke'
  : `${number(count)} requests broke`)

export const t = /** @type {const} */ ({
  ...common,

  history: {
    title: 'History', range: 'Range', ranges: { '24h': '24\u00a0h', '7d': '7\u00a0days', '30d': '30\u00a0days',
      '90d': '90\u00a0days' },
    csv: 'Figures as CSV', listCsv: 'List as CSV',
    total: 'In this range', ended: 'Completed', endedOf: (others) => `${number(others)} did not finish`,
    success: 'Succeeded', cancelled: (count) => `${number(count)} cancelled`,
    bytes: 'Accepted', begun: (count) => `${number(count)} begun`,
    speed: 'Speed, median', upTo: (value) => `p95 ${value}`, took: 'Duration, median',
    slow: (value) => `p95 ${value}`,
    saved: 'Saved by resuming', perGiB: (count, per) => (per ? `${number(count)} breaks, ${per}/GiB` : breaks(count)),
    throughput: 'Speed of an upload',
    throughputLabel: 'Speed of completed uploads of 1 MiB and more, median and 95th percentile',
    duration: 'Duration', durationLabel: 'Time from creation to completion, median and 95th percentile',
    volume: 'Accepted', volumeLabel: 'Accepted bytes', savedChart: 'Saved by resuming',
    savedLabel: 'Bytes of interrupted requests that were kept',
    median: 'median', ninety: 'p95', accepted: 'accepted', kept: 'saved by resuming',
    asTable: 'Show as a table', time: 'Time',
    cuts: 'Why requests broke', failures: 'Why uploads did not finish', networks: 'Networks of ended uploads',
    noCuts: 'No request broke in this range.',
    noFailures: 'Every upload that ended was completed, or cancelled by a person.',
    noNetworks: 'The advisor saw no client in this range.',
    causes,
    list: 'Ended uploads', filter: 'Filter by state',
    states: { all: 'All', completed: 'Done', unfinished: 'Not finished', cancelled: 'Cancelled' },
    state: { completed: 'Done', failed: 'Failed', cancelled: 'Cancelled', expired: 'Expired' },
    protocol: 'Protocol',
    protocols: { '': 'All protocols', session: 'Chunks', put: 'One request', tus: 'tus', ietf: 'IETF draft',
      transfer: 'Transfer' },
    columns: {
      when: 'Ended', name: 'Name', state: 'State', size: 'Size', took: 'Took', speed: 'Speed', cuts: 'Breaks',
      saved: 'Saved by resuming'
    },
    find: 'Search ended uploads', more: 'Show more',
    story: ({ cuts, takeovers, advice, network }) => [
      cuts > 0 && breaks(cuts), takeovers > 0 && `${number(takeovers)} taken over`,
      advice && `${advice.concurrency} × ${bytes(advice.chunkSize)}`, network
    ].filter(Boolean).join(', '),
    none: 'No upload ended in this range', noneHint: 'Choose a longer range, or look at all states.',
    fault: 'The history could not be loaded.'
  }
})
