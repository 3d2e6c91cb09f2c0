// Updates the numbers in the navigation: unfinished uploads and transfers, project requests that wait for an answer,
// and jobs whose last run failed.
import { call } from '../api.js'
import { live } from '../live.js'

const EVERY = 30_000
const SOON = 1_000
// The largest number that is shown exactly.
const MOST = 100
const CHANGES = ['created', 'checking', 'completed', 'failed', 'expired', 'cancelled', 'deleted', 'job_ended']

/** @param {import('../shell.js').Shell} shell */
export function keepCounts(shell) {
  const { isOperator, scopes } = shell.me
  let timer = 0
  let due = 0

  async function uploads() {
    const { items, nextCursor } = await call('GET',
      `api/sessions?state=open,paused,completing,checking&limit=${MOST}`)
    shell.count('uploads', nextCursor ? `${items.length}+` : items.length)
  }

  async function transfers() {
    const { items, nextCursor } = await call('GET',
      `api/transfers?state=queued,scanning,planned,running,paused&limit=${MOST}`)
    shell.count('transfers', nextCursor ? `${items.length}+` : items.length)
  }

  async function projects() {
    const all = (await call('GET', 'api/projects')).projects
    shell.count('projects', all.reduce((sum, { waiting_requests: waiting }) => sum + waiting, 0))
  }

  async function jobs() {
    const { items } = await call('GET', 'api/jobs')
    shell.count('jobs', items.filter(({ state, lastRun }) => state !== 'running' && lastRun?.outcome === 'failed')
      .length, true)
  }

  async function count() {
    due = 0
    // A number that cannot be loaded keeps its value. The screens show the error.
    if (!document.hidden) await Promise.allSettled([scopes.includes('list') && uploads(),
      scopes.includes('transfers') && transfers(), scopes.includes('projects') && projects(), isOperator && jobs()])
    later(EVERY)
  }

  function later(milliseconds) {
    const at = Date.now() + milliseconds
    // Further events must not postpone the update.
    if (due && due <= at) return
    due = at
    clearTimeout(timer)
    timer = setTimeout(count, milliseconds)
  }

  live.on('event', ({ kind, topic }) => { if (CHANGES.includes(kind) || topic?.kind === 'transfer') later(SOON) })
  document.addEventListener('visibilitychange', () => { if (!document.hidden) later(SOON) })
  later(SOON)
}
