// UI texts of ../upload beyond its first view; loaded after it.
import { bytes, bytesOf, exactBytes, number, speed } from '../format.js'
import { t as common, files } from './shell.js'

export const t = /** @type {const} */ ({
  ...common,
  pace: { word: 'Limit the speed', none: 'No limit', now: (limit) => `At most ${speed(limit)}: change` },
  shared: {
    title: (count) => `Upload ${files(count)} that were shared with this page?`, yes: 'Upload',
    names: (names, more) => `${names.join(', ')}${more > 0 ? ` and ${number(more)} more` : ''}`
  },
  notify: {
    ask: 'Should this browser notify you when the uploads are done, even if you are on another page?',
    yes: 'Tell me', no: 'No',
    done: (count) => (count === 1 ? 'The upload is done' : `All ${number(count)} uploads are done`),
    failed: (count) => (count === 1 ? '1 upload needs you' : `${number(count)} uploads need you`),
    size: (size) => `${bytes(size)} are safe`
  },
  folder: {
    progress: (name) => `Progress of ${name}`, open: (name) => `Files of ${name}`, into: (path) => `in ${path}`,
    done: (done, all) => `${number(done)} of ${files(all)}`, files: (all, size) => `${files(all)}, ${bytes(size)}`,
    need: (count) => `${number(count)} need you`, safe: (safe, all) => `${bytesOf(safe, all)} safe`,
    rest: (count) => `${files(count)} more; the row above shows the total.`
  },
  priority: { word: 'Priority', low: 'Low priority', normal: 'Normal priority', high: 'High priority' },
  plain: {
    lead: 'This address is not https.',
    text: 'The browser then offers no file handles and no fast SHA-256: hashing is slower, and after a reload you '
      + 'may have to choose large files again. What is safe stays safe.'
  },
  chooseTarget: { title: 'Upload to', act: 'Use this folder' },
  cancelUpload: {
    title: (name) => `Cancel ${name}?`,
    text: (safe) => (safe > 0
      ? `${bytes(safe)} that are safe on the server are deleted. This cannot be undone.`
      : 'No byte of this file has arrived yet.'),
    keep: 'Keep uploading', yes: 'Cancel and delete'
  },
  chooseAgain: {
    wrong: (name, size) => `This is not the same file. It must be ${name} with ${exactBytes(size)}, unchanged.`,
    fault: (why) => `The file could not be compared with what is safe: ${why} Choose it again in a moment.`
  },
  map: {
    name: (name) => `Map of ${name}. Use the arrow keys to look at single cells.`,
    safe: 'Safe', way: 'On the way', again: 'Sending again', failed: 'Failed', waiting: 'Waiting',
    soft: 'Partly safe',
    cell: (index, offset, length, state) =>
      `Cell ${number(index + 1)} at ${bytes(offset)}, ${bytes(length)}: ${state}`
  },
  advice: {
    first: 'The first chunks show what the link can do.',
    of: (streams, size) => `${streams} × ${bytes(size)}:`, breaks: (time) => `about one break per ${time}`
  }
})
