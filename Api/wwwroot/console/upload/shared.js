// Takes the files that another app has shared with the installed page from the service worker. A page of another site
// could send files, too, so the user must confirm them before they are sent.
import { foundOf } from '../../client/drop.js'
import { visible } from '../format.js'
import { ask } from '../parts/dialog.js'
import { t } from '../texts/upload.js'

const SHOWN = 5

/** @returns {Promise<import('../../client/index.js').Found>} */
export async function takeShared() {
  const { active } = await navigator.serviceWorker.ready
  const files = await new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => resolve(data)
    active.postMessage({ type: 'shared' }, [port2])
  })
  if (files.length === 0) return foundOf()
  const yes = await ask({
    title: t.shared.title(files.length),
    text: [t.shared.names(files.slice(0, SHOWN).map(({ name }) => visible(name)), files.length - SHOWN)],
    answers: [{ word: t.shared.yes, value: true }]
  })
  return yes ? foundOf(files.map((file) => ({ file, path: file.name }))) : foundOf()
}
