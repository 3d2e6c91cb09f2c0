// Opens the system's dialog for files and folders. Loaded after the Upload screen.
import { foundOf, walkHandle } from '../../client/drop.js'
import { filesOfInput } from '../../client/index.js'
import { h } from '../dom.js'

/**
 * Opens the system's dialog for files or a folder. Where the browser supports it, the files have handles with which
 * they can be read again after a reload.
 * @param {'files' | 'folder' | 'file' | 'camera'} what
 * @returns {Promise<import('../../client/index.js').Found>}
 */
export async function pick(what) {
  try {
    // TypeScript does not know these two functions, because not every browser has them.
    const { showDirectoryPicker, showOpenFilePicker } = /** @type {any} */ (globalThis)
    if (what === 'folder' && showDirectoryPicker) return await walkHandle(await showDirectoryPicker({ id: 'upload' }))
    if (what !== 'folder' && what !== 'camera' && showOpenFilePicker) {
      const handles = await showOpenFilePicker({ id: 'upload', multiple: what === 'files' })
      return foundOf(await Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(),
        path: handle.name, handle }))))
    }
  } catch (error) {
    if (error.name === 'AbortError') return foundOf()
    throw error
  }
  return new Promise((resolve) => {
    const camera = what === 'camera' ? { accept: 'image/*', capture: 'environment' } : {}
    const several = what === 'files' || what === 'folder'
    const input = h('input', { type: 'file', hidden: true, multiple: several, webkitdirectory: what === 'folder',
      ...camera })
    const end = (files) => { input.remove(); resolve(foundOf(files)) }
    input.addEventListener('change', () => end(filesOfInput(input.files)))
    input.addEventListener('cancel', () => end([]))
    document.body.append(input)
    input.click()
  })
}
