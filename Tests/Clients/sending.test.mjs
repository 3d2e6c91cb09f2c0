// How the upload engine meets pauses, cancels, lost answers, files that change and workers that hang.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Hasher } from '../../Api/wwwroot/client/hasher.js'
import { Uploader } from '../../Api/wwwroot/client/uploader.js'

/** A session of one chunk that answers from `routes` ("METHOD path end"), else as an open session. */
function uploadTo(context, routes, log = []) {
  context.mock.method(globalThis, 'fetch', async (url, { method = 'GET', signal }) => {
    const { pathname } = new URL(url)
    log.push(`${method} ${pathname}`)
    const own = Object.entries(routes).find(([name]) => `${method} ${pathname}`.endsWith(name))
    const [status, body, headers] = own ? await own[1](signal)
      : [200, { id: 's1', state: 'open', missing: [{ offset: 0, length: 100 }] }]
    return new Response(method === 'HEAD' ? null : JSON.stringify(body), {
      status, headers: { 'Content-Type': 'application/json', ...headers }
    })
  })
  const file = Object.assign(new Blob([randomBytes(100)]), { name: 'file.bin', lastModified: 1 })
  return new Uploader({ base: 'http://service.example/', smallFile: 0 }).add([{ file, path: 'file.bin' }])
}

const until = (upload, states) => new Promise((resolve) => {
  const look = () => states.includes(upload.state) && resolve()
  upload.on('change', look)
  look()
})

for (const [state, shown] of [['paused', 'paused'], ['cancelled', 'cancelled'], ['expired', 'failed']]) {
  test(`a session that is ${state} elsewhere while it completes is not done`, async (context) => {
    const [upload] = await uploadTo(context, {
      '/complete': () => [409, { code: 'missing_ranges', retryable: false }], 'GET /api/sessions/s1': () => [200, { id: 's1', state }]
    })
    await until(upload, ['done', 'paused', 'cancelled', 'failed'])
    assert.equal(upload.state, shown)
    context.mock.restoreAll()
  })
}

test('a pause that is still on its way does not end the upload that goes on', async (context) => {
  const log = []
  let arrive
  const [upload] = await uploadTo(context, {
    '/chunks/0': (signal) => (log.includes('POST /api/sessions/s1/pause') ? [201, {}]
      : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))),
    '/pause': () => new Promise((resolve) => { arrive = () => resolve([200, {}]) }),
    '/complete': () => [200, { id: 's1', state: 'completed' }], '/api/files/s1': () => [200, { sha256: 'x', places: ['file.bin'] }]
  }, log)
  while (!log.includes('PUT /api/sessions/s1/chunks/0')) await new Promise((resolve) => setTimeout(resolve, 5))
  const paused = upload.pause()
  while (!arrive) await new Promise((resolve) => setTimeout(resolve, 5))
  upload.resume()
  const before = log.length
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(log.length, before, 'nothing is asked before the pause has arrived')
  arrive()
  await paused
  await until(upload, ['done', 'paused', 'failed'])
  assert.equal(upload.state, 'done')
  context.mock.restoreAll()
})

test('an upload that is cancelled while its session is created leaves no session', async (context) => {
  const log = []
  let answer
  const [upload] = await uploadTo(context, {
    'POST /api/sessions': (signal) => new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason))
      answer = () => resolve([201, { id: 's1', state: 'open', missing: [] }])
    })
  }, log)
  while (!answer) await new Promise((resolve) => setTimeout(resolve, 1))
  const cancelled = upload.cancel()
  answer()
  await cancelled
  assert.deepEqual(log, ['POST /api/sessions', 'DELETE /api/sessions/s1'])
  context.mock.restoreAll()
})

test('an upload whose digest never ends can be cancelled', async (context) => {
  const [upload] = await uploadTo(context, { 'GET /api/sessions/s1': () => [200, { id: 's1', state: 'open' }] })
  upload.file.slice = () => ({ size: 100, arrayBuffer: () => new Promise(() => {}) })
  while (upload.running.size === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  await upload.cancel()
  assert.equal(upload.active, false)
  assert.deepEqual(upload.uploader.uploads, [])
  context.mock.restoreAll()
})

test('a chunk whose answer was lost is shown as safe once the service says that it has it', async (context) => {
  let end
  const [upload] = await uploadTo(context, {
    'PUT /api/sessions/s1/chunks/0': () => { throw new TypeError('lost') },
    'HEAD /api/sessions/s1/chunks/0': () => [200, null, { 'Upload-Offset': '100', 'Upload-Length': '100' }],
    '/complete': () => new Promise((resolve) => { end = () => resolve([200, { id: 's1', state: 'completed' }]) }),
    '/api/files/s1': () => [200, { sha256: 'x', places: ['file.bin'] }]
  })
  while (!end) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual([upload.state, upload.safe.total], ['verifying', 100])
  end()
  await until(upload, ['done'])
  context.mock.restoreAll()
})

test('a file that changes while a chunk is repeated has changed, and is not taken for a broken connection', async (context) => {
  let isChanged = false
  const [upload] = await uploadTo(context, { '/chunks/0': () => { isChanged = true; throw new TypeError('cut') } })
  const content = new Uint8Array(100)
  const part = Object.assign(new Blob([content]), {
    slice: () => part,
    // As browsers answer for a file that has another time or size than when it was chosen.
    arrayBuffer: async () => { if (isChanged) throw new DOMException('It was changed.', 'NotReadableError'); return content.buffer }
  })
  upload.file.slice = () => part
  await until(upload, ['failed', 'offline', 'done'])
  assert.deepEqual([upload.state, upload.error.name, upload.error.cause.name], ['failed', 'FileChanged', 'NotReadableError'])
  context.mock.restoreAll()
})

/** Runs `work` where `Worker` starts workers, as in a page. */
async function inPage(Worker, work) {
  Object.assign(globalThis, { Worker, document: {} })
  try { await work(new Hasher()) } finally {
    delete globalThis.Worker
    delete globalThis.document
  }
}

const content = randomBytes(1000)
const digest = createHash('sha256').update(content).digest('hex')

test('a worker that hangs is ended after two minutes, and the page hashes what it had', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const ended = []
  class Hanging {
    postMessage() {}
    terminate() { ended.push(this) }
  }
  await inPage(Hanging, async (hasher) => {
    let found = null
    const hashing = hasher.digest(new Blob([content])).then((its) => { found = its })
    context.mock.timers.tick(119_999)
    await new Promise(setImmediate)
    assert.deepEqual([ended.length, found], [0, null])
    context.mock.timers.tick(1)
    await hashing
    assert.deepEqual([ended.length, found], [1, digest])
  })
})

test('a page that may start no worker hashes in its own thread', () => inPage(class {
  constructor() { throw new DOMException('It is of another origin.', 'SecurityError') }
}, async (hasher) => assert.equal(await hasher.digest(new Blob([content])), digest)))
