// How the upload engine meets pauses, cancels, lost answers, files that change and workers that hang.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { walkHandle } from '../../Api/wwwroot/client/drop.js'
import { persist } from '../../Api/wwwroot/client/attempt.js'
import { Broken } from '../../Api/wwwroot/client/http.js'
import { Upload } from '../../Api/wwwroot/client/upload.js'
import { Hasher } from '../../Api/wwwroot/client/hasher.js'
import { Ranges } from '../../Api/wwwroot/client/ranges.js'
import { Uploader } from '../../Api/wwwroot/client/uploader.js'

const content = randomBytes(100)
const digest = createHash('sha256').update(content).digest('hex')

/** A session of one chunk that answers from `routes` ("METHOD path end"), else as an open session. */
function uploadTo(context, routes, { log = [], smallFile = 0 } = {}) {
  context.mock.method(globalThis, 'fetch', async (url, { method = 'GET', signal }) => {
    const { pathname, search } = new URL(url)
    log.push(`${method} ${pathname}`)
    const own = Object.entries(routes).find(([name]) => `${method} ${pathname}`.endsWith(name))
    const [status, body, headers] = own ? await own[1](signal, search)
      : [200, { id: 's1', state: 'open', missing: [{ offset: 0, length: 100 }] }]
    return new Response(method === 'HEAD' ? null : JSON.stringify(body), {
      status, headers: { 'Content-Type': 'application/json', ...headers }
    })
  })
  const file = Object.assign(new Blob([content]), { name: 'file.bin', lastModified: 1 })
  return new Uploader({ base: 'http://service.example/', smallFile }).add([{ file, path: 'file.bin' }])
}

