// UI texts of ../webhooks.
import { number } from '../format.js'
import { t as common } from './shell.js'

const tries = (count) => (count === 1 ? '1 try' : `${number(count)} tries`)

export const t = /** @type {const} */ ({
  ...common,
  more: 'Show more', acts: 'Actions', save: 'Save',
  moreOf: (name) => `More for ${name}`,

  webhooks: {
    title: 'Webhooks',
    hint: 'When something happens to the files of this tenant, the service sends a signed request to each address.',
    webhook: 'Webhook', state: 'State', events: 'Events', format: 'Format',
    empty: ['There is no webhook yet', 'Make one to let another program know when an upload is complete.'],
    states: { active: 'Active', failing: 'Failing', paused: 'Paused', disabled: 'Disabled' },
    formats: { json: 'JSON, with all events', tusd: 'As tusd calls its hooks' },
    shortFormats: { json: 'JSON', tusd: 'tusd' },
    since: (when) => `since ${when}`,
    of: 'Whose events', ofs: { tenant: 'This tenant', service: 'The service: alerts for operators' },
    allTrouble: 'all problems', allTroubleOf: 'All problems',
    all: 'all but progress', allOf: 'All but progress', these: 'Only these',
    kinds: {
      created: 'Upload begun', progress: 'Bytes arrived', paused: 'Upload paused', resumed: 'Upload resumed',
      takeover: 'Upload taken over',
      completing: 'Digest being computed', checking: 'Being checked', reopened: 'Digest was wrong',
      completed: 'Upload completed',
      failed: 'Upload failed',
      expired: 'Upload expired', cancelled: 'Upload cancelled', deleted: 'File deleted', damaged: 'File damaged',
      mended: 'File whole again', placed_beside: 'File kept beside another', entries_changed: 'Folder changed',
      store_degraded: 'Disk takes no uploads', store_healthy: 'Disk takes uploads again',
      transfer_created: 'Transfer made', transfer_running: 'Transfer begun, or goes on',
      transfer_waiting: 'Transfer waits',
      transfer_needs_owner: 'Transfer needs its owner', transfer_paused: 'Transfer paused',
      transfer_planned: 'Transfer planned', transfer_done: 'Transfer done',
      transfer_partly_done: 'Transfer partly done', transfer_failed: 'Transfer failed',
      transfer_cancelled: 'Transfer cancelled',
      sync_state: 'Pair in another state', sync_found: 'Pair found changes', sync_conflict: 'Pair found a conflict',
      sync_decided: 'Conflict of a pair decided',
      job_failed: 'Job failed', certificate_ends: 'Certificate ends soon', test: 'Test'
    },

    make: 'New webhook', makeIt: 'Make the webhook',
    makeText: 'The service then sends a signed request to this address for each event.',
    name: 'What it is for', nameHint: 'Shop', url: 'Address', urlHint: 'https://shop.example.org/uploads',
    which: 'Which events', choose: 'Choose at least one event, or all but progress.',
    secretTitle: (name) => `Secret of ${name}`,
    secretText: 'The receiver verifies signatures with it. It is shown only here, and the service can replace it '
      + 'but not show it again.',
    kept: 'I have kept it',
    edit: 'Change', editTitle: (name) => `Change ${name}`, saved: (name) => `${name} is changed.`,
    renew: 'New secret', renewTitle: (name) => `New secret for ${name}`,
    renewText: 'Requests are signed with the new secret at once. The receiver refuses them until it has it.',
    disable: 'Disable', enable: 'Enable', resume: 'Resume',
    remove: 'Delete', removeTitle: (name) => `Delete ${name}?`,
    removeText: 'Its log and the deliveries that wait are deleted with it. This cannot be undone.',
    removed: (name) => `${name} is deleted.`,

    test: 'Send a test',
    unknown: ['There is no such webhook', 'It may have been deleted. The Webhooks screen lists all of them.'],
    made: (when) => `made ${when}`,
    paused: (when, why) => `Every request has failed since ${when}${why ? `; the last time: ${why}` : '.'}`,
    pausedText: 'New events are not sent. When you resume the webhook, waiting and new events are sent.',
    failing: (when) => `Requests have failed since ${when}.`,
    failingText: (why) => `${why} The service tries again by itself; after three days it pauses the webhook.`,
    disabledLead: 'Disabled.',
    disabledText: 'Events that occur meanwhile are not sent. Waiting events are sent when you enable it.',

    deliveries: 'Deliveries', filter: 'Filter by state',
    filters: { all: 'All', waiting: 'Waiting', delivered: 'Delivered', failed: 'Failed' },
    event: 'Event', answer: 'Answer', when: 'Last try',
    delivery: { waiting: 'Waiting', delivered: 'Delivered', failed: 'Failed' },
    next: (count, when) => (count === 0 ? `first try ${when}` : `${tries(count)}, next ${when}`),
    held: (count) => (count === 0 ? 'until the webhook works' : `${tries(count)}, until the webhook works`),
    after: (count) => (count === 1 ? '' : `after ${tries(count)}`),
    answered: (status, took) => (took ? `${status} in ${took}` : String(status)),
    noAnswer: 'no answer', notSent: 'not sent yet',
    again: 'Send again', againOf: (what) => `Send again: ${what}`, details: (what) => `Details: ${what}`,
    none: {
      all: ['Nothing was sent yet', 'Send a test to see whether the receiver answers.'],
      waiting: ['Nothing waits', 'Every event was delivered, or given up.'],
      delivered: ['Nothing was delivered yet', 'Send a test to see whether the receiver answers.'],
      failed: ['Nothing has failed', 'A failed delivery is retried for about a day before it is listed here.']
    },
    id: 'webhook-id', eventAt: 'Event at', tries: 'Tries', fault: 'Fault',
    about: 'The event', began: 'How the answer begins', noBody: 'The answer has no body.'
  }
})
