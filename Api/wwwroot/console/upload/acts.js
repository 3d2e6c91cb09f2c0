// The user's actions on an upload of this page, except for pausing it. Loaded after the first screen.
import { visible } from '../format.js'
import { ask } from '../parts/dialog.js'
import { t } from '../texts/upload.js'
import { pick } from './pick.js'

/** @typedef {import('../../client/upload.js').Upload} Upload */
/** @typedef {{engine: any, notes: import('../parts/notes.js').Notes}} Page */

/**
 * @param {string} name
 * @param {number} safe the number of stored bytes that would be lost
 * @returns {Promise<boolean>}
 */
export const sureToCancel = async (name, safe) => await ask({
  title: t.cancelUpload.title(visible(name)), text: [t.cancelUpload.text(safe)], dismiss: null,
  answers: [{ word: t.cancelUpload.keep, value: false }, { word: t.cancelUpload.yes, value: true, kind: 'danger' }]
}) === true

/** @param {Upload} upload */
export async function cancel(upload) {
  if (await sureToCancel(upload.name, upload.safe.total)) await upload.cancel()
}

/** @param {Upload} upload @param {Page} page */
export const remove = (upload, { engine }) => (upload.state === 'failed' ? upload.cancel() : engine.forget(upload))

/** Gets the file of an upload again after the browser has lost it. @param {Upload} upload @param {Page} page */
export async function choose(upload, { notes }) {
  // TypeScript does not know this method yet.
  const handle = /** @type {any} */ (upload.handle)
  if (await handle?.requestPermission?.({ mode: 'read' }).catch(() => '') === 'granted') {
    const file = await handle.getFile().catch(() => null)
    if (file && await upload.choose(file).catch(() => false)) return
  }
  const { files: [chosen] } = await pick('file')
  if (!chosen) return
  const refuse = (text) => notes.show('choose', { kind: 'bad', glyph: 'fail', text })
  try {
    if (await upload.choose(chosen.file, chosen.handle)) notes.hide('choose')
    else refuse(t.chooseAgain.wrong(visible(upload.name), upload.size))
  } catch (error) {
    refuse(t.chooseAgain.fault(error.message))
  }
}

/** Creates a link to a completed upload, for people without an account. @param {Upload} upload */
export const share = async ({ space, result }) =>
  (await import('../parts/share.js')).share({ kind: 'download', space, path: result.path })

/** Sends a failed upload again. @param {Upload} upload @param {Page} page */
export async function again(upload, { engine }) {
  const changed = upload.error?.name === 'FileChanged' || upload.error?.name === 'Unfiled'
  if (!changed && upload.file) { upload.resume(); return }
  const file = await upload.handle?.getFile().catch(() => null)
  const chosen = file ? [{ file, handle: upload.handle, path: upload.path }]
    : (await pick('file')).files.map((one) => ({ ...one, path: upload.path }))
  if (chosen.length === 0) return
  await upload.cancel()
  await engine.add(chosen, { conflict: upload.conflict, space: upload.space })
}
