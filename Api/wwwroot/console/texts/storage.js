// UI texts of ../parts/storage.js: the kinds of storages.
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,

  storage: {
    own: 'Files', ownHint: 'the files of this service', gone: 'Removed connection',
    foreign: 'Connection of the owner',
    kinds: {
      own: { word: 'Files of this service', short: 'this service' },
      'google-drive': { word: 'Google Drive', hint: 'My Drive and shared drives, Docs, shortcuts', short: 'Google' },
      onedrive: { word: 'OneDrive', hint: 'OneDrive and SharePoint', short: 'Microsoft' },
      s3: { word: 'S3 bucket', hint: 'AWS, R2, Ceph, Garage', short: 'the bucket' },
      http: { word: 'Web addresses', hint: 'a list of links, as a source', short: 'the web' },
      folder: { word: 'Local folder', hint: 'what the operator allows', short: 'the folder' }
    },
    state: {
      ready: 'Signed in', needs_sign_in: 'Needs sign-in', needs_approval: 'Needs approval',
      app_secret_ended: 'Needs the operator',
      disabled: 'Disabled'
    },
    why: {
      needs_sign_in: 'The storage no longer accepts the sign-in.',
      needs_approval: 'An administrator of the account has to approve this service.',
      app_secret_ended: 'The secret of this service at the storage has expired. The operator must create a new one.',
      disabled: 'A backup was restored. Sign in again, so that two services do not share a sign-in.'
    },
    signInAgain: 'Sign in again'
  }
})
