// The menu "New" of every screen. New items go to the open folder, or to the user's own space.
import { codeOf } from '../api.js'
import { makeFolder } from '../files/tree.js'
import { visible } from '../format.js'
import { addressOf, go, here } from '../router.js'
import { t } from '../texts/frame.js'
import { addFiles } from '../upload/conflicts.js'
import { engineOf } from '../upload/engine.js'
import { pick } from '../upload/pick.js'
import { field } from '../parts/dialog.js'
import { fill } from '../parts/fields.js'
import { chooseFolder } from './folders.js'
import { spaceOf, spacesOf } from '../parts/spaces.js'

const partsOf = (path) => path.split('/').filter(Boolean)

/** @param {import('../shell.js').Shell} shell */
export function newItems(shell) {
  const told = (work) => async () => {
    try {
      await work()
    } catch (error) {
      shell.notes.show('make', { kind: 'bad', glyph: 'fail', text: error.message, code: codeOf(error),
        actions: [{ word: t.close, act: () => shell.notes.hide('make') }] })
    }
  }
  const may = shell.me.scopes.includes('upload')
  return [
    may && { word: t.make.files, glyph: 'file', act: told(() => upload(shell, 'files')) },
    may && { word: t.make.folder, glyph: 'upload', act: told(() => upload(shell, 'folder')) },
    may && { word: t.make.newFolder, glyph: 'folder', act: told(() => newFolder(shell)) },
    shell.screens.some(({ id }) => id === 'transfers')
      && { word: t.make.transfer, glyph: 'move', act: () => go(addressOf('transfers', ['new'])) },
    may && { word: t.make.ask, glyph: 'link', act: told(() => askForFiles(shell.me, shell.at)) }
  ].filter(Boolean)
}

/** Returns the open folder if the user may change it, or otherwise a space that the user may change. */
async function placeOf({ me, at }) {
  const all = await spacesOf(me)
  const open = spaceOf(all, at.space)
  if (open?.may.change) return { space: open, path: at.path }
  const [space] = all.filter(({ may }) => may.change)
  return { space, path: '' }
}

async function upload(shell, what) {
  // The system's dialog comes first, because browsers open it only in response to a user action.
  const found = await pick(what)
  if (found.files.length + found.folders.length + found.unread.length === 0) return
  const { space, path } = await placeOf(shell)
  await addFiles(await engineOf(shell), found, { folder: path, space: space.id, notes: shell.notes })
  // An open folder shows the new files itself.
  if (here().screen !== 'files') go(addressOf('upload', partsOf(path), { space: space.id }))
}

async function newFolder(shell) {
  const { space, path } = await placeOf(shell)
  const name = field(t.make.folderName, '', { required: true })
  const made = await fill({
    title: t.make.newFolder, text: [t.make.into(t.drop.inSpace(space.title, visible(path).split('/').join(' / ')))],
    fields: [name.element], act: t.make.make,
    send: () => makeFolder(space.id, [path, name.input.value.trim()].filter(Boolean).join('/'))
  })
  if (made) go(addressOf('files', partsOf([path, name.input.value.trim()].join('/')), { space: space.id }))
}

/** Lets the user choose a folder, and creates a link with which others upload files to it. @param {any} me
 * @param {{space: string | null, path: string}} at the folder that is shown first */
export async function askForFiles(me, at) {
  const all = await spacesOf(me)
  const chosen = await chooseFolder({
    title: t.make.askInto, act: t.make.askHere, from: at.path, space: spaceOf(all, at.space)?.id ?? null,
    spaces: all.filter(({ may }) => may.change)
  })
  if (!chosen) return null
  const { share } = await import('../parts/share.js')
  return share({ kind: 'upload', ...chosen })
}
