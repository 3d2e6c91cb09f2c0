// Where uploads go: a folder of any space that one may change.
import { spaces } from '../files/tree.js'
import { chooseFolder } from '../parts/folders.js'
import { t } from '../texts/upload.js'

const known = () => spaces().catch(() => [])

/** @param {string} id @returns {Promise<string | undefined>} */
export const nameOf = async (id) => (await known()).find((space) => space.id === id)?.name

/**
 * Lets a person choose. The first space is the one that needs no id.
 * @param {{folder: string, space: string | null}} from
 * @returns {Promise<{names: string[], space: string | null} | null>}
 */
export async function chooseTarget({ folder, space }) {
  const all = await known()
  const chosen = await chooseFolder({ ...t.chooseTarget, from: folder, space, spaces: all.filter(({ canChange }) => canChange) })
  return chosen && { names: chosen.path.split('/').filter(Boolean), space: chosen.space === all[0]?.id ? null : chosen.space }
}
