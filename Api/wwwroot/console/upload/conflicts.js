// Asks what to do with names that are taken, before anything is sent.
import { call, headers, root } from '../api.js'
import { ask } from '../parts/dialog.js'
import { encoded, visible } from '../format.js'
import { t } from '../texts/conflicts.js'

const LINES = 1000
const SHOWN = 3

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
  const names = [...taken].slice(0, SHOWN).map((path) => t.conflict.text(`/${visible(path)}`))
  if (taken.size > SHOWN) names.push(t.conflict.and(taken.size - SHOWN))
  const answer = await ask({
    title: t.conflict.title(taken.size), text: [...names, t.conflict.note],
    answers: [
      { word: t.conflict.keep, value: 'rename' }, { word: t.conflict.replace, value: 'replace' }, { word: t.conflict.skip, value: 'skip' }
    ]
  })
  if (answer === null) return null
  const isTaken = ({ path }) => taken.has([folder, path].filter(Boolean).join('/'))
  const free = await engine.add(chosen.filter((one) => !isTaken(one)), { folder, space })
  if (answer === 'skip') return free
  return [...free, ...await engine.add(chosen.filter(isTaken), { folder, space, conflict: answer })]
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
