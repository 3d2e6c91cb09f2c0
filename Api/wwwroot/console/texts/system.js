// UI texts of ../system.
import { bytes } from '../format.js'
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,

  system: {
    version: 'Version', running: 'Running for', free: 'Free on the disk', database: 'Database answers in',
    runtime: 'Runtime',
    certificate: 'Certificate ends', platform: 'Platform',
    health: 'Health', well: 'Healthy', notWell: 'Needs you',
    checks: { service: 'Service', database: 'Database', disk: 'Disk', bucket: 'Bucket', work: 'Work' },
    room: ({ reserveBytes }) => `${bytes(reserveBytes)} are kept in reserve`,
    used: ({ freeBytes, totalBytes }) =>
      `${bytes(totalBytes - freeBytes)} of ${bytes(totalBytes)} used by all programs`,
    verified: 'Verification', job: 'Job', result: 'Result', last: 'Last run', next: 'Next run', never: 'Not yet',
    outcomes: { succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Cancelled' },
    work: 'Work', workHint: 'what the service does by itself', noWork: 'There is no work.', due: 'Due',
    later: 'Later',
    now: 'In work', oldest: 'Oldest due for',
    works: {
      check: 'Checks of uploads', delivery: 'Webhook deliveries', mail: 'Mails', transfer: 'Transfers',
      transfer_item: 'Files of transfers',
      transfer_mail: 'Notes about transfers', transfer_deadline: 'Deadlines of transfers',
      transfer_schedule: 'Schedules of transfers',
      transfer_arrival: 'Files that arrive for transfers', sync: 'Syncs', file_request: 'Requests of projects'
    },
    settings: 'Configuration', setting: 'Setting', value: 'Value', source: 'From', usual: 'default', empty: 'empty',
    filters: { changed: 'Set here', all: 'All' }, find: 'Search settings',
    /** @returns {[title: string, text: string]} */
    nothing: (text) => [`No setting contains “${text}”`, 'Search all settings instead.'],
    nothingChanged: ['Every setting has its default',
      'Settings come from the command line, the environment, .env and appsettings.json.']
  }
})
