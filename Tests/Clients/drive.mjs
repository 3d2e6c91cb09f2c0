// Google's own client for Drive against the emulator: everything that a transfer needs. Prints what it saw as one line of JSON.
// node drive.mjs, with DRIVE_ROOT (an address) and DRIVE_TOKEN in the environment.
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { auth, drive as connect } from '@googleapis/drive'

const root = process.env.DRIVE_ROOT
const oauth = new auth.OAuth2()
oauth.setCredentials({ access_token: process.env.DRIVE_TOKEN })
const drive = connect({ version: 'v3', auth: oauth, rootUrl: `${root}/` })
// The client builds the address of media from the options of the call.
const here = { rootUrl: `${root}/` }
const block = 262_144
const all = { supportsAllDrives: true, includeItemsFromAllDrives: true }
const saw = {}

const digest = (bytes, kind) => createHash(kind).update(bytes).digest('hex')

// Begins, sends and finishes a resumable upload by the client's own authorized transport.
async function uploadByPieces(metadata, bytes, piece) {
  const begun = await oauth.request({
    url: `${root}/upload/drive/v3/files?uploadType=resumable&supportsAllDrives=true&fields=id,size,md5Checksum,sha256Checksum`,
    method: 'POST',
    headers: { 'X-Upload-Content-Length': String(bytes.length), 'X-Upload-Content-Type': 'application/octet-stream' },
    data: metadata,
  })
  const session = header(begun, 'location')
  const statuses = []
  for (let offset = 0; offset < bytes.length;) {
    const end = Math.min(offset + piece, bytes.length)
    const answer = await oauth.request({
      url: session,
      method: 'PUT',
      headers: { 'Content-Range': `bytes ${offset}-${end - 1}/${bytes.length}` },
      body: bytes.subarray(offset, end),
      data: bytes.subarray(offset, end),
      validateStatus: (status) => status === 308 || status === 200,
      retry: false,
    })
    statuses.push(answer.status)
    if (answer.status === 200) return { statuses, file: answer.data }
    offset = Number(header(answer, 'range').split('-')[1]) + 1
  }
  throw new Error('the upload did not end')
}

function header(answer, name) {
  return answer.headers.get ? answer.headers.get(name) : answer.headers[name]
}

async function download(fileId, range) {
  const answer = await drive.files.get(
    { fileId, alt: 'media', ...all },
    { responseType: 'arraybuffer', headers: range ? { Range: range } : {} },
  )
  return { status: answer.status, bytes: Buffer.from(answer.data) }
}

const about = await drive.about.get({ fields: 'user(emailAddress),storageQuota(limit,usage)' })
saw.user = about.data.user.emailAddress
const start = (await drive.changes.getStartPageToken(all)).data.startPageToken

// A folder with an id that was made beforehand; its repetition is refused.
const [folderId] = (await drive.files.generateIds({ count: 1 })).data.ids
const folder = { id: folderId, name: "it's a \\ folder", mimeType: 'application/vnd.google-apps.folder' }
await drive.files.create({ requestBody: folder })
saw.repeated = await drive.files.create({ requestBody: folder }, { retry: false }).then(
  (answer) => answer.status,
  (error) => `${error.status ?? error.code} ${error.errors?.[0]?.reason ?? error.response?.data?.error?.errors?.[0]?.reason}`,
)

// The small file goes as multipart, by the client's own code.
const small = Buffer.from('small content')
const created = await drive.files.create({
  requestBody: { name: 'small.txt', parents: [folderId], modifiedTime: '2024-05-06T07:08:09.123Z' },
  media: { mimeType: 'text/plain', body: Readable.from([small]) },
  fields: 'id,name,size,mimeType,md5Checksum,modifiedTime,parents',
}, here)
saw.small = created.data.size === String(small.length) && created.data.md5Checksum === digest(small, 'md5')
  && created.data.modifiedTime === '2024-05-06T07:08:09.123Z' && created.data.mimeType === 'text/plain'

const big = randomBytes(5 * block + 1234)
const uploaded = await uploadByPieces({ name: 'big.bin', parents: [folderId] }, big, 2 * block)
saw.statuses = uploaded.statuses
saw.big = uploaded.file.sha256Checksum === digest(big, 'sha256') && uploaded.file.size === String(big.length)
const bigId = uploaded.file.id

const parts = [await download(bigId, 'bytes=0-999999'), await download(bigId, 'bytes=1000000-')]
saw.ranges = parts.map((part) => part.status)
saw.joined = Buffer.concat(parts.map((part) => part.bytes)).equals(big)
saw.whole = (await download(bigId)).bytes.equals(big)

// A new revision leaves the old one readable.
const before = (await drive.files.get({ fileId: bigId, fields: 'headRevisionId' })).data.headRevisionId
await drive.files.update({ fileId: bigId, media: { mimeType: 'application/octet-stream', body: Readable.from([small]) } }, here)
const old = await drive.revisions.get({ fileId: bigId, revisionId: before, alt: 'media' }, { responseType: 'arraybuffer' })
saw.pinned = Buffer.from(old.data).equals(big)
saw.revisions = (await drive.revisions.list({ fileId: bigId, fields: 'revisions(id,size)' })).data.revisions.map((each) => each.size)

// Names with what has to be escaped are found; pages are followed.
const q = `name = '${folder.name.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}' and 'root' in parents and trashed = false`
saw.found = (await drive.files.list({ q, fields: 'files(id)' })).data.files.map((file) => file.id === folderId)
for (let each = 0; each < 5; each++) await drive.files.create({ requestBody: { name: 'twin', parents: [folderId] } })
const names = []
for (let pageToken; ;) {
  const page = await drive.files.list({
    q: `'${folderId}' in parents`, pageSize: 3, orderBy: 'name', fields: 'nextPageToken,incompleteSearch,files(id,name)', pageToken,
  })
  names.push(...page.data.files.map((file) => file.name))
  pageToken = page.data.nextPageToken
  if (!pageToken) break
}
saw.names = names

// Copy, move, trash, delete, and how the feed tells it.
const copy = await drive.files.copy({ fileId: created.data.id, requestBody: { name: 'copy.txt' } })
const moved = await drive.files.update({ fileId: copy.data.id, addParents: 'root', removeParents: folderId, fields: 'parents' })
saw.moved = moved.data.parents.length === 1 && moved.data.parents[0] !== folderId
await drive.files.update({ fileId: created.data.id, requestBody: { trashed: true } })
await drive.files.delete({ fileId: copy.data.id })
saw.gone = await drive.files.get({ fileId: copy.data.id }, { retry: false }).then(() => 'there', (error) => error.status ?? error.code)
const changes = []
for (let pageToken = start; pageToken;) {
  const page = await drive.changes.list({
    pageToken, pageSize: 4, fields: 'nextPageToken,newStartPageToken,changes(fileId,removed,file(name,trashed))',
  })
  changes.push(...page.data.changes)
  saw.next = page.data.newStartPageToken
  pageToken = page.data.nextPageToken
}
const change = (id) => changes.find((each) => each.fileId === id)
saw.changes = [change(copy.data.id).removed, change(created.data.id).file.trashed, change(bigId).file.name]
saw.quiet = (await drive.changes.list({ pageToken: saw.next })).data.changes.length
delete saw.next

process.stdout.write(`${JSON.stringify(saw)}\n`)