const until = (upload, states) => new Promise((resolve, reject) => {
  const patience = setTimeout(() => reject(new Error(`It is ${upload.state}.`)), 10_000)
  const look = () => { if (states.includes(upload.state)) { clearTimeout(patience); resolve() } }
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

test('requests that break together are one try', async () => {
  const waiting = []
  let broken = 0
  const uploader = new Uploader({ base: 'http://service.example/' })
  const upload = new Upload(uploader, { id: 'u1', name: 'a', path: 'a', size: 100 }, null)
  uploader.alarm.wait = () => new Promise((resolve) => waiting.push(resolve))
  const signal = new AbortController().signal
  let answer = false
  const lanes = Array.from({ length: 4 }, () => persist(upload, signal, async () => {
    if (answer) return
    broken++
    throw new Broken('It broke.')
  }))
  const round = async (count) => {
    while (broken < count) await new Promise((resolve) => setTimeout(resolve, 1))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await round(4)
  assert.equal(upload.failures, 1)
  waiting.splice(0).forEach((wake) => wake())
  await round(8)
  assert.equal(upload.failures, 2)
  upload.received(0, 10)
  assert.equal(upload.failures, 0)
  waiting.splice(0).forEach((wake) => wake())
  await round(12)
  assert.equal(upload.failures, 3)
  answer = true
  waiting.splice(0).forEach((wake) => wake())
  await Promise.all(lanes)
})

test('a pause that is still on its way does not end the upload that goes on', async (context) => {
  const log = []
  let arrive
  const [upload] = await uploadTo(context, {
    '/chunks/0': (signal) => (log.includes('POST /api/sessions/s1/pause') ? [201, {}]
      : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))),
    '/pause': () => new Promise((resolve) => { arrive = () => resolve([200, {}]) }),
    '/complete': () => [200, { id: 's1', state: 'completed' }], '/api/files/s1': () => [200, { sha256: 'x', places: ['file.bin'] }]
  }, { log })
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
  }, { log })
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

const place = (name) => ({ name, size: content.length, sha256: digest, fileId: 'f1', path: `${name}` })

test('a small file whose request succeeded without an answer is not sent again, whatever its name', async (context) => {
  for (const broken of [() => { throw new TypeError('lost') }, () => [503, { code: 'storage_degraded', retryable: true }]]) {
    const log = []
    const asked = []
    const [upload] = await uploadTo(context, {
      'PUT /api/tree/file.bin': (_, search) => {
        asked.push(new URLSearchParams(search).get('conflict'))
        return asked.length > 1 ? [201, place('file (2).bin')] : broken()
      },
      'GET /api/tree/file.bin': () => [200, place('file.bin')], '/api/files/f1': () => [200, { sha256: digest, places: ['file.bin'] }]
    }, { log, smallFile: 1000 })
    await until(upload, ['done', 'failed'])
    assert.deepEqual([upload.state, upload.result.path], ['done', 'file.bin'])
    assert.ok(!log.includes('POST /api/sessions'))
    assert.deepEqual(asked, ['rename'])
    context.mock.restoreAll()
  }
})

test('a small file whose answer was lost and whose name another file has is sent by a session', async (context) => {
  for (const seen of [() => [200, { ...place('file.bin'), sha256: 'other' }], () => [403, { code: 'not_permitted', retryable: false }]]) {
    const log = []
    const [upload] = await uploadTo(context, {
      'PUT /api/tree/file.bin': () => { throw new TypeError('lost') }, 'GET /api/tree/file.bin': seen,
      '/chunks/0': () => [201, {}], '/complete': () => [200, { id: 's1', state: 'completed' }],
      '/api/files/s1': () => [200, { sha256: digest, places: ['file (2).bin'] }]
    }, { log, smallFile: 1000 })
    await until(upload, ['done', 'failed'])
    assert.deepEqual([upload.state, upload.result?.path], ['done', 'file (2).bin'])
    assert.equal(log.filter((line) => line === 'PUT /api/tree/file.bin').length, 1)
    context.mock.restoreAll()
  }
})

test('a small file that a proxy finds too large is sent in chunks', async (context) => {
  const [upload] = await uploadTo(context, {
    'PUT /api/tree/file.bin': () => [413, null], 'GET /api/tree/file.bin': () => [404, { code: 'not_found' }], '/chunks/0': () => [201, {}],
    '/complete': () => [200, { id: 's1', state: 'completed' }], '/api/files/s1': () => [200, { sha256: digest, places: ['file.bin'] }]
  }, { smallFile: 1000 })
  await until(upload, ['done', 'failed'])
  assert.deepEqual([upload.state, upload.uploader.smallFile], ['done', 99])
  context.mock.restoreAll()
})

test('no chunk is larger than the largest that was advised', async (context) => {
  const advised = 128 << 10
  const sizes = []
  const length = 7 * advised + 1000
  for (let offset = 0; offset < length; offset += 64_000) {
    const [upload] = await uploadTo(context, {
      'POST /api/sessions': () => [201, { id: 's1', state: 'open', missing: [{ offset, length: length - offset }], advice: {
        chunkSize: advised, concurrency: 4, retryDelayMs: [0, 1], stallTimeoutMs: 1000, why: { limitedBy: 'remaining' } } }],
      PUT: () => [201, {}]
    })
    upload.size = length
    upload.file.slice = (from, to) => { sizes.push(to - from); return new Blob([content]) }
    upload.uploader.maxRequests = 1
    await until(upload, ['verifying', 'failed'])
    assert.equal(upload.state, 'verifying')
    upload.cancel()
    context.mock.restoreAll()
  }
  assert.equal(Math.max(...sizes), advised)
})

for (const size of [1 << 20, (128 << 10) + 1]) {
  test(`the engine sends smaller chunks once a proxy refuses one (${size} bytes)`, async (context) => {
    const limit = 100 << 10
    const safe = []
    const missing = () => {
      const ranges = new Ranges([{ offset: 0, length: size }])
      for (const { offset, length } of safe) ranges.remove(offset, length)
      return ranges.items
    }
    const [upload] = await uploadTo(context, {
      '/api/sessions': () => [201, { id: 's1', state: 'open', missing: missing() }],
      'GET /api/sessions/s1': () => [200, { id: 's1', state: 'open', missing: missing() }],
      '/complete': () => (missing().length > 0 ? [409, { code: 'missing_ranges', retryable: false }]
        : [200, { id: 's1', state: 'completed' }]),
      '/api/files/s1': () => [200, { sha256: 'x', places: ['file.bin'] }], 'HEAD ': () => [404, null, { 'X-Error-Code': 'no_such_chunk' }]
    })
    const request = globalThis.fetch
    context.mock.method(globalThis, 'fetch', async (url, options) => {
      if (options.method !== 'PUT') return request(url, options)
      const { size: length } = options.body
      if (length > limit) return new Response('<html>413 Request Entity Too Large', { status: 413 })
      safe.push({ offset: Number(url.split('/').pop()), length })
      return new Response('{}', { status: 201, headers: { 'Content-Type': 'application/json' } })
    })
    const whole = new Blob([new Uint8Array(size)])
    upload.size = size
    upload.file.slice = (from, to) => whole.slice(from, to)
    await until(upload, ['done', 'failed'])
    assert.deepEqual([upload.state, missing()], ['done', []])
    assert.ok(upload.uploader.limit <= limit)
    context.mock.restoreAll()
  })
}

test('a small file of which nothing is kept is begun anew after a reload, in chunks of the advised size', async (context) => {
  const [upload] = await uploadTo(context, { 'PUT /api/tree/file.bin': () => new Promise(() => {}) }, { smallFile: 1000 })
  while (!upload.tried) await new Promise((resolve) => setTimeout(resolve, 1))
  const [record] = await upload.uploader.memory.all()
  assert.deepEqual([record.tried, record.begun], [true, []])
  context.mock.restoreAll()
})

test('a pause during a request that breaks is a pause', async (context) => {
  let end
  const [upload] = await uploadTo(context, {
    'POST /api/sessions': () => new Promise((_, reject) => { end = () => reject(new TypeError()) })
  })
  while (!end) await new Promise((resolve) => setTimeout(resolve, 1))
  const paused = upload.pause()
  end()
  await paused
  assert.deepEqual([upload.state, upload.active], ['paused', false])
  context.mock.restoreAll()
})

test('a page of a proxy is no answer, and its 404 does not end a session', async (context) => {
  let answers = 0
  const [upload] = await uploadTo(context, {
    '/chunks/0': () => { throw new TypeError('cut') },
    'HEAD /api/sessions/s1/chunks/0': () => [404, null, { 'X-Error-Code': 'no_such_chunk' }]
  })
  const request = globalThis.fetch
  context.mock.method(globalThis, 'fetch', async (url, options) => {
    if (!url.endsWith('/api/sessions/s1')) return request(url, options)
    return ++answers < 3 ? new Response('<html>Sign in to the hotel', { headers: { 'Content-Type': 'text/html' } })
      : new Response('404 page not found', { status: 404 })
  })
  await until(upload, ['offline'])
  await upload.pause()
  upload.resume()
  await until(upload, ['failed'])
  assert.deepEqual([answers, upload.error.code, upload.session], [3, 'http_404', 's1'])
  context.mock.restoreAll()
})

test('what has expired on the way is sent anew', async (context) => {
  const log = []
  const [upload] = await uploadTo(context, {
    '/chunks/0': () => (log.indexOf('POST /api/sessions') === log.lastIndexOf('POST /api/sessions')
      ? [410, { code: 'expired', retryable: false }] : [201, {}]),
    '/complete': () => [200, { id: 's1', state: 'completed' }], '/api/files/s1': () => [200, { sha256: digest, places: ['file.bin'] }]
  }, { log })
  await until(upload, ['done', 'failed'])
  assert.deepEqual([upload.state, upload.restarts], ['done', 1])
  context.mock.restoreAll()
})

for (const code of ['cancelled', 'failed']) {
  test(`a file that is ${code} while it is checked is not done`, async (context) => {
    const [upload] = await uploadTo(context, {
      '/chunks/0': () => [201, {}], '/complete': () => [202, { id: 's1', state: 'checking' }],
      '/api/files/s1': () => [410, { code, retryable: false }]
    })
    await until(upload, ['done', 'cancelled', 'failed'])
    assert.equal(upload.state, code)
    context.mock.restoreAll()
  })
}

test('a file that is chosen again is compared with every chunk that is safe', async (context) => {
  const whole = randomBytes(3000)
  const chunks = [0, 1000, 2000].map((offset) => ({
    offset, length: 1000, sha256: createHash('sha256').update(whole.subarray(offset, offset + 1000)).digest('hex')
  }))
  const [upload] = await uploadTo(context, {
    '/chunks': (_, search) => (search.includes('cursor=next') ? [200, { items: [chunks[2]], nextCursor: null }]
      : [200, { items: chunks.slice(0, 2), nextCursor: 'next' }])
  })
  await upload.pause()
  Object.assign(upload, { session: 's1', size: 3000 })
  for (const at of [-1, 500, 1500, 2500]) {
    const bytes = Buffer.from(whole)
    if (at >= 0) bytes[at] ^= 1
    const file = Object.assign(new Blob([bytes]), { name: 'file.bin', lastModified: 2 })
    assert.equal(await upload.choose(file), at < 0)
    upload.lastModified = 1
  }
  upload.uploader.protocol = 'tus'
  assert.equal(await upload.choose(Object.assign(new Blob([whole]), { name: 'file.bin', lastModified: 2 })), false)
  context.mock.restoreAll()
})

test('a time that the service cannot keep is not sent', async (context) => {
  const [upload] = await uploadTo(context, {})
  for (const [time, sent] of [[1e12, '1000000000'], [-11_644_473_600_000, undefined], [253_402_300_799_000, undefined], [0, undefined]]) {
    upload.lastModified = time
    assert.equal(upload.modifiedAt, sent)
  }
  await upload.cancel()
  context.mock.restoreAll()
})

test('reading a folder names the entries that cannot be read and returns all others', async () => {
  const fileOf = (name) => ({ kind: 'file', name, getFile: async () => new Blob([name]) })
  const gone = { kind: 'file', name: 'gone', getFile: async () => { throw new DOMException('', 'NotFoundError') } }
  const folderOf = (name, children) => ({ kind: 'directory', name, async * values() { yield * children } })
  const locked = { kind: 'directory', name: 'locked', async * values() { throw new DOMException('', 'NotAllowedError') } }
  const { files, folders, unread } = await walkHandle(folderOf('top', [
    fileOf('a'), gone, locked, folderOf('sub', [gone, fileOf('b')]), folderOf('empty', []), fileOf('c')]))
  assert.deepEqual(files.map(({ path }) => path), ['top/a', 'top/sub/b', 'top/c'])
  assert.deepEqual([folders, unread], [['top/empty'], ['top/gone', 'top/locked', 'top/sub/gone']])
})

/** Runs `work` where `Worker` starts workers, as in a page. */
async function inPage(Worker, work) {
  Object.assign(globalThis, { Worker, document: {} })
  try { await work(new Hasher()) } finally {
    for (const name of ['Worker', 'document']) delete globalThis[name]
  }
}

test('a worker that hangs is ended after two minutes, and the page hashes what it had', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const ended = []
  class Hanging { postMessage() {} terminate() { ended.push(this) } }
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
