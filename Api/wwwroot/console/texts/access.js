// UI texts of ../access.
import { number } from '../format.js'
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,
  more: 'Show more', acts: 'Acts', save: 'Save', done: 'Done', on: 'On', off: 'Off', qr: 'The link as a QR code',
  moreOf: (name) => `More for ${name}`,

  access: {
    titles: {
      account: 'Your account', people: 'People', keys: 'Keys', links: 'Links', spaces: 'Spaces', sessions: 'Sessions and devices',
      tenants: 'Tenants', limits: 'Limits', audit: 'Audit', device: 'Confirm a key', devices: 'Devices'
    }
  },
  devices: {
    hint: 'Computers on which an agent of yours serves or receives files of projects.',
    device: 'Device', state: 'State', last: 'Last seen', since: 'Added', name: 'Name',
    online: 'Online', offline: 'Offline', ended: 'Revoked',
    empty: ['You have no device', 'A device appears when its agent serves or receives its first file.'],
    how: 'To add a computer, run this on it, and serve a folder of it in a project:',
    rename: 'Rename', renameTitle: (name) => `Rename ${name}`,
    revoke: 'Revoke', revokeTitle: (name) => `Revoke ${name}?`,
    revokeText: 'Its key ends at once, also for everything else that uses it. What it serves stays in the lists, and goes offline.',
    revoked: (name) => `${name} is revoked.`
  },
  people: {
    hint: 'Who may sign in, and what they may do.',
    who: 'Person', role: 'Role', state: 'State', factor: 'Second factor', last: 'Last sign-in',
    active: 'Active', disabled: 'Disabled', invited: 'Invited',
    empty: ['There are no accounts yet', 'Invite a person: the invitation is a link that is valid once, for seven days.'],
    roleIn: (role, tenant) => `${role} in the tenant “${tenant}”`,
    roles: {
      guest: 'Guest: sees the own projects alone', viewer: 'Viewer: sees and downloads', member: 'Member: also uploads, moves and deletes',
      admin: 'Administrator: also people, keys, limits', none: 'None: leaves the tenant'
    },
    invite: 'Invite', inviteTitle: 'Invite a person', makeInvitation: 'Make the invitation',
    inviteText: 'You get a link with which the person chooses a password.',
    name: 'Name for signing in', displayName: 'Name for others', email: 'E-mail', tenant: 'Tenant',
    operator: 'Operator: may do everything in every tenant',
    invitation: (name) => `Invitation for ${name}`,
    linkText: 'Hand this link only to that person. It is valid once, for seven days, and is shown only here.',
    signsIn: (name) => ['The name for signing in is ', name, '.'],
    changeRole: 'Change the role', roleTitle: (name) => `Role of ${name}`, roleSet: (name) => `The role of ${name} is changed.`,
    reset: 'Link for a new password', resetTitle: (name) => `New password for ${name}`,
    resetText: 'The old password stays valid until the link is used.',
    resetFactor: 'Remove the second factor', resetFactorTitle: (name) => `Second factor of ${name}`,
    resetFactorText: 'It ends at once with the password and the sessions, and you get a link for a new password.',
    makeLink: 'Make the link',
    disable: 'Disable', enable: 'Enable', remove: 'Delete the account',
    disabledNow: (name) => `${name} is disabled: sessions and keys stop within two seconds.`,
    enabledNow: (name) => `${name} may sign in again.`,
    removeTitle: (name) => `Delete the account of ${name}?`,
    removeText: 'Sessions and keys end with it. The files stay, and administrators see them. This cannot be undone.',
    removed: (name) => `The account of ${name} is deleted.`
  },
  keys: {
    hint: 'For programs. A key of yours acts as you; a key of the tenant outlives the people who made it.',
    key: 'Key', of: 'Acts as', may: 'May', used: 'Last used', ends: 'Ends',
    ofTenant: 'the tenant', never: 'never', revoked: 'Revoked', expired: 'Expired',
    scopes: {
      upload: 'upload', read: 'read', delete: 'delete', list: 'list', jobs: 'jobs', operate: 'operate', admin: 'administer',
      transfers: 'transfer', projects: 'take part in projects'
    },
    scopeWords: {
      upload: 'Upload', read: 'Download', delete: 'Delete', list: 'List', jobs: 'Jobs', operate: 'Operate the service',
      admin: 'Administer people', transfers: 'Transfers and connections', projects: 'Take part in projects'
    },
    empty: ['There is no key yet', 'Make one for each program, so that each can be revoked alone.'],
    make: 'New key', makeIt: 'Make the key', name: 'What it is for', nameHint: 'backup of the office', kind: 'Acts as',
    own: 'You', tenant: 'The tenant',
    days: (count) => `in ${count} days`,
    drive: 'For a drive on my computer', driveHint: 'laptop',
    driveText: 'Makes a key with which a program for drives (WebDAV) shows your files, changes and deletes them. It ends in a year.',
    drivePassword: 'Copy it now: it is the password of the drive, and is shown only here. The name may be anything.',
    driveAddress: 'Windows (Map network drive), macOS (Connect to Server)', driveGnome: 'GNOME Files',
    rotate: 'New secret', rotateTitle: (name) => `New secret for ${name}`,
    rotateText: 'Programs change over while both secrets are valid.',
    overlap: 'The old secret stays valid for', overlaps: { 0: 'no longer', 3600: '1 hour', 86400: '1 day', 604800: '7 days' },
    secretTitle: (name) => `Secret of ${name}`,
    secretText: 'Copy it now. It is shown only here: the service keeps a digest of it.', kept: 'I have kept it',
    revoke: 'Revoke', revokeTitle: (name) => `Revoke ${name}?`,
    revokeText: 'What runs with it stops within two seconds; what has been received stays. This cannot be undone.',
    wasRevoked: (name) => `${name} is revoked.`
  },
  device: {
    title: 'A program asks for a key', code: 'Code', codeHint: 'WDJB-MJHT', look: 'Continue',
    askHint: 'Type the code that the program shows, such as cu after “cu login”.',
    compare: 'Confirm only if the program, on a machine of yours, shows this code:',
    program: 'Program', machine: 'Machine', address: 'Asks from', since: 'Asked', gets: 'May then', unnamed: 'not named',
    here: (address) => (address ? `this machine (${address})` : 'this machine'), ago: (time) => `${time} ago`,
    nothing: 'nothing of what it asks for: you may not do that yourself', asYou: (name) => (name ? `you (${name})` : 'you'),
    hint: 'Program and machine are what it says of itself. If you have not started it just now, or somebody sent you here, refuse.',
    hereHint: 'The key goes to the program on this machine. If you have not started it just now, refuse.',
    confirm: 'Give it a key', refuse: 'Refuse',
    confirmed: (name) => `${name} gets its key`, confirmedText: 'It is listed with your keys, where you can revoke it at any time.',
    toKeys: 'Your keys', refused: (name) => `${name} gets no key`, refusedText: 'Its code has ended. You can close this page.'
  },
  links: {
    hint: 'For people without an account. The address itself is shown only when a link is made.',
    link: 'Link', state: 'State', used: 'Used', ends: 'Ends', by: 'Made by', untitled: 'Without a title',
    kinds: { upload: 'to send files', download: 'to download' }, password: ', with a password',
    states: { open: 'Open', expired: 'Ended', revoked: 'Revoked' },
    of: (used, most) => `${number(used)} of ${number(most)}`,
    downloads: (text) => `${text} downloads`, files: (text) => `${text} files`,
    share: 'Share a file', ask: 'Ask for files', into: 'Where the files go', here: 'Into this folder',
    /** @returns {[title: string, text: string]} */
    empty: (asks) => ['There is no link yet', `Share a file or folder on the Files page${asks ? ', or ask for files here' : ''}.`],
    change: 'Change', revoke: 'Revoke', revokeTitle: (name) => `Revoke ${name}?`,
    revokeText: 'The link stops working for everyone who has it. Files that have arrived stay.',
    revoked: (name) => `${name} is revoked.`
  },
  spaces: {
    hint: 'Each is a tree of its own. Those of a team have members, who read or also change.',
    space: 'Space', owner: 'Whose', entries: 'Files and folders', size: 'Size', tenants: 'everybody’s',
    kinds: { shared: 'for all who are here', own: 'for one person', team: 'for a team' }, readOnly: ', read only',
    empty: ['There is no space', 'Each tenant has a shared one from its first file on.'],
    add: 'New space', addText: 'It is yours, and you say who else reads or changes it.', name: 'Name', make: 'Make the space',
    open: 'Open in Files', members: 'Members', rename: 'Rename',
    membersHint: 'Who reaches this space.',
    member: 'Member', may: 'May', reads: 'read', changes: 'read and change', isOwner: 'made the space',
    alone: ['There are no other members', 'Administrators of the tenant see all spaces.'],
    addMember: 'Add a member', mayChange: 'May also change what is in it',
    findPerson: 'Name', findHint: 'Ann', found: 'People',
    findFirst: 'Type two letters of the name. A key of the tenant has its id: key:…',
    nobody: (text) => `Nobody else in this tenant is called “${text}”.`, chooseOne: 'Choose a person from the list.',
    alsoChange: 'Let change too', onlyRead: 'Let only read', remove: 'Remove', set: (name) => `The rights of ${name} are changed.`,
    removed: (name) => `${name} is no longer a member.`, erase: 'Delete with all files',
    eraseTitle: (name) => `Delete ${name} with all that is in it?`,
    eraseText: (count) => `${number(count)} files and folders are deleted, also those in its trash. Its links end. This cannot be undone.`,
    typeName: (name) => `Type ${name} to confirm`, otherName: (name) => `This is not ${name}.`, erased: (name) => `${name} is deleted.`
  },
  sessions: {
    hint: 'Browsers in which you are signed in. End any that you do not recognize, then change your password.',
    of: (name) => `Browsers in which ${name} is signed in.`,
    browser: 'Browser', who: 'Who', since: 'Since', last: 'Last activity', ends: 'Ends at the latest',
    activity: 'Activity', open: (count) => (count === 1 ? '1 open upload' : `${number(count)} open uploads`),
    today: (running, received, sent) => `${running === 1 ? '1 request' : `${number(running)} requests`} open; today ${received} up, ${
      sent} down`,
    totals: (stored, received, sent) => `${stored} stored; in 35 days ${received} up, ${sent} down`,
    network: (word) => `network ${word}`,
    keysHint: 'Valid keys. Each key of a person shows all activity of that person. Revoke keys on the Keys tab.',
    unknown: 'Unknown browser',
    current: 'This browser', end: 'End', endOf: (name) => `End ${name}`, endOthers: 'End all others',
    ended: (name) => `The session of ${name} has ended.`,
    endTitle: (count) => (count === 1 ? 'End the other session?' : `End ${number(count)} sessions?`),
    endText: 'These browsers have to sign in again. Their uploads wait, and what is safe stays safe.',
    allEnded: 'All other sessions have ended.',
    empty: ['No browser is signed in', 'Programs use keys, which are listed below.']
  },
  tenants: {
    hint: 'Apps, teams or companies. None sees anything of another.',
    tenant: 'Tenant', state: 'State', made: 'Made', states: { active: 'Active', suspended: 'Suspended', removing: 'Being removed' },
    empty: ['There is no tenant', 'The tenant “default” is made when the service starts.'],
    add: 'New tenant', addIt: 'Add the tenant', addText: 'Its files, people and keys are apart from those of others.',
    name: 'Name (a to z, digits, hyphens)', nameHint: 'Letters a to z, digits, and hyphens between them', title: 'Title',
    rename: 'Change the title',
    suspend: 'Suspend', resume: 'Let it go on',
    suspended: (title) => `${title} is suspended: its people and keys stop within two seconds. Nothing is deleted.`,
    resumed: (title) => `${title} goes on.`,
    remove: 'Delete with all data', removeTitle: (title) => `Delete ${title} with all its data?`,
    removeText: 'Its files, uploads, spaces and keys are deleted, and the people who belong to no other tenant. This cannot be undone.',
    typeName: (name) => `Type ${name} to confirm`, otherName: (name) => `This is not ${name}.`,
    removed: (title) => `${title} is being deleted by a job.`
  },
  limits: {
    hint: 'All limits hold at once: of the service, the tenant, the user and the key. What is there already stays.',
    mine: 'In force for you', set: 'Set limits', limit: 'Limit', whose: 'Whose', used: 'Used', most: 'At most',
    none: ['Nothing is limited', 'An administrator can limit tenants, users and keys.'],
    noLimit: 'no limit', of: 'Limits of', usedNow: (text) => `${text} used`, remove: 'Remove all',
    removeTitle: 'Remove all these limits?', removeText: 'Only defaults hold then.',
    saved: 'The limits are saved. They hold within two seconds.',
    removed: 'Only defaults hold from now on.', operators: 'Only operators set the limits of a tenant.',
    all: 'all',
    week: 'Week', weekOf: (word) => `${word} over the week`, timetable: 'The same as text',
    brush: 'Rate to paint, such as 512k, 10M or off',
    paintHours: 'Painting moves changes within an hour to the next full hour.',
    paint: 'Paint the hours with the rate above: drag, or use the arrow keys and Space.', take: 'Use it',
    noRate: 'Write a rate first: bytes a second, such as 512k or 10M, or off.',
    days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
    rate: (rate) => (rate === 'off' ? 'no limit' : `${rate} a second`),
    hour: (day, hour, rate) => `${day} ${String(hour).padStart(2, '0')}:00, ${rate}`,
    metadata: 'Metadata of uploads', addRule: 'Add a rule', noRules: 'Uploads may have any metadata.',
    ruleKey: 'Key', rulePattern: 'Pattern (regular expression)', ruleLength: 'Characters at most', ruleRequired: 'Must be there',
    removeRule: (key) => (key ? `Remove the rule for ${key}` : 'Remove this rule'), noKey: 'A rule needs a key, such as project.',
    hints: {
      types: 'Such as image/*, application/pdf. Empty: all types.', names: 'Such as *.jpg, report-?.pdf. Empty: all names.',
      bytes: 'Such as 500 MiB or 2 TiB. Empty: no limit.', number: 'A whole number. Empty: no limit.',
      bandwidth: 'Bytes a second, such as 10M, or by the clock: 08:00,512k 18:00,10M 23:00,off. Empty: no limit.'
    },
    scopes: {
      service: 'The service', upload: 'Each upload', tenant: 'Tenant', user: 'User', key: 'Key', session: 'Sign-in',
      link: 'Link', default: 'Default'
    },
    defaults: {
      tenant: 'for each tenant', user: 'for each user', key: 'for each key', session: 'for each sign-in',
      address: 'for each address', upload: 'for each upload'
    },
    names: {
      maxFileSize: 'Size of a file', storedBytes: 'Stored bytes', files: 'Files', openUploads: 'Unfinished uploads',
      requestsPerMinute: 'Requests a minute', creationsPerMinute: 'New uploads a minute', requestsAtOnce: 'Uploads and downloads at a time',
      receiveBandwidth: 'Upload bandwidth', sendBandwidth: 'Download bandwidth',
      types: 'Types of files', names: 'Names of files',
      receivedPerDay: 'Uploaded bytes a day', sentPerDay: 'Downloaded bytes a day'
    }
  },
  audit: {
    hint: 'Who did what. Each row is chained to those before it, so that a change is noticed.',
    act: 'What happened', who: 'Who', when: 'When', what: 'Details', address: 'Address', everybody: 'All people',
    filters: { kind: 'What', subject: 'Who', from: 'From', to: 'To' },
    empty: ['Nothing was done', 'Nothing matches these filters.'],
    csv: 'CSV', verify: 'Verify',
    whole: (count) => `The audit is whole: ${number(count)} rows.`,
    wholeText: 'Keep this value elsewhere to notice later if the newest rows are missing:',
    broken: (at) => `The audit is broken at row ${number(at)}.`,
    brokenText: 'A row was changed, removed or moved. Compare it with a backup.',
    flags: {
      enabled: ['off', 'on'], isOperator: ['no operator', 'operator'], operator: ['no operator', 'operator'],
      canChange: ['may read', 'may also change'], changes: ['may read', 'may also change']
    },
    not: (word) => `not ${word}`,
    /** Words of the service in details. */
    values: { upload: 'upload', download: 'download' },
    kinds: {
      '': 'Everything', signed_in: 'Sign-ins', sign_in_failed: 'Failed sign-ins', upload: 'Uploads', download: 'Downloads',
      entry: 'Files and folders', user: 'People', key: 'Keys', link: 'Links', limits: 'Limits', tenant: 'Tenants', job: 'Jobs',
      transfer: 'Transfers', schedule: 'Schedules', connection: 'Connections', space: 'Spaces', webhook: 'Webhooks'
    },
    /** A kind that has no words of its own says itself what it is: "schedule.made". @param {string} kind */
    actOf: (kind) => t.audit.acts[kind] ?? kind.replace(/[._]+/g, ' ').replace(/^./, (letter) => letter.toUpperCase()),
    acts: {
      signed_in: 'Signed in', sign_in_failed: 'Sign-in failed', download: 'Downloaded', 'upload.created': 'Upload begun',
      'upload.completed': 'Upload completed', 'upload.cancelled': 'Upload cancelled', 'entry.moved': 'Moved', 'entry.removed': 'Deleted',
      'entry.replaced': 'Replaced', 'entry.copied': 'Copied', 'entry.restored': 'Restored',
      'entry.version_named': 'Version named', 'entry.version_unnamed': 'Name of a version taken away',
      'entry.version_deleted': 'Version deleted', 'upload.failed': 'Upload failed',
      'upload.deleted': 'Upload deleted', 'audit.blanked': 'Old rows of the audit blanked', 'connection.added': 'Account connected',
      'connection.removed': 'Connection ended', 'connection.renewed': 'Signed in again to a connection',
      'connection.sign_in_failed': 'Sign-in to a connection failed', 'key.enabled': 'Key enabled', 'link.enabled': 'Link enabled',
      'user.added': 'Person invited', 'user.changed': 'Person changed',
      'user.removed': 'Account deleted', 'user.role_set': 'Role set', 'user.password_set': 'Password set',
      'user.second_factor_on': 'Second factor on', 'user.second_factor_off': 'Second factor off',
      'user.recovery_code_used': 'Recovery code used', 'user.account_linked': 'Account linked',
      'user.account_unlinked': 'Account unlinked', 'user.reset_mailed': 'Link for a new password mailed',
      'user.link_made': 'Link into an account made', 'user.link_used': 'Link into an account used',
      'operator.link_made': 'Sign-in link for the operator made', 'operator.link_used': 'Sign-in link for the operator used',
      'key.added': 'Key made', 'key_request.confirmed': 'Key granted to a program', 'key_request.refused': 'Key refused to a program',
      'key.rotated': 'Key got a new secret', 'key.revoked': 'Key revoked', 'link.added': 'Link made',
      'link.changed': 'Link changed', 'link.revoked': 'Link revoked', 'limits.set': 'Limits set', 'limits.removed': 'Limits removed',
      'tenant.added': 'Tenant added', 'tenant.changed': 'Tenant changed', 'tenant.removed': 'Tenant deleted',
      'tenant.data_removed': 'Data of a tenant deleted', 'job.run': 'Job run by hand', 'webhook.added': 'Webhook made',
      'webhook.changed': 'Webhook changed', 'webhook.removed': 'Webhook deleted', 'webhook.secret_changed': 'Webhook got a new secret',
      'webhook.paused': 'Webhook paused', 'session.ended': 'Session ended', 'session.all_ended': 'All sessions ended',
      'session.tenant_chosen': 'Tenant chosen', 'space.member_set': 'Member of a space set',
      'space.member_removed': 'Member of a space removed', 'space.added': 'Space made', 'space.removed': 'Space deleted',
      'project.added': 'Project made', 'project.changed': 'Project changed', 'project.ended': 'Project ended',
      'project.folder_served': 'Folder of a device served', 'project.folder_changed': 'Approvals of a folder changed',
      'project.folder_released': 'Folder of a device released', 'project.invitation_made': 'Invitation to a project made',
      'project.invitation_ended': 'Invitation to a project ended', 'project.joined': 'Project joined',
      'project.request_approved': 'Request for a file approved', 'project.request_declined': 'Request for a file declined',
      'transfer.pause': 'Transfer paused', 'transfer.resume': 'Transfer resumed', 'transfer.cancel': 'Transfer cancelled',
      'transfer.retry': 'Transfer tried again', 'transfer.plan': 'Transfer planned', 'connection.renamed': 'Connection renamed',
      'device.added': 'Device added', 'device.renamed': 'Device renamed', 'device.revoked': 'Device revoked',
      'straight.allowed': 'Sending from device to device allowed', 'straight.forbidden': 'Sending from device to device forbidden'
    }
  },
  account: {
    name: 'Name for signing in', displayName: 'Name for others', email: 'E-mail',
    noEmail: 'none', role: 'Role',
    password: 'Password', passwordHint: 'A change ends all other sessions.', factor: 'Second factor',
    factorOn: 'On', factorOff: 'Off', change: 'Change', changeOf: (word) => `Change: ${word}`, saved: 'Your account is changed.',
    current: 'Current password', next: 'New password', passwordText: 'All your other sessions end with it.',
    passwordSaved: 'Your password is changed; all other sessions have ended.',
    addFactor: 'Set up a second factor', scan: 'Let an authenticator app read this code, then type what the app shows.',
    qr: 'The secret of the second factor as a QR code', secret: 'Without a camera, type this into the app', code: 'Code that the app shows',
    turnOn: 'Turn it on', recovery: 'Recovery codes',
    recoveryText: 'Each replaces the app once, for the day when it is lost. They are shown only here.',
    copyAll: 'Copy all codes', kept: 'I have kept them', factorAdded: 'From now on, signing in needs a code of the app.',
    removeFactor: 'Remove the second factor', removeFactorText: 'Signing in then needs only the password.',
    anyCode: 'Code of the app, or a recovery code', factorRemoved: 'The second factor is removed.',
    signIn: (issuer) => `Sign-in with ${issuer}`, noAccount: 'No account is linked', link: 'Link an account',
    linkText: 'The account signs you in from then on, without your password.', unlink: 'Unlink',
    unlinkOf: (name) => `Unlink ${name}`, unlinkTitle: (name) => `Unlink ${name}?`,
    unlinkText: 'It no longer signs you in. Open sessions continue.', unlinked: (name) => `${name} is unlinked.`
  }
})
