// The problems that need an operator: each with its state, description, time and one action.
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { addressOf } from '../router.js'
import { t } from '../texts/overview.js'

// The same limit as on the Jobs screen.
const OVERDUE = 120_000
const NEARLY_FULL = 0.1
const MANY_BREAKS = 3
const SOON = 4 * 3_600_000
// An upload that is silent for less time often continues by itself.
const QUIET = 600_000
const MOST = 8
const NEARLY_USED = 0.9
// The job that compares stored bytes with their SHA-256.
const VERIFIES = 'scrub-files'
const CERTIFICATE_SOON = 14 * 864e5

/**
 * @typedef {{kind: 'bad' | 'warn', glyph: import('../dom.js').IconName, word: string, lead: string, text: string,
 *   act: string, address: string}} Problem
 * @param {{health: any, jobs: any[], stats: any, sessions: any[], system: any, hooks: any[], limits: any[],
 *   now: number}} state
 * @returns {Problem[]} the most urgent first
 */
export function problemsOf({ health, jobs, stats, sessions, system, hooks, limits, now }) {
  return [...ofHealth(health), ...ofCertificate(system, now), ...ofJobs(jobs, now), ...ofChecks(sessions),
    ...ofHooks(hooks),
    ...ofLimits(limits), ...ofUploads(stats), ...ofSessions(sessions, now)]
    .sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'bad' ? -1 : 1))
}

/** @returns {Generator<Problem>} */
function* ofHealth(health) {
  const { disk, database, bucket, work } = health?.checks ?? {}
  const act = { act: t.problem.health, address: addressOf('system') }
  if (database && !database.ok) {
    yield { kind: 'bad', glyph: 'fail', word: t.problem.database, lead: t.problem.ledger,
      text: `: ${database.detail}`, ...act }
  }
  if (bucket?.detail) {
    yield { kind: 'bad', glyph: 'fail', word: t.problem.bucket, lead: t.problem.bucketLead,
      text: bucket.detail, ...act }
  }
  if (work?.detail) {
    yield { kind: 'bad', glyph: 'clock', word: t.problem.work, lead: t.problem.workLead, text: work.detail,
      act: t.problem.nodes, address: addressOf('nodes') }
  }
  if (!disk) return
  const { freeBytes, totalBytes } = disk.figures
  if (!disk.ok) {
    yield { kind: 'bad', glyph: 'disk', word: t.problem.writes, lead: t.problem.store,
      text: t.problem.takesNone(disk.detail), ...act }
  } else if (freeBytes < totalBytes * NEARLY_FULL) {
    yield { kind: 'warn', glyph: 'alert', word: t.problem.full, lead: t.problem.store,
      text: t.problem.room(freeBytes, totalBytes), ...act }
  }
}

/** @returns {Generator<Problem>} */
function* ofCertificate(system, now) {
  const ends = system?.certificateEndsAt ? new Date(system.certificateEndsAt).getTime() : Infinity
  if (ends - now > CERTIFICATE_SOON) return
  yield {
    kind: ends > now ? 'warn' : 'bad', glyph: 'lock', word: ends > now ? t.problem.ends : t.problem.ended,
    lead: t.problem.certificate,
    text: t.problem.certificateEnds(format.moment(ends), ends > now), act: t.problem.settings,
    address: addressOf('system', [], { show: 'all', search: 'certificate' })
  }
}

/** Finds limits of the current tenant that are nearly used up. */
/** @returns {Generator<Problem>} */
function* ofLimits(limits) {
  for (const { scope, name, limit, used } of limits) {
    if (scope !== 'tenant' || limit === null || used === null || used < limit * NEARLY_USED) continue
    const word = t.problem.limits[name]
    if (!word) continue
    const amount = name === 'storedBytes' ? format.bytes : format.number
    yield {
      kind: used < limit ? 'warn' : 'bad', glyph: 'alert', word: used < limit ? t.problem.full : t.problem.isFull,
      lead: t.problem.tenant, text: t.problem.used(word, amount(used), amount(limit)), act: t.problem.seeLimits,
      address: addressOf('limits')
    }
  }
}

/** @returns {Generator<Problem>} */
function* ofHooks(hooks) {
  for (const { id, title, url, state, pausedAt } of hooks) {
    if (state !== 'paused') continue
    yield {
      kind: 'bad', glyph: 'pause', word: t.problem.paused, lead: format.visible(title || url),
      text: t.problem.hook(pausedAt && format.moment(pausedAt)), act: t.problem.one,
      address: addressOf('webhooks', [id])
    }
  }
}

