// The user's actions on an upload.
import { call } from '../api.js'
import { button } from '../dom.js'
import { visible } from '../format.js'
import { ask } from '../parts/dialog.js'
import { t } from '../texts/uploads.js'

/** @typedef {(id: string, verb: 'pause' | 'resume' | 'cancel') => Promise<void>} Act */

/**
 * @param {(session: import('./store.js').Session) => void} took called with the changed upload
 * @param {(error: Error) => void} failed
 */
export const actor = (took, failed) => ({
  async change(session, verb) {
    try { took(await call('POST', `api/sessions/${session.id}/${verb}`)) } catch (error) { failed(error) }
  },
  async cancel(session) {
    const yes = await ask({
      title: t.cancelUpload.title(visible(session.fileName)), text: [t.cancelUpload.text(session.receivedBytes)],
      answers: [{ word: t.cancelUpload.keep, value: null }, { word: t.cancelUpload.yes, value: true,
        kind: 'danger' }], dismiss: null
    })
    if (!yes) return
    try {
      await call('DELETE', `api/sessions/${session.id}`)
      took(await call('GET', `api/sessions/${session.id}`))
    } catch (error) { failed(error) }
  }
})

/**
 * Creates the buttons that are possible in the state of an upload.
 * @param {import('./store.js').Session} session @param {ReturnType<typeof actor>} acts @param {boolean} words
 */
export function buttons(session, acts, words) {
  const name = visible(session.fileName)
  const make = (word, glyph, label, kind, act) => (words
    ? button(word, { glyph: kind ? '' : glyph, kind, act }) : button('', { glyph, kind: 'plain', label, act }))
  return [
    session.state === 'open' && make(t.pause, 'pause', t.row.pause(name), '', () => acts.change(session, 'pause')),
    session.state === 'paused' && make(t.resume, 'play', t.row.resume(name), '',
      () => acts.change(session, 'resume')),
    (session.state === 'open' || session.state === 'paused')
      && make(t.cancel, 'close', t.row.cancel(name), 'danger', () => acts.cancel(session))
  ].filter(Boolean)
}
