// Files and folders from a drop anywhere on the page, a paste or a picker.
import { filesOf, filesOfInput } from '../../client/index.js'
import { walkHandle } from '../../client/files.js'
import { h } from '../dom.js'

/**
 * Takes drops and pastes of the whole window while a screen is open.
 * @param {(reading: Promise<import('../../client/files.js').Chosen[]>, folders: string[]) => void} take also gets the folders that are
 *   empty, once all is read
 * @param {HTMLElement} screen gets the class "over" while files hang over the page
 * @returns {() => void} ends it
 */
export function takeDrops(take, screen) {
  const stop = new AbortController()
  const { signal } = stop
  const takeAll = (data) => {
    const folders = []
    take(filesOf(data, folders), folders)
  }
  let depth = 0
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files')
  const over = (is) => screen.classList.toggle('over', is)
  addEventListener('dragenter', (event) => { if (carries(event)) { event.preventDefault(); depth++; over(true) } }, { signal })
  addEventListener('dragover', (event) => { if (carries(event)) event.preventDefault() }, { signal })
  addEventListener('dragleave', () => { depth = Math.max(0, depth - 1); if (depth === 0) over(false) }, { signal })
  addEventListener('drop', (event) => {
    if (!carries(event)) return
    event.preventDefault()
    depth = 0
    over(false)
    takeAll(event.dataTransfer)
  }, { signal })
  addEventListener('paste', (event) => {
    if (event.target.closest?.('input, textarea') || !event.clipboardData?.files.length) return
    event.preventDefault()
    takeAll(event.clipboardData)
  }, { signal })
  return () => stop.abort()
}

/**
 * Opens the system's dialog for files or a folder. With handles, where the browser has them, so that a reload finds the files again.
 * @param {'files' | 'folder' | 'file'} what
 * @returns {Promise<import('../../client/files.js').Chosen[]>}
 */
export async function pick(what) {
  try {
    if (what === 'folder' && globalThis.showDirectoryPicker) return await walkHandle(await showDirectoryPicker({ id: 'upload' }))
    if (what !== 'folder' && globalThis.showOpenFilePicker) {
      const handles = await showOpenFilePicker({ id: 'upload', multiple: what === 'files' })
      return await Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), path: handle.name, handle })))
    }
  } catch (error) {
    if (error.name === 'AbortError') return []
    throw error
  }
  return new Promise((resolve) => {
    const input = h('input', { type: 'file', hidden: true, multiple: what !== 'file', webkitdirectory: what === 'folder' })
    const end = (chosen) => { input.remove(); resolve(chosen) }
    input.addEventListener('change', () => end(filesOfInput(input.files)))
    input.addEventListener('cancel', () => end([]))
    document.body.append(input)
    input.click()
  })
}