/** Finds uploads whose checker has not answered; they have a reason. */
/** @returns {Generator<Problem>} */
function* ofChecks(sessions) {
  const count = sessions.filter(({ state, stateReason }) => state === 'checking' && stateReason).length
  if (count === 0) return
  yield {
    kind: 'bad', glyph: 'hash', word: t.problem.checker, lead: t.problem.uploadsLead(count),
    text: t.problem.checks(count),
    act: t.problem.show, address: addressOf('uploads', [], { state: 'verifying' })
  }
}

/** @returns {Generator<Problem>} */
function* ofJobs(jobs, now) {
  for (const { name, lastRun, nextRunAt, paused, state } of jobs) {
    const damaged = name === VERIFIES ? lastRun?.counts?.damaged ?? 0 : 0
    if (damaged > 0) {
      yield {
        kind: 'bad', glyph: 'alert', word: t.problem.damaged, lead: t.problem.files(damaged),
        text: t.problem.quarantined(damaged),
        act: t.problem.run, address: addressOf('jobs', [name])
      }
    }
    if (lastRun?.outcome === 'failed' && state !== 'running') {
      yield {
        kind: 'bad', glyph: 'fail', word: t.problem.failed, lead: name,
        text: t.problem.job(format.moment(lastRun.startedAt), lastRun.error ?? lastRun.summary),
        act: t.problem.run, address: addressOf('jobs', [name])
      }
    }
    const late = nextRunAt && !paused && state === 'idle' ? now - new Date(nextRunAt).getTime() : 0
    if (late > OVERDUE) {
      yield {
        kind: 'bad', glyph: 'clock', word: t.problem.late, lead: name,
        text: t.problem.overdue(format.duration(late / 1000)),
        act: t.problem.jobs, address: addressOf('jobs')
      }
    }
  }
}

/** @returns {Generator<Problem>} */
function* ofUploads(stats) {
  const count = stats ? stats.total.failed + stats.total.expired : 0
  if (count === 0) return
  yield {
    kind: 'warn', glyph: 'alert', word: t.problem.failed, lead: t.problem.uploadsLead(count),
    text: t.problem.uploads(count, stats.failures[0]?.name), act: t.problem.show,
    address: addressOf('history', [], { range: '24h', state: 'unfinished' })
  }
}

/** @returns {Generator<Problem>} */
function* ofSessions(sessions, now) {
  const ending = []
  for (const { id, state, fileName, failures, expiresAt, lastByteAt, createdAt } of sessions) {
    if (state === 'checking') continue
    const left = expiresAt ? new Date(expiresAt).getTime() - now : Infinity
    const idle = now - new Date(lastByteAt ?? createdAt).getTime()
    if (failures?.consecutive >= MANY_BREAKS) {
      yield {
        kind: 'warn', glyph: 'retry', word: t.problem.breaking, lead: format.visible(fileName),
        text: t.problem.breaks(failures.consecutive), act: t.problem.one, address: addressOf('uploads', [id])
      }
    } else if (left < SOON && idle > QUIET && idle > left) ending.push(left)
  }
  if (ending.length === 0) return
  yield {
    kind: 'warn', glyph: 'clock', word: t.problem.ends, lead: t.problem.uploadsLead(ending.length),
    text: t.problem.ending(Math.min(...ending) / 1000), act: t.problem.show, address: addressOf('uploads')
  }
}

/** @param {Problem[]} problems @param {boolean} all @param {() => void} showAll */
export function problemList(problems, all, showAll) {
  if (problems.length === 0) return h('p', { class: 'calm-line' }, icon('check'), t.overview.nothing)
  const rest = all ? 0 : Math.max(0, problems.length - MOST)
  return h('ul', { class: 'problems' },
    problems.slice(0, problems.length - rest).map(({ kind, glyph, word, lead, text, act, address }) => h('li', {},
      h('span', { class: `state ${kind}` }, icon(glyph), word), h('p', {}, h('b', {}, lead), ' ', text),
      h('a', { class: 'button small', href: address }, act))),
    rest > 0 && h('li', { class: 'rest' }, button(t.overview.more(rest), { kind: 'small plain', act: showAll })))
}
