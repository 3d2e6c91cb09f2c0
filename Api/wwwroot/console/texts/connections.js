// UI texts of ../connections.
import { bytes, bytesOf, number } from '../format.js'
import { t as storage } from './storage.js'

const transfers = (count) => (count === 1 ? '1 transfer' : `${number(count)} transfers`)

export const t = /** @type {const} */ ({
  ...storage,

  connections: {
    title: 'Connections', find: 'Search connections', list: 'Your connections',
    hint: 'Accounts at other storages, for transfers and syncs. Only you see and use your connections.',
    add: 'Add a connection', addIt: 'Connect',
    addText: 'The service asks the storage for the name of the account. If the storage refuses, nothing is stored.',
    empty: ['No storage is connected',
      'Connect an account, and the service moves files between it and your files here.'],
    none: 'Search by a name, an account or a kind of storage.',
    kind: 'Storage', name: 'Name', nameHint: 'The name of the account, if you leave it empty',
    by: 'Sign in by',
    ways: { refreshToken: 'a refresh token', serviceAccount: 'the key file of a service account',
      accessKey: 'an access key' },
    refreshToken: 'Refresh token', keyFile: 'Key file, JSON', noKey: 'Choose the key file first.',
    tooLarge: 'This file is too large to be a key file.',
    tokenText: 'A refresh token that the storage has given to the application of this service.',
    keyText: 'Share the folders with the address of the service account, so that it sees them.',
    accessKeyId: 'Access key id', secretAccessKey: 'Secret access key',
    accessKeyText: 'A key that may list the bucket, and read and write its objects: docs/connections.md has the '
      + 'smallest policy.',
    endpoint: 'Address of the storage', endpointHint: 'empty for Amazon’s own', region: 'Region',
    regionHint: 'eu-central-1',
    bucket: 'Bucket', bucketHint: 'empty for all that the key may list', prefix: 'Folder in it',
    prefixHint: 'empty for all of it',
    hostStyle: 'The name of the bucket is in the host, not in the path',
    keptText: 'The sign-in is kept encrypted on this service. You can end it here or at the storage at any time.',
    signInWith: {
      browser: (name) => `a sign-in with ${name}, in this browser`,
      device: (name) => `a code for ${name}, on any device`,
      pasted: (name) => `a sign-in with ${name} whose address you copy back`
    },
    signInText: {
      browser: (name) => `The page of ${name} opens. When you have allowed it there, you come back here.`,
      device: (name) => `You get a code, and enter it on the page of ${name}, here or on your phone.`,
      pasted: (name) => `For services to which ${name} cannot return your browser: you copy the address that your `
        + `browser shows at the end.`
    },
    openPage: (name) => `Open the page of ${name}`, code: 'Code', copyCode: 'Copy the code', giveUp: 'Cancel',
    codeTitle: (name) => `Enter the code at ${name}`,
    codeText: (address) => `Open ${address} in any browser, here or on another device, and enter this code.`,
    waits: (until) => `Waiting until ${until} …`,
    pasteTitle: (name) => `Copy the address from ${name}`,
    pasteText: (address) =>
      'Open the page and allow the access. Your browser then finds nothing at an address that begins with '
      + `${address}: that is meant to be. Copy the whole address, and paste it here.`,
    pasted: 'Address',
    asks: (name) => `${name} asks you to allow this service to:`,
    // By the last part of the scope's name.
    scopes: {
      drive: 'see and change all your files', 'drive.file': 'see and change the files that it makes itself',
      'Files.ReadWrite': 'see and change your files',
      'Files.ReadWrite.All': 'see and change all files that you can use',
      'Sites.Read.All': 'see the sites that you can use', 'User.Read': 'read your name and address',
      offline_access: 'continue while you are away, until you revoke it'
    },
    added: (name) => `${name} is connected.`, notConnected: 'The connection was not added or changed.',
    faults: {
      ended: 'It was used before, took more than ten minutes, or began in another browser. Begin again.',
      cancelled: 'You did not allow the access.',
      expired: 'The code was not entered in time. Begin again.',
      needs_approval: 'An administrator of the account has to approve this service first. Ask them, then begin '
        + 'again.',
      app_secret_ended: 'The storage does not accept the secret of this service. Its operator makes a new one.',
      scopes_missing: 'You have not allowed all of it, and without that no file can be moved. Begin again, and '
        + 'leave all boxes ticked.',
      other_account: 'You have signed in with another account than the connection has. Choose that one, or add a '
        + 'new connection.',
      too_many: 'You have reached the largest number of connections. Remove one first.',
      removed: 'The connection was removed meanwhile.',
      away: 'The storage did not answer. Try again in a moment.',
      failed: 'The storage refused the sign-in. If this happens again, tell the operator of this service.'
    },
    account: 'Account', noAccount: 'not asked yet', error: 'Last error', noError: 'none',
    given: (node) => (node ? `Given by the operator, on ${node}` : 'Given by the operator'),
    direction: {
      read: 'Files can be brought from it.', write: 'Files can be sent to it.',
      both: 'Files can be brought from it and sent to it.'
    },
    since: (when) => `since ${when}`, tested: (when) => `tested ${when}`,
    used: (used, total) => (total ? [bytesOf(used, total), ' used']
      : [bytes(used), ' used; the storage reports no limit']),
    free: (free) => `${bytes(free)} free`, full: 'full', usedLabel: (used, total) => `${bytesOf(used, total)} used`,
    noQuota: 'The storage does not report its usage.',
    usedBy: (count) => (count === 0 ? 'Used by no transfer' : `Used by ${transfers(count)}`),
    waitFor: (count) => (count === 1 ? '1 transfer waits for it' : `${transfers(count)} wait for it`),
    test: 'Test', testOf: (name) => `Test ${name}`, works: (name) => `${name} answers.`,
    browse: 'Use', browseOf: (name) => `Use ${name} for a new transfer`,
    moreOf: (name) => `More for ${name}`,
    renewTitle: (name) => `Sign in to ${name} again`,
    renewText: 'Transfers that wait for the sign-in then continue by themselves.',
    renewed: (name) => `${name} is signed in again.`,
    rename: 'Rename', renameTitle: (name) => `Rename ${name}`,
    seeTransfers: 'Its transfers', sendTo: 'New transfer to it', bringFrom: 'New transfer from it',
    remove: 'Remove', removeTitle: (name) => `Remove ${name}?`,
    removeText: (count) => ['The sign-in is withdrawn at the storage.',
      count > 0 && `${transfers(count)} that ${count === 1 ? 'uses' : 'use'} it ${count === 1 ? 'is'
        : 'are'} cancelled.`,
      'Transferred files stay.'].filter(Boolean).join(' '),
    removed: (name) => `${name} is removed.`
  }
})
