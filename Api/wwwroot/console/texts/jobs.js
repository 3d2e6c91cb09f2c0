// UI texts of ../jobs.
import { number } from '../format.js'
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,

  jobs: {
    title: 'Jobs', filter: 'Filter by state', job: 'Job', schedule: 'Schedule, UTC', last: 'Last run', next: 'Next',
    acts: 'Actions',
    filters: { all: 'All', running: 'Running', failed: 'Failed', paused: 'Paused' },
    state: {
      running: 'Running', succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Cut off', paused: 'Paused',
      waiting: 'Not run yet'
    },
    hangfire: 'Hangfire',
    // One line each; the service's own words are their titles.
    about: {
      'finish-pending': 'Joins and hashes pending uploads.', 'move-between-spaces': 'Finishes moves between spaces.',
      'purge-stale-sessions': 'Ends uploads that have stalled.',
      'remove-tenants': 'Deletes the data of removed tenants.',
      'roll-up-statistics': 'Sums statistics and writes the history.',
      'scrub-files': 'Compares stored bytes with SHA-256.',
      'sweep-orphans': 'Removes files without a record.', 'trim-history': 'Deletes old history.'
    },
    lastFew: (count) => `Last ${count}`,
    lastRuns: (count, failed) => `Last ${count} runs: ${failed} failed`,
    cron: (expression) => `${expression} (seconds, minutes, hours, day, month, weekday; UTC)`,
    daily: (time) => `daily ${time}`, onDays: (days, time) => `${days} ${time}`, everyMinute: 'every minute',
    everyMinutes: (count) => `every ${count}\u00a0min`, hourly: (minute) => `hourly at :${minute}`,
    everyHours: (count, minute) => `every ${count}\u00a0h at :${minute}`,
    run: 'Run now', runName: (name) => `Run now: ${name}`,
    pause: (name) => `Pause ${name}`, resume: (name) => `Resume ${name}`, more: (name) => `More for ${name}`,
    seeRuns: 'See the runs',
    soon: 'begins in a moment', waits: 'waits for a node',
    since: (time) => `for ${time}`,
    after: (at, time) => `${at}, after ${time}`,
    progress: (done, total, what) =>
      [total === null ? `${number(done)} done` : `${number(done)} of ${number(total)}`, what].filter(Boolean)
        .join(', '),
    pulse: (when) => `The last run ended ${when}`,
    nothingRuns: 'No jobs run.', off: 'This service runs no jobs.', offHint: 'Its setting Jobs:Enabled is false.',
    overdue: (name, time) =>
      `${name} has been due for ${time}. Look at the service's log and whether Jobs:Enabled is on.`,
    fault: 'The jobs could not be loaded.', actFault: (name) => `${name} was not changed.`,
    none: {
      all: 'There are no jobs', running: 'No job runs now', failed: 'No job has failed in its last run',
      paused: 'No job is paused'
    },
    noneHint: 'Jobs run by their schedules; each can be run by hand, too.',
    notYours: 'Only operators see the jobs', notYoursHint: 'Ask the operator of this service.',
    unknown: 'There is no such job', unknownHint: 'The Jobs screen lists all of them.',
    runs: 'Runs', older: 'Show older runs', began: 'Began', result: 'Result', took: 'Took', deed: 'What it did',
    byHand: 'by hand',
    noRuns: 'It has not run yet', noRunsHint: 'Run it now, or wait for its schedule.'
  }
})
