// Asks what to do with names that are taken, before anything is sent.
import { call, headers, root } from '../api.js'
import { h } from '../dom.js'
import { ask } from '../parts/dialog.js'
import { encoded, visible } from '../format.js'
import { nameOf } from '../parts/name.js'
import { t } from '../texts/conflicts.js'

const LINES = 1000
const SHOWN = 3
// Of more, nobody chooses one by one.
const MOST_CHOICES = 200

/**
 * Adds files to the engine, after asking about those whose name is taken; then makes the folders without a file.
 * @param {import('../../client/index.js').Uploader} engine
 * @param {import('../../client/files.js').Chosen[]} chosen
 * @param {{folder: string, space?: string | null, folders?: string[]}} to `folders` are those without a file, which are made
 * @returns {Promise<import('../../client/index.js').Upload[]>}
 * @throws what a folder could not be made for; the files are added by then
 */
export async function addFiles(engine, chosen, { folder, space = null, folders = [] }) {
  const added = await addAsked(engine, chosen, folder, space)
  if (added) await makeFolders(folders, folder, space)
  return added ?? []
}

/** @returns {Promise<import('../../client/index.js').Upload[] | null>} null: a person changed their mind */
async function addAsked(engine, chosen, folder, space) {
  if (chosen.length === 0) return []
  const taken = await takenOf(chosen, folder, space)
  if (taken.size === 0) return engine.add(chosen, { folder, space })
  const answers = await askTaken([...taken], folder)
  if (answers === null) return null
  const answerOf = ({ path }) => answers.get([folder, path].filter(Boolean).join('/'))
  const added = await engine.add(chosen.filter((one) => answerOf(one) === undefined), { folder, space })
  for (const conflict of ['rename', 'replace']) {
    const these = chosen.filter((one) => answerOf(one) === conflict)
    if (these.length > 0) added.push(...await engine.add(these, { folder, space, conflict }))
  }
  return added
}

const CHOICES = [['rename', t.conflict.keep], ['replace', t.conflict.replace], ['skip', t.conflict.skip]]

/**
 * Asks what to do where there is something already: for all at once, or for each.
 * @param {string[]} paths @param {string} folder in which all of them are
 * @returns {Promise<Map<string, 'rename' | 'replace' | 'skip'> | null>} null: a person changed their mind
 */
export async function askTaken(paths, folder) {
  const names = paths.slice(0, SHOWN).map((path) => t.conflict.text(`/${visible(path)}`))
  if (paths.length > SHOWN) names.push(t.conflict.and(paths.length - SHOWN))
  const answer = await ask({
    title: t.conflict.title(paths.length), text: [...names, paths.length > 1 ? t.conflict.note : t.conflict.eachNote],
    answers: [...CHOICES.map(([value, word]) => ({ word, value })), ...(paths.length > 1 ? [{ word: t.conflict.each, value: 'each' }] : [])]
  })
  if (answer === 'each') return askEach(paths, folder)
  return answer && new Map(paths.map((path) => [path, answer]))
}

async function askEach(paths, folder) {
  const rows = paths.slice(0, MOST_CHOICES).map((path) => {
    const select = h('select', { class: 'select', 'aria-label': t.conflict.of(visible(path)) },
      CHOICES.map(([value, word]) => h('option', { value }, word)))
    return { path, select, element: h('li', {}, nameOf(folder ? path.slice(folder.length + 1) : path), select) }
  })
  const more = paths.length - rows.length
  const yes = await ask({
    title: t.conflict.eachTitle, text: [t.conflict.eachNote, ...(more > 0 ? [t.conflict.rest(more)] : [])],
    fields: [h('ul', { class: 'each' }, rows.map(({ element }) => element))], answers: [{ word: t.conflict.goOn, value: true }]
  })
  return yes && new Map([...paths.map((path) => [path, 'rename']), ...rows.map(({ path, select }) => [path, select.value])])
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
