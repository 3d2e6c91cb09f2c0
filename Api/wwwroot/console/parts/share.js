// Dialogs that create and change links with which others download a file or folder, or upload into a folder.
import { call } from '../api.js'
import { button, h } from '../dom.js'
import { visible } from '../format.js'
import { t } from '../texts/share.js'
import { copyOrShow, field } from './dialog.js'
import { choice, fill, showOnce } from './fields.js'
import { command } from './command.js'
import { qrCode } from './qr.js'

const HOUR = 3600
const TIMES = [HOUR, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR, 365 * 24 * HOUR]
// The addresses of links that this page has created. The service stores only their digests.
const addresses = new Map()
const USUAL = 7 * 24 * HOUR
const MIB = 1 << 20
const TYPES = { all: [], images: ['image/*'], media: ['image/*', 'video/*', 'audio/*'],
  documents: ['application/pdf', 'text/*'] }

const COUNT = { type: 'number', min: '1', step: '1', inputmode: 'numeric', placeholder: t.share.any }

const count = (word, value = '') => field(word, value, COUNT)
const numberOf = ({ input }) => (input.value === '' ? undefined : Number(input.value))
const times = (value = USUAL) => choice(t.share.ends,
  TIMES.map((seconds) => [String(seconds), t.share.times[seconds]]), String(value))
const pair = (...fields) => h('div', { class: 'pair' }, fields.map(({ element }) => element))
const password = (word) => field(word, '', { type: 'password', autocomplete: 'new-password', minlength: '6' })

/**
 * Asks for the properties of a link and creates it. Its address is shown once, with a QR code.
 * @param {{kind: 'download' | 'upload', space: string | null, path: string, place?: string}} what `place` is the path
 *   in words
 * @returns {Promise<{link: any, url: string} | null>}
 */
export async function share({ kind, space, path, place = `/${visible(path)}` }) {
  const name = path.split('/').pop() || place
  const title = field(t.share.title, visible(name), { maxlength: '200' })
  const ends = times()
  const body = { kind, path, ...(space ? { space } : {}) }
  const send = (limits) => call('POST', 'api/links', {
    ...body, title: title.input.value.trim() || undefined, expiresInSeconds: Number(ends.input.value), ...limits
  })
  const made = await (kind === 'download' ? askDownload(name, title, ends, send)
    : askUpload(place, title, ends, send))
  if (!made) return null
  addresses.set(made.link.id, made.url)
  await show(made)
  return made
}

function askDownload(name, title, ends, send) {
  const most = count(t.share.downloads)
  const secret = password(t.share.password)
  return fill({
    title: t.share.downloadTitle(visible(name)), text: [t.share.downloadText], act: t.share.make,
    fields: [title.element, pair(ends, most), secret.element],
    send: () => send({ maxDownloads: numberOf(most), password: secret.input.value || undefined })
  })
}

function askUpload(place, title, ends, send) {
  const most = count(t.share.files)
  const size = count(t.share.size)
  const secret = password(t.share.password)
  const types = choice(t.share.types, Object.keys(TYPES).map((one) => [one, t.share.typeWords[one]]))
  return fill({
    title: t.share.uploadTitle, text: [t.share.uploadText(place)], act: t.share.make,
    fields: [title.element, pair(ends, most), pair(size, types), secret.element],
    send: () => send({
      password: secret.input.value || undefined,
      maxFiles: numberOf(most), maxSize: size.input.value ? numberOf(size) * MIB : undefined,
      types: types.input.value === 'all' ? undefined : TYPES[types.input.value]
    })
  })
}

const show = ({ link, url }) => showOnce(t.share.made(visible(link.title)),
  link.kind === 'upload' ? t.share.sendWith : t.share.fetchWith,
  [command(url), h('div', { class: 'buttons' }, copyIt(url)), qrCode(url, t.share.qr)], t.share.done)

function copyIt(url) {
  const word = h('span', { role: 'status' }, t.share.copy)
  return button(word, { glyph: 'copy', act: async () => {
    await copyOrShow(url)
    word.textContent = t.copied
  } })
}

/** Returns the address of a link that this page has created. @param {string} id @returns {string | undefined} */
export const addressKnown = (id) => addresses.get(id)

/**
 * Shows a dialog that changes a link.
 * @param {any} link
 * @returns {Promise<any>} the changed link, or null if the user cancelled
 */
export function changeLink(link) {
  const title = field(t.share.title, link.title, { maxlength: '200' })
  /** @type {[value: string, word: string][]} */
  const times = TIMES.map((seconds) => [String(seconds), t.share.times[seconds]])
  const ends = choice(t.share.ends, [['', t.share.stays], ...times])
  const download = link.kind === 'download'
  const before = (download ? link.maxDownloads : link.maxFiles) ?? ''
  const most = count(download ? t.share.downloads : t.share.files, before)
  const secret = password(link.hasPassword ? t.share.newPassword : t.share.password)
  return fill({
    title: t.share.change(visible(link.title)), act: t.share.save,
    fields: [title.element, pair(ends, most), secret.element],
    send: () => {
      if (before !== '' && most.input.value === '') throw new Error(t.share.limitStays)
      return call('PATCH', `api/links/${link.id}`, {
        title: title.input.value.trim(), [download ? 'maxDownloads' : 'maxFiles']: numberOf(most),
        expiresInSeconds: ends.input.value ? Number(ends.input.value) : undefined,
        password: secret.input.value || undefined
      })
    }
  })
}
