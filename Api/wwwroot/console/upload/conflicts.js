// Asks what to do with files whose names are taken, before they are sent.
import { sha256 } from '../../client/digest.js'
import { call, headers, root } from '../api.js'
import { h, style } from '../dom.js'
import { contentOf } from '../files/tree.js'
import { bytes, encoded, exactTime, extension, visible, when } from '../format.js'
import { ask } from '../parts/dialog.js'
import { nameOf } from '../parts/name.js'
import { t } from '../texts/conflicts.js'
import { t as common } from '../texts/shell.js'
import { rememberFolders } from './chosen-folders.js'

const LINES = 1000
const SHOWN = 3
// With more files than this, the dialog offers no choice per file.
const MOST_CHOICES = 200
// The number of conflicts for which both files are shown.
const MOST_SHOWN = 20
const IMAGE = /\.(avif|gif|jpe?g|png|webp)$/i
const LARGEST = 20 << 20
// The largest total size of the files that are hashed to find out whether the service already has them.
const MOST_READ = 64 << 20

/**
 * Adds files to the engine after asking about those whose names are taken, and then creates the folders that contain
 * no file. Shows what could not be read.
 * @param {import('../../client/uploader.js').Uploader} engine
 * @param {import('../../client/index.js').Found} found
 * @param {{folder: string, space?: string | null, notes: import('../parts/notes.js').Notes}} to
 * @returns {Promise<import('../../client/upload.js').Upload[]>}
 * @throws if a folder cannot be created; the files are already added then
 */
export async function addFiles(engine, { files, folders, unread }, { folder, space = null, notes }) {
  if (unread.length > 0) {
    notes.show('unread', { kind: 'warn', glyph: 'fail', lead: t.unread.lead(unread.length),
      text: t.unread.text(unread.slice(0, SHOWN).map(visible), unread.length - SHOWN),
      actions: [{ word: common.close, act: () => notes.hide('unread') }] })
  }
  const added = await addAsked(engine, files, folder, space)
  if (added) await makeFolders(folders, folder, space)
  return added ?? []
}

/** @returns {Promise<import('../../client/upload.js').Upload[] | null>} null if the user cancelled */
async function addAsked(engine, chosen, folder, space) {
  if (chosen.length === 0) return []
  rememberFolders(chosen, folder)
  const taken = await takenOf(chosen, folder, space)
  if (taken.size === 0) return engine.add(chosen, { folder, space })
  const pathOf = ({ path }) => [folder, path].filter(Boolean).join('/')
  const both = chosen.filter((one) => taken.has(pathOf(one))).map((one) => (
    { key: pathOf(one), path: pathOf(one), size: one.file.size, at: one.file.lastModified,
      picture: pictureOf(one.file),
      content: one.file }))
  const answers = await askTaken(both, folder, space)
  for (const { picture } of both) if (picture) URL.revokeObjectURL(picture)
  if (answers === null) return null
  const answerOf = (one) => answers.get(pathOf(one))
  const added = await engine.add(chosen.filter((one) => answerOf(one) === undefined), { folder, space })
  for (const conflict of ['rename', 'replace']) {
    const these = chosen.filter((one) => answerOf(one) === conflict)
    if (these.length > 0) {
      added.push(...await engine.add(these, { folder, space, conflict, taken: conflict === 'rename' }))
    }
  }
  return added
}

const pictureOf = (file) => (IMAGE.test(file.name) && file.size < LARGEST ? URL.createObjectURL(file) : undefined)

const CHOICES = [['rename', t.conflict.keep], ['replace', t.conflict.replace], ['skip', t.conflict.skip]]

/**
 * @template Key
 * @typedef {{key: Key, path: string, from?: string, size: number | null, at: string | number, picture?: string,
 *   content?: Blob}} Taken What comes: `from` is the folder of what is to be moved to the path, where they differ;
 *   `picture` the address of its picture; `content` is compared with what is there
 */

/**
 * Asks what to do with existing entries, and shows both contents.
 * @template Key
 * @param {Taken<Key>[]} taken
 * @param {string} folder the folder that contains all paths
 * @param {string | null} [space] the space of the paths
 * @returns {Promise<Map<Key, 'rename' | 'replace' | 'skip'> | null>} null if the user cancelled
 */
export async function askTaken(taken, folder, space = null) {
  await style('css/conflicts.css')
  const shown = taken.slice(0, MOST_CHOICES)
  const entries = await entriesOf(shown.slice(0, MOST_SHOWN), space)
  await markSame(shown, entries)
  return taken.length === 1 ? askOne(taken[0], folder, entries[0]) : askEach(taken, shown, folder, entries)
}

/** Returns the entries that are at these paths now; null for an entry that cannot be requested. */
async function entriesOf(taken, space) {
  return Promise.all(taken.map(({ path }) => call('GET', `${base(space)}tree/${encoded(path)}?format=json`)
    .catch(() => null)))
}

