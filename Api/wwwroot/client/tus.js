import { persist } from './attempt.js'

// It has expired or is not known any more. The bytes are sent again.
const GONE = ['not_found', 'expired', 'http_404', 'http_410']
const VERSION = { 'Tus-Resumable': '1.0.0' }

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

/**
 * Sends a file by tus 1.0, for services that have no session API: in order, from the offset that the service names.
 * @param {import('./upload.js').Upload} upload
 * @param {AbortSignal} signal
 */
export const sendByTus = (upload, signal) => upload.orAnew(() => send(upload, signal), GONE)

async function send(upload, signal) {
  upload.session ??= await create(upload, signal)
  await upload.save()
  const chunk = { offset: 0, length: upload.size, sent: 0, kept: 0, tries: 0, again: false }
  let known = false
  upload.begin(chunk)
  try {
    await persist(upload, signal, async (attempt) => {
      if (attempt > 0) upload.retry(chunk)
      if (attempt > 0 || !known) {
        const { header } = await upload.request('HEAD', upload.session, { signal, headers: VERSION })
        known = true
        chunk.offset = Number(header('Upload-Offset'))
        upload.received(0, chunk.offset)
      }
      while (chunk.offset < upload.size) await patch(upload, chunk, signal)
    })
  } finally {
    upload.end(chunk)
  }
  return { fileId: upload.session.split('/').pop() }
}

async function create(upload, signal) {
  const metadata = {
    filename: upload.name, filetype: upload.type, path: upload.path, conflict: upload.conflict,
    modifiedAt: upload.modifiedAt
  }
  const fields = Object.entries(metadata).filter(([, value]) => value).map(([key, value]) => `${key} ${base64(value)}`)
  const headers = { ...VERSION, 'Upload-Length': String(upload.size), 'Upload-Metadata': fields.join(',') }
  const { header } = await persist(upload, signal, () => upload.request('POST', 'files', { signal, headers }))
  return new URL(header('Location'), new URL('files', upload.uploader.base)).href
}

async function patch(upload, chunk, signal) {
  chunk.length = upload.size - chunk.offset
  chunk.sent = 0
  const headers = { ...VERSION, 'Upload-Offset': String(chunk.offset), 'Content-Type': 'application/offset+octet-stream' }
  const { header } = await upload.uploader.slots.run(upload.rank, signal, () => upload.request('PATCH', upload.session, {
    signal, headers, body: upload.file.slice(chunk.offset), onSent: (sent) => upload.moved(chunk, sent)
  }))
  chunk.offset = Number(header('Upload-Offset'))
  upload.received(0, chunk.offset)
}
