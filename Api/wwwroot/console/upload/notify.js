// Shows a system notification when the uploads have ended and the page is not visible. The permission is requested
// once, when an upload takes long. The screen of a phone is kept on during uploads, because a sleeping phone sends
// nothing.
import { ENDED } from '../../client/upload.js'
import { t } from '../texts/upload.js'

const ASKED = 'notify-asked'
// Uploads that take longer than this are worth a notification.
const LONG_MS = 15_000
const LOOK_MS = 1000
const NEED = ['failed', 'choose', 'signed-out']

/** @param {import('../../client/uploader.js').Uploader} uploader @param {import('../shell.js').Shell} shell */
export function notifyAtEnd(uploader, shell) {
  let [begun, due, lock] = [0, 0, null]

  const isOver = ({ state }) => ENDED.includes(state) || state === 'choose' || state === 'paused'

  function look() {
    due = 0
    const running = uploader.uploads.some((upload) => !isOver(upload))
    keepAwake(running)
    if (running) {
      begun ||= Date.now()
      if (Date.now() - begun > LONG_MS) ask(shell)
      else soon()
      return
    }
    if (begun) end()
    begun = 0
  }

  function end() {
    const done = uploader.uploads.filter(({ state, endedAt }) => state === 'done' && endedAt >= begun)
    const need = uploader.uploads.filter(({ state }) => NEED.includes(state))
    shell.notes.hide('notify')
    if (!document.hidden || globalThis.Notification?.permission !== 'granted' || done.length + need.length === 0) {
      return
    }
    const told = new Notification(need.length > 0 ? t.notify.failed(need.length) : t.notify.done(done.length), {
      body: done.length > 0 ? t.notify.size(done.reduce((sum, { size }) => sum + size, 0)) : '', tag: 'uploads',
      icon: new URL('../favicon.svg', document.baseURI).href
    })
    told.addEventListener('click', () => { focus(); told.close() })
  }

  async function keepAwake(running) {
    if (!matchMedia('(pointer: coarse)').matches || !navigator.wakeLock) return
    if (!running) { lock?.release(); lock = null; return }
    if ((lock && !lock.released) || document.hidden) return
    lock = await navigator.wakeLock.request('screen').catch(() => null)
  }

  const soon = () => { due ||= setTimeout(look, LOOK_MS) }
  for (const type of ['added', 'change', 'removed']) uploader.on(type, soon)
  document.addEventListener('visibilitychange', soon)
}

/** Asks once for the permission; a user who does not answer is not asked again. */
function ask(shell) {
  if (globalThis.Notification?.permission !== 'default' || !globalThis.isSecureContext
    || localStorage.getItem(ASKED)) return
  localStorage.setItem(ASKED, 'yes')
  const hide = () => shell.notes.hide('notify')
  shell.notes.show('notify', { glyph: 'clock', text: t.notify.ask,
    actions: [{ word: t.notify.yes, act: () => { hide(); Notification.requestPermission() } },
      { word: t.notify.no, act: hide }] })
}
