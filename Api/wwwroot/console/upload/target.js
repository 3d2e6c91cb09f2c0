// The target of uploads: a folder in any space that the user may change.
import { chooseFolder } from '../frame/folders.js'
import { spaceOf, spacesOf } from '../parts/spaces.js'
import { t } from '../texts/upload.js'

/** Returns the title of a space, if it can be loaded. @param {any} me @param {string | null} id */
export const titleOf = async (me, id) => spaceOf(await spacesOf(me).catch(() => []), id)?.title

/**
 * Lets the user choose the target.
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
