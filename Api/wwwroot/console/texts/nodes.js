// UI texts of ../nodes.
import { bytes, bytesOf, number } from '../format.js'
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,

  nodes: {
    title: 'Nodes',
    running: 'Nodes', runOf: (running, all) => `${running} of ${all}`,
    counts: { alive: 'all alive', draining: (count) => `${count} draining`, silent: (count) => `${count} silent`,
      stopped: (count) => `${count} stopped` },
    uploads: 'Uploads in flight', speed: 'Accepted now', work: 'Work in hand', free: 'Free room',
    freeOf: (total) => `of ${bytes(total)}`,
    hint: 'files of a silent or stopped node cannot be read until it runs again',
    alone: 'This service runs alone. To add another node, follow the steps in ', aloneLink: 'Several nodes', end: '.',

    node: 'Node', state: 'State', load: 'Load, 1\u00a0h', uploadsOf: 'Uploads', workOf: 'Work', version: 'Version',
    acts: 'Actions', here: 'serves this page',
    roles: { clients: 'clients only', work: 'work only' },
    states: { alive: 'Alive', draining: 'Draining', silent: 'Silent', stopped: 'Stopped' },
    heartbeat: (when) => `heartbeat ${when}`, noHeartbeat: (duration) => `no heartbeat for ${duration}`,
    since: (at) => `since ${at}`, drained: (at, by) => `since ${at}${by ? `, by ${by}` : ''}`,
    loadOf: (name, share) => `Processor load of ${name} in the last hour, now ${share}`,
    noLoad: (name) => `No processor load of ${name} is known`,
    runsFor: (duration) => `runs for ${duration}`,
    drain: 'Drain', drainName: (name) => `Drain ${name}`, takeBack: 'Take it back',
    takeBackName: (name) => `Take it back: ${name}`,
    drainHint: 'The node begins no uploads and takes no work. What is under way continues.',
    forget: 'Forget…', forgetName: (name) => `Forget… ${name}`,
    forgetTitle: (name) => `Forget the node ${name}?`,
    forgetText: 'Its bytes stay unreachable until it comes back under its data directory and joins anew.',
    forgetAct: 'Forget', forgotten: (name) => `The node ${name} is forgotten.`,
    fault: (name) => `The node ${name} was not changed.`,

    stores: 'Stores', store: 'Store', room: 'Room', health: 'Health',
    diskOf: (name) => `Disk of ${name}`,
    used: (used, total) => bytesOf(used, total), freeOn: (free) => `${bytes(free)} free`, full: 'full',
    usedLabel: (used, total) => `${bytesOf(used, total)} used`, unknown: 'Not known',
    healthy: 'Healthy', nearlyFull: 'Nearly full', trouble: 'Takes no bytes', unreachable: 'Unreachable',
    unreachableHint: (state) => `the node is ${state}`,
    bucket: 'Bucket', bucketRoom: 'Shared by all nodes', answers: 'Answers', unusable: 'Unusable', partly: 'Partly',
    unusableBy: (names, why) => `${names.join(', ')} cannot use it: ${why}`,
    bucketHint: 'Files in it cannot be read now; nodes that receive into it take no uploads.',
    bucketSince: (at) => `Since ${at}.`,
    nearlyFullHint: (share) => `${number(share)}\u00a0% free`
  }
})