/** Marks the entries that already have the content of the new file. Large files are not read for this. */
async function markSame(taken, entries) {
  let left = MOST_READ
  for (const [i, entry] of entries.entries()) {
    const { content } = taken[i]
    if (!content || !entry?.sha256 || entry.size !== content.size || content.size > left) continue
    left -= content.size
    // If a file cannot be read, that is reported when it is sent.
    entry.isSame = await sha256(content).then((digest) => digest === entry.sha256, () => false)
  }
}

const nameIn = (path, folder) => (folder ? path.slice(folder.length + 1) : path)
const placeOf = (from) => (from === undefined ? '' : `/${visible(from)}`)

/** Shows one of two files with the same name: its picture, size and date. */
function side(word, name, { size, at, picture }) {
  const tile = h('span', { class: 'tile', 'aria-hidden': 'true' }, extension(name))
  const image = picture && h('img', { src: picture, alt: '', on: { error: () => image.replaceWith(tile) } })
  return h('div', { class: 'rival' }, image || tile,
    h('div', {}, h('b', {}, word), h('span', {}, typeof size === 'number' ? bytes(size) : t.conflict.folder),
      at && h('span', { title: exactTime(at) }, when(at))))
}

function bothOf(name, taken, entry) {
  const image = IMAGE.test(name)
  const there = entry && {
    size: entry.size, at: entry.modifiedAt, picture: image && entry.contentUrl && entry.size < LARGEST
      && contentOf(entry)
  }
  return h('div', { class: 'both' }, there && side(t.conflict.there, name, there),
    side(t.conflict.comes, name, { ...taken, picture: image && taken.size < LARGEST && taken.picture }),
    entry?.isSame && h('p', {}, t.conflict.same))
}

/**
 * Returns the choices for a file; the first is the main one. If the content is the same, that is to skip the file.
 */
const choicesOf = (entry) => (entry?.isSame ? [...CHOICES].reverse() : CHOICES)

async function askOne(taken, folder, entry) {
  const { key, path, from } = taken
  const answer = await ask({
    title: t.conflict.one(visible(nameIn(path, folder))), fields: [bothOf(path, taken, entry)],
    text: [...(from === undefined ? [] : [t.conflict.moved(placeOf(from))]), t.conflict.eachNote],
    answers: choicesOf(entry).map(([value, word]) => ({ word, value })), dismiss: null
  })
  return answer && new Map([[key, answer]])
}

async function askEach(taken, shown, folder, entries) {
  const rows = shown.map((one, i) => {
    const { key, path, from } = one
    const place = placeOf(from)
    const select = selectOf(t.conflict.of(visible(path), place))
    if (entries[i]?.isSame) select.value = 'skip'
    const head = h('div', { class: 'line' }, nameOf(nameIn(path, folder)),
      place && h('span', { class: 'hint' }, t.conflict.from(place)))
    return { key, select, element: h('li', {}, h('div', { class: 'grow' }, head,
      i < MOST_SHOWN && bothOf(path, one, entries[i])), select) }
  })
  const all = selectOf(t.conflict.all)
  all.addEventListener('change', () => { for (const { select } of rows) select.value = all.value })
  const more = taken.length - rows.length
  const yes = await ask({
    title: t.conflict.title(taken.length), text: [t.conflict.eachNote],
    fields: [h('label', { class: 'all' }, t.conflict.all, all),
      h('ul', { class: 'each' }, rows.map(({ element }) => element)),
      ...(more > 0 ? [h('p', {}, t.conflict.rest(more))] : [])],
    answers: [{ word: t.conflict.goOn, value: true }]
  })
  return yes && new Map([...taken.map(({ key }) => [key, all.value]),
    ...rows.map(({ key, select }) => [key, select.value])])
}

const selectOf = (label) => h('select', { class: 'select', 'aria-label': label },
  CHOICES.map(([value, word]) => h('option', { value }, word)))

const base = (space) => (space ? `api/spaces/${space}/` : 'api/')

/** Creates the folders; one that already exists is no error. */
async function makeFolders(folders, folder, space) {
  for (const path of folders) {
    const address = `${base(space)}tree/${encoded([folder, path].filter(Boolean)
      .join('/'))}/?parents=true&conflict=fail`
    await call('PUT', address).catch((error) => { if (error.code !== 'name_taken') throw error })
  }
}

/** @returns {Promise<Set<string>>} the paths that are taken */
async function takenOf(chosen, folder, space) {
  const taken = new Set()
  for (let at = 0; at < chosen.length; at += LINES) {
    const lines = chosen.slice(at, at + LINES).map(({ path }) =>
      JSON.stringify({ path: [folder, path].filter(Boolean).join('/') }))
    try {
      const answer = await fetch(new URL(`${base(space)}tree/check`, root), {
        method: 'POST', headers: { ...headers(), 'Content-Type': 'application/x-ndjson' }, body: lines.join('\n')
      })
      if (!answer.ok) return taken
      for (const line of (await answer.text()).split('\n').filter(Boolean)) {
        const { path, state } = JSON.parse(line)
        if (state === 'equal' || state === 'differs') taken.add(path)
      }
    } catch {
      // Without an answer, no file is replaced: the service then keeps both.
      return taken
    }
  }
  return taken
}
