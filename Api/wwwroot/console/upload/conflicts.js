// Asks what to do with names that are taken, before anything is sent.
import { call, headers, root } from '../api.js'
import { h } from '../dom.js'
import { ask } from '../parts/dialog.js'
import { encoded, visible } from '../format.js'
import { nameOf } from '../parts/name.js'
import { t } from '../texts/conflicts.js'
import { t as common } from '../texts/shell.js'

const LINES = 1000
const SHOWN = 3
// With more files than this, the dialog offers no choice per file.
const MOST_CHOICES = 200

/**
 * Adds files to the engine, after asking about those whose name is taken; then makes the folders without a file. Says what could not be
 * read.
 * @param {import('../../client/index.js').Uploader} engine
 * @param {import('../../client/index.js').Found} found
 * @param {{folder: string, space?: string | null, notes: import('../parts/notes.js').Notes}} to
 * @returns {Promise<import('../../client/index.js').Upload[]>}
 * @throws what a folder could not be made for; the files are added by then
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

/** @returns {Promise<import('../../client/index.js').Upload[] | null>} null: a person changed their mind */
async function addAsked(engine, chosen, folder, space) {
  if (chosen.length === 0) return []
  const taken = await takenOf(chosen, folder, space)
  if (taken.size === 0) return engine.add(chosen, { folder, space })
  const answers = await askTaken([...taken].map((path) => ({ key: path, path })), folder)
  if (answers === null) return null
  const answerOf = ({ path }) => answers.get([folder, path].filter(Boolean).join('/'))
  const added = await engine.add(chosen.filter((one) => answerOf(one) === undefined), { folder, space })
  for (const conflict of ['rename', 'replace']) {
    const these = chosen.filter((one) => answerOf(one) === conflict)
    if (these.length > 0) added.push(...await engine.add(these, { folder, space, conflict, taken: conflict === 'rename' }))
  }
  return added
}

const CHOICES = [['rename', t.conflict.keep], ['replace', t.conflict.replace], ['skip', t.conflict.skip]]

/**
 * @template Key
 * @typedef {{key: Key, path: string, from?: string}} Taken `from` is the folder of what is to be moved to the path, where they differ
 */

/**
 * Asks what to do where there is something already: for all at once, or for each.
 * @template Key
 * @param {Taken<Key>[]} taken @param {string} folder in which all of the paths are
 * @returns {Promise<Map<Key, 'rename' | 'replace' | 'skip'> | null>} null: a person changed their mind
 */
export async function askTaken(taken, folder) {
  const names = taken.slice(0, SHOWN).map(({ path, from }) => t.conflict.text(`/${visible(path)}`, placeOf(from)))
  if (taken.length > SHOWN) names.push(t.conflict.and(taken.length - SHOWN))
  const answer = await ask({
    title: t.conflict.title(taken.length), text: [...names, taken.length > 1 ? t.conflict.note : t.conflict.eachNote],
    answers: [...CHOICES.map(([value, word]) => ({ word, value })), ...(taken.length > 1 ? [{ word: t.conflict.each, value: 'each' }] : [])]
  })
  if (answer === 'each') return askEach(taken, folder)
  return answer && new Map(taken.map(({ key }) => [key, answer]))
}

const placeOf = (from) => (from === undefined ? '' : `/${visible(from)}`)

async function askEach(taken, folder) {
  const rows = taken.slice(0, MOST_CHOICES).map(({ key, path, from }) => {
    const place = placeOf(from)
    const select = h('select', { class: 'select', 'aria-label': t.conflict.of(visible(path), place) },
      CHOICES.map(([value, word]) => h('option', { value }, word)))
    const name = nameOf(folder ? path.slice(folder.length + 1) : path)
    return { key, select, element: h('li', {}, name, place && h('span', { class: 'hint' }, t.conflict.from(place)), select) }
  })
  const more = taken.length - rows.length
  const yes = await ask({
    title: t.conflict.eachTitle, text: [t.conflict.eachNote, ...(more > 0 ? [t.conflict.rest(more)] : [])],
    fields: [h('ul', { class: 'each' }, rows.map(({ element }) => element))], answers: [{ word: t.conflict.goOn, value: true }]
  })
  return yes && new Map([...taken.map(({ key }) => [key, 'rename']), ...rows.map(({ key, select }) => [key, select.value])])
}

const base = (space) => (space ? `api/spaces/${space}/` : 'api/')

/** A folder that is there already is what is wanted. */
async function makeFolders(folders, folder, space) {
  for (const path of folders) {
    const address = `${base(space)}tree/${encoded([folder, path].filter(Boolean).join('/'))}/?parents=true&conflict=fail`
    await call('PUT', address).catch((error) => { if (error.code !== 'name_taken') throw error })
  }
}

/** @returns {Promise<Set<string>>} paths at which there is something */
async function takenOf(chosen, folder, space) {
  const taken = new Set()
  for (let at = 0; at < chosen.length; at += LINES) {
    const lines = chosen.slice(at, at + LINES).map(({ path }) => JSON.stringify({ path: [folder, path].filter(Boolean).join('/') }))
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
      // Without an answer nothing is replaced: the service then keeps both.
      return taken
    }
  }
  return taken
}
