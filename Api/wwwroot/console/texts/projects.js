// UI texts of ../projects.
import { bytes, number, when } from '../format.js'
import { files, t as common } from './shell.js'

const members = (count) => (count === 1 ? '1 member' : `${number(count)} members`)
const RULES = { ask: ['asks you', (name) => `asks ${name}`], always: ['always sends', () => 'always sends'],
  never: ['sends nothing', () => 'sends nothing'] }

export const t = /** @type {const} */ ({
  ...common,

  projects: {
    title: 'Projects', find: 'Search projects', list: 'Your projects',
    hint: 'Files of the service and of people’s devices in one list. The content of a device’s files stays on the '
      + 'device.',
    add: 'New project',
    addText: 'A project has a space of its own. Its members also see what lies on each other’s devices.',
    make: 'Make the project', name: 'Name',
    empty: ['You are in no project', 'Make a project, or ask the owner of one to add you.'],
    none: 'Search by a part of the name.',
    rules: 'Rules', rulesTitle: 'Rules for all projects of the tenant',
    rulesText: 'Files that devices send directly to each other are not checked and do not count towards quotas. All '
      + 'other files are sent through the service.',
    straight: 'Devices may send files directly to other devices', rulesSaved: 'The rules are saved.',
    yours: (count) => `yours, ${members(count)}`, ofOwner: (name, count) => `of ${name}, ${members(count)}`,
    yoursArchived: (at) => `yours, archived ${when(at)}`,
    ofOwnerArchived: (name, at) => `of ${name}, archived ${when(at)}`,
    foreign: 'You are not a member: you can see that the project exists, and end it.',
    onService: 'On the service', entries: (count, size) => `${files(count)}, ${bytes(size)}`,
    online: (count, all) => `${number(count)} of ${all === 1 ? '1 device' : `${number(all)} devices`} online`,
    remote: (count, size) => `${number(count)}, ${bytes(size)}`, noDevice: 'No device serves it',
    released: 'Devices released',
    membersLabel: (names) => `Members: ${names.join(', ')}`, moreMembers: (count) => `and ${number(count)} more`,
    toldAt: 'The lists changed', madeAt: 'Made', readOnly: 'Read only', bringBack: 'Bring it back',
    waiting: (count) => (count === 1 ? '1 request waits for your answer'
      : `${number(count)} requests wait for your answer`),
    moreOf: (name) => `More for ${name}`, open: 'Open', openFiles: 'Its files on the service',
    rename: 'Rename', renameTitle: (name) => `Rename ${name}`, save: 'Save',
    archive: 'Archive', archiveTitle: (name) => `Archive ${name}?`,
    archiveText: 'It becomes read-only, and devices stop serving it. You can bring it back; the folders must then be '
      + 'served again.',
    archived: (name) => `${name} is archived.`, broughtBack: (name) => `${name} is in use again.`,
    end: 'End the project', endTitle: (name) => `End ${name}?`,
    endText: 'Devices stop serving it, and the lists of their files are deleted. The space stays with its files and '
      + 'members.',
    ended: (name) => `${name} has ended.`, leave: 'Leave', leaveTitle: (name) => `Leave ${name}?`,
    leaveText: 'Your devices stop serving their folders. Only the owner can add you again.',
    left: (name) => `You have left ${name}.`
  },

  project: {
    find: 'Search files on devices', places: 'Files by place', all: 'All', service: 'On the service',
    devices: 'On devices',
    coming: 'Coming',
    share: 'Share a folder of this device', upload: 'Upload',
    shareTitle: 'Share a folder of this device',
    shareText: 'Run this on the computer that has the folder. Its files stay there; the members see their names, '
      + 'sizes and times.',
    shareHint: 'First run cu login and cu agent once on that computer. Hidden files are never shown.',
    name: 'Name', size: 'Size', modified: 'Modified', where: 'Where', act: 'Action', table: 'Files of the project',
    serviceName: 'Service', openIt: (name) => `Open ${name}`, open: 'Open', folderSize: (count) => files(count),
    more: 'Show more', nothing: ['Nothing is here yet', 'Upload files, or serve a folder of a computer:'],
    notFound: 'Search by a part of the path.',
    foot: (entries, remote, devices) => [`${files(entries)} on the service`,
      remote > 0 && `${number(remote)} on ${devices === 1 ? '1 device' : `${number(devices)} devices`}`].filter(
        Boolean).join(', '),
    side: 'Devices and people', devicesHead: 'Devices', addThis: 'Add this one',
    noFolders: 'No device serves a folder here.',
    served: (place, count, rule) => `${place}, ${files(count)}; ${rule}`,
    rule: (approval, isMine, owner) => (isMine ? RULES[approval][0] : RULES[approval][1](owner)),
    online: 'online', seen: (at) => `seen ${when(at)}`, listing: 'its list is not complete yet',
    approvals: 'Who gets the files', approvalsTitle: (place) => `Who gets the files of ${place}`,
    approval: 'When a member asks',
    approvalWords: { ask: 'I decide each time', always: 'Send it immediately', never: 'Send nothing' },
    bytesADay: 'MiB a day to one member; empty for any number', badNumber: 'Write a number of MiB, or nothing.',
    straight: 'Never through the service: only directly from device to device', saved: 'Saved.',
    release: 'Stop serving', releaseTitle: (place) => `Stop serving ${place}?`,
    releaseText: 'The list of its files is deleted. The files stay on the device.',
    releaseDone: (place) => `${place} is no longer served.`,
    links: 'Invitation links', addLink: 'Invite', noLinks: 'There are no invitation links.', endLink: 'End it',
    linkUses: (uses, most) => `Used ${number(uses)} of ${most === 1 ? '1 time' : `${number(most)} times`}`,
    linkEnds: (canChange, day) => `${canChange ? 'to change, too' : 'to read'}; ends ${day}`,
    linkTitle: 'Invitation link',
    linkText: 'People with an account can join by this link. It ends when it is used up, or when you end it.',
    linkDays: 'Days', linkMost: 'How many people may use it', makeLink: 'Make the link',
    linkOnce: 'Give it to the people whom you invite. It is shown only here.',
    people: 'People', invite: 'Add', you: 'you', owner: 'owner', member: 'member', reader: 'reads',
    addTitle: 'Add a person', addAct: 'Add', mayChange: 'May also change files and serve folders',
    makeReader: 'Only let read', makeMember: 'Let change and serve, too', handOver: 'Hand the project over',
    handOverTitle: (name) => `Hand the project over to ${name}?`,
    handOverText: 'The project belongs to that person then. You stay a member.',
    handedOver: (name) => `The project belongs to ${name} now.`,
    removeMember: 'Remove', removeTitle: (name) => `Remove ${name}?`,
    removeText: 'The devices of this person stop serving their folders immediately.',
    removedMember: (name) => `${name} is removed.`,
    gone: 'There is no such project, or you are not a member.', toList: 'To the projects'
  },

  asks: {
    head: 'Requests to approve', asksFor: 'asks for', send: 'Send it', decline: 'Decline',
    about: (size, device, at) => `${bytes(size)} of ${device}, ${when(at)}`,
    approveTitle: (name, who) => `Send ${name} to ${who}?`,
    approveText: 'It is sent when your device and the member are both online. The service can read files that are '
      + 'sent through it.',
    folder: (who) => `Also approve all requests of ${who} in this folder, for 30 days`, approved: 'It will be sent.',
    declined: (who) => `Declined. ${who} may ask again in an hour.`,
    filesOf: (count) => files(count), showFiles: (count) => `Show the ${files(count)}`,
    andMore: (count) => `and ${number(count)} more`,
    aboutAll: (count, size, device, at) => `${files(count)}, ${bytes(size)} of ${device}, ${when(at)}`,
    approveAllText: (count) =>
      `${files(count)} are sent, in the versions of the list. The service can read files that are sent through it.`,
    askFolder: 'Ask for the folder', folderTitle: (name) => `Ask for all of ${name}?`,
    folderText: 'Its owner answers once for all files. Here you save each file when it has arrived; a program '
      + 'downloads the whole folder:',
    folderHint: 'Run the command instead of asking here, or afterwards: it continues the same request.',
    refusedSome: (count, name) => `${files(count)} cannot be requested now; the first is ${name}.`,
    waitsAll: (count) => `${files(count)} wait for the answer of their owner`, comesAll: 'the rest is being sent',
    someFailed: (count) => `${files(count)} failed`, doneOf: (count, all) => `${number(count)} of ${files(all)}`,
    oneRequest: 'The files of one request', showAll: 'Show everything',
    ask: 'Ask for it', askIt: (name) => `Ask for it: ${name}`, asked: (name) => `You have asked for ${name}.`,
    waits: { approval: 'waits for the answer of its owner', device: 'waits for the device', receiver: 'waits for you',
      device_key: 'waits until the device has its key again',
      room: 'waits for room on the service', day: 'waits until tomorrow: the bytes of today are used up',
      straight: 'is sent only directly: fetch it with cu project get', source: 'waits for the device',
      bytes: 'waits for the first bytes' },
    ways: { straight: 'is sent directly to your device',
      overlay: 'is sent directly to your device, over an overlay network',
      relay: 'is sent through the service' },
    why: { source_not_listening: 'The device does not listen for other devices.',
      receiver_not_device: 'Browsers can only download from the service.',
      straight_forbidden: 'An administrator forbids other ways.',
      straight_unreachable: 'Your device cannot reach the other one.',
      straight_refused: 'The device refused the connection of yours.',
      fingerprint_changed: 'The device shows another key than before.' },
    over: { completed: 'saved', cancelled: 'cancelled' },
    comes: 'comes', whole: 'is there', failed: 'It has failed.', here: (name) => `How much of ${name} is here`,
    left: (time) => `${time} left`, save: 'Save', saveIt: (name) => `Save ${name}`, again: 'Try again',
    againIt: (name) => `Try again: ${name}`, cancel: (name) => `Cancel ${name}`,
    nothing: ['Nothing is coming', 'Ask for a file of a device; it is listed here until you have it.']
  },

  join: {
    title: 'Invitation', offer: (name, project) => (name ? `${name} invites you to ${project}`
      : `You are invited to ${project}`),
    text: (canChange, day) => `${canChange ? 'You may read and change its files, and serve folders of your devices.'
      : 'You may read its files.'} The members see your name. The invitation is valid until ${day}.`,
    guest: (tenant) => `You become a guest of “${tenant}”: you see this project there, and nothing else. You may `
      + `leave at any time.`,
    act: 'Join', gone: 'This invitation is not valid',
    goneText: 'It has expired, was used up or was ended. Ask for a new one.'
  }
})
