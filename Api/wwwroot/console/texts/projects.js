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
    hint: 'Files of the service and of people’s devices, side by side. The content of a device’s files stays on the '
      + 'device.',
    add: 'New project',
    addText: 'A project has a space of its own. Its members also see what lies on each other’s devices.',
    make: 'Make the project', name: 'Name',
    empty: ['You are in no project', 'Make one, or ask the owner of one to let you in.'],
    none: 'Search by a part of the name.',
    rules: 'Rules', rulesTitle: 'Rules for all projects of the tenant',
    rulesText: 'Files that go straight from device to device pass no checker and count for no quota. The others '
      + 'come through the service.',
    straight: 'Devices may send files straight to other devices', rulesSaved: 'The rules are saved.',
    yours: (count) => `yours, ${members(count)}`, ofOwner: (name, count) => `of ${name}, ${members(count)}`,
    yoursArchived: (at) => `yours, archived ${when(at)}`,
    ofOwnerArchived: (name, at) => `of ${name}, archived ${when(at)}`,
    foreign: 'You are no member: you see that it exists, and may end it.',
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
    archiveText: 'It becomes read only, and the devices that serve it are released. You can bring it back; folders '
      + 'are then served anew.',
    archived: (name) => `${name} is archived.`, broughtBack: (name) => `${name} is in use again.`,
    end: 'End the project', endTitle: (name) => `End ${name}?`,
    endText: 'The devices are released, and the lists of their files go. The space stays with its files and members.',
    ended: (name) => `${name} has ended.`, leave: 'Leave', leaveTitle: (name) => `Leave ${name}?`,
    leaveText: 'The folders of your devices are released. To come back, you need the owner.',
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
    shareHint: 'Once before, on that computer: cu login, and cu agent. Hidden files are never shown.',
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
    online: 'online', seen: (at) => `seen ${when(at)}`, listing: 'its list is not whole yet',
    approvals: 'Who gets the files', approvalsTitle: (place) => `Who gets the files of ${place}`,
    approval: 'When a member asks',
    approvalWords: { ask: 'I decide each time', always: 'Send it at once', never: 'Send nothing' },
    bytesADay: 'MiB a day to one member; empty for any number', badNumber: 'Write a number of MiB, or nothing.',
    straight: 'Never through the service: only straight from device to device', saved: 'Saved.',
    release: 'Stop serving', releaseTitle: (place) => `Stop serving ${place}?`,
    releaseText: 'The list of its files goes. The files stay on the device.',
    releaseDone: (place) => `${place} is no longer served.`,
    links: 'Invitation links', addLink: 'Invite', noLinks: 'No link leads here.', endLink: 'End it',
    linkUses: (uses, most) => `Used ${number(uses)} of ${most === 1 ? '1 time' : `${number(most)} times`}`,
    linkEnds: (canChange, day) => `${canChange ? 'to change, too' : 'to read'}; ends ${day}`,
    linkTitle: 'Invitation link',
    linkText: 'Who has an account here joins by it. It ends when it is used up, or when you end it.',
    linkDays: 'Days', linkMost: 'How many people may use it', makeLink: 'Make the link',
    linkOnce: 'Hand it to those whom you invite. It is shown only here.',
    people: 'People', invite: 'Add', you: 'you', owner: 'owner', member: 'member', reader: 'reads',
    addTitle: 'Let a person in', addAct: 'Let in', mayChange: 'May also change files and serve folders',
    makeReader: 'Only let read', makeMember: 'Let change and serve, too', handOver: 'Hand the project over',
    handOverTitle: (name) => `Hand the project over to ${name}?`,
    handOverText: 'The project belongs to that person then. You stay a member.',
    handedOver: (name) => `The project belongs to ${name} now.`,
    removeMember: 'Remove', removeTitle: (name) => `Remove ${name}?`,
    removeText: 'What this person’s devices serve here is released at once.',
    removedMember: (name) => `${name} is removed.`,
    gone: 'There is no such project, or you are no member.', toList: 'To the projects'
  },

  asks: {
    head: 'Requests to approve', asksFor: 'asks for', send: 'Send it', decline: 'Decline',
    about: (size, device, at) => `${bytes(size)} of ${device}, ${when(at)}`,
    approveTitle: (name, who) => `Send ${name} to ${who}?`,
    approveText: 'It is sent when your device and the member are both there. The service can read what goes '
      + 'through it.',
    folder: (who) => `Also all that ${who} asks for in this folder, for 30 days`, approved: 'It will be sent.',
    declined: (who) => `Declined. ${who} may ask again in an hour.`,
    filesOf: (count) => files(count), showFiles: (count) => `Show the ${files(count)}`,
    andMore: (count) => `and ${number(count)} more`,
    aboutAll: (count, size, device, at) => `${files(count)}, ${bytes(size)} of ${device}, ${when(at)}`,
    approveAllText: (count) =>
      `${files(count)} are sent, in the versions of the list. The service can read what goes through it.`,
    askFolder: 'Ask for the folder', folderTitle: (name) => `Ask for all of ${name}?`,
    folderText: 'Its owner answers once for all files. Here you save each file when it has come; a program fetches '
      + 'the folder as it is:',
    folderHint: 'Run the command instead of asking here, or afterwards: it takes up the same request.',
    refusedSome: (count, name) => `${files(count)} cannot be had now, ${name} first.`,
    waitsAll: (count) => `${files(count)} wait for the answer of their owner`, comesAll: 'the rest comes',
    someFailed: (count) => `${files(count)} failed`, doneOf: (count, all) => `${number(count)} of ${files(all)}`,
    oneRequest: 'The files of one request', showAll: 'Show everything',
    ask: 'Ask for it', askIt: (name) => `Ask for it: ${name}`, asked: (name) => `You have asked for ${name}.`,
    waits: { approval: 'waits for the answer of its owner', device: 'waits for the device', receiver: 'waits for you',
      device_key: 'waits until the device has its key back',
      room: 'waits for room on the service', day: 'waits for another day: the bytes of this one are used up',
      straight: 'is never relayed: fetch it with cu project get', source: 'waits for the device',
      bytes: 'waits for the first bytes' },
    ways: { straight: 'goes straight to your device',
      overlay: 'goes straight to your device, over an overlay network',
      relay: 'comes through the service' },
    why: { source_not_listening: 'The device does not listen for other devices.',
      receiver_not_device: 'Browsers take files from the service.',
      straight_forbidden: 'An administrator forbids other ways.',
      straight_unreachable: 'Your device does not reach the other one.',
      straight_refused: 'The device did not let yours in.',
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
