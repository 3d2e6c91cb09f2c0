// Refreshes the open folder after uploads of this page, changes by others, and when the user returns to the page.
import { live } from '../live.js'
import { spaceOf } from '../parts/spaces.js'
import { engineOf } from '../upload/engine.js'

const WHILE_UPLOADING = 2000

/** Refreshes the list. @param {any} screen @param {() => void} back called when the service answers again
 * @returns {Promise<(() => void)[]>} functions that end it */
export async function follow(screen, back) {
  const engine = await engineOf(screen.shell)
  const seen = new Set(engine.uploads.filter(({ state }) => state === 'done'))
  let next = 0
  const onFocus = () => { if (!document.hidden) screen.refresh() }
  document.addEventListener('visibilitychange', onFocus)
  return [
    // Uploads that end in this folder change it. Running uploads refresh it less often.
    engine.on('change', (upload) => {
      const done = upload.state === 'done' && !seen.has(upload)
      if (done) seen.add(upload)
      const folder = upload.path.split('/').slice(0, -1).join('/')
      const inSpace = spaceOf(screen.spaces, upload.space)?.id === screen.space
      const here = upload.active && inSpace && folder === screen.path && Date.now() > next
      if (here) next = Date.now() + WHILE_UPLOADING
      if (done || here) screen.refresh()
    }),
    // Changes by others arrive as events; several in a row refresh the list once.
    live.widely(), live.on('reset', () => screen.refresh()), live.on('event', ({ kind, data }) => {
      if (kind === 'entries_changed' && (screen.space === null || data.space === screen.space)) screen.refresh()
    }),
    live.on('state', ({ state }) => { if (state === 'live') back() }),
    () => document.removeEventListener('visibilitychange', onFocus)
  ]
}
