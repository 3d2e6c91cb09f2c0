// Where uploads go: a folder of any space that one may change.
import { chooseFolder } from '../frame/folders.js'
import { spaceOf, spacesOf } from '../parts/spaces.js'
import { t } from '../texts/upload.js'

/** What a space is called, as far as that is known. @param {any} me @param {string | null} id */
export const titleOf = async (me, id) => spaceOf(await spacesOf(me).catch(() => []), id)?.title

/**
 * Lets a person choose.
 * @param {any} me @param {{folder: string, space: string | null}} from
 * @returns {Promise<{names: string[], space: string} | null>}
 */
export async function chooseTarget(me, { folder, space }) {
  const all = await spacesOf(me)
  const chosen = await chooseFolder({
    ...t.chooseTarget, from: folder, space: spaceOf(all, space)?.id ?? null,
    spaces: all.filter(({ may }) => may.change)
  })
  return chosen && { names: chosen.path.split('/').filter(Boolean), space: chosen.space }
}
