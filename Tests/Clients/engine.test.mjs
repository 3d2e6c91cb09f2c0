// The parts of the upload engine and the console that need no browser: node --test engine.test.mjs
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Ranges } from '../../Api/wwwroot/client/ranges.js'
import { Alarm, Backoff, Slots } from '../../Api/wwwroot/client/retry.js'
import { Sha256 } from '../../Api/wwwroot/client/sha256.js'
import { Uploader } from '../../Api/wwwroot/client/uploader.js'
import { cellsOf, cellsOfSum } from '../../Api/wwwroot/console/parts/cells.js'
import * as format from '../../Api/wwwroot/console/format.js'

const client = new URL('../../Api/wwwroot/client/', import.meta.url)

// Comments are not counted: types are comments, and the packed pages contain none.
const codeOf = (text) => text.replace(/^[ \t]*(?:\/\/|\/\*\*|\*).*\n/gm, '').replace(/\/\*\* .*? \*\/ ?/g, '')

// index.js and the worker, and the modules that they load; events.js is loaded by pages that listen to events.
test('the code of the engine has at most 11 KiB, compressed', () => {
  const sources = new Map()
  const load = (name) => {
    if (sources.has(name)) return
    const text = readFileSync(new URL(name, client), 'utf8')
    sources.set(name, text)
    for (const [, path] of text.matchAll(/from '\.\/([^']+)'/g)) load(path)
  }
  load('index.js')
  load('hash-worker.js')
  assert.ok(sources.size > 12, `${sources.size} files`)
  const size = gzipSync([...sources.values()].map(codeOf).join(''), { level: 9 }).length
  assert.ok(size <= 11 << 10, `${size} bytes`)
})

// FirstScreenTests measures what browsers load of the packed console.
test('the code of the first screen of the console has at most 48.3 KiB, compressed', () => {
  const console = new URL('../../Api/wwwroot/console/', import.meta.url)
  const seen = new Set()
  let size = 0
  const load = (url) => {
    if (seen.has(url.href)) return
    seen.add(url.href)
    const text = readFileSync(url)
    const isScript = /\.js$/.test(url.pathname)
    size += gzipSync(isScript ? codeOf(text.toString()) : text, { level: 9 }).length
    const own = isScript ? text.toString().matchAll(/^(?:import|export) [^;]*?from '(\.[^']+)'/gms)
      : text.toString().matchAll(/(?:src|href)="((?!\.\.\/start)[^"#]+\.(?:js|css|svg))"/g)
    for (const [, path] of own) load(new URL(path, url))
  }
  load(new URL('index.html', console))
  load(new URL('upload/screen.js', console))
  load(new URL('hash-worker.js', client))
  assert.ok(seen.size > 25, `${seen.size} files`)
  assert.ok(size <= 48.3 * 1024, `${size} bytes`)
})

test('SHA-256 in JavaScript equals that of the system, however the bytes are cut', () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 1 << 20]) {
    const bytes = randomBytes(length)
    const hash = new Sha256()
    for (let at = 0; at < length;) {
      const part = 1 + Math.floor(Math.random() * 200_000)
      hash.add(bytes.subarray(at, at + part))
      at += part
    }
    assert.equal(hash.end(), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`)
  }
})

test('ranges do what a set of numbers does', () => {
  const size = 60
  for (let round = 0; round < 300; round++) {
    const ranges = new Ranges()
    const set = new Set()
    for (let step = 0; step < 20; step++) {
      const offset = Math.floor(Math.random() * size)
      const length = Math.floor(Math.random() * (size - offset))
      const remove = Math.random() < 0.3
      if (remove) ranges.remove(offset, length)
      else ranges.add(offset, length)
      for (let i = offset; i < offset + length; i++) {
        if (remove) set.delete(i)
        else set.add(i)
      }
      assert.equal(ranges.total, set.size)
      const from = Math.floor(Math.random() * size)
      const count = Math.floor(Math.random() * (size - from))
      const inside = [...set].filter((i) => i >= from && i < from + count).length
      assert.equal(ranges.within(from, count), inside)
      for (let i = 1; i < ranges.items.length; i++) {
        assert.ok(ranges.items[i - 1].offset + ranges.items[i - 1].length < ranges.items[i].offset, 'sorted, disjoint and merged')
      }
    }
  }
})

test('waits lie within the advised delay, double, end at eight seconds, and are never shorter than asked for', () => {
  const low = new Backoff(() => ({ retryDelayMs: [100, 200] }), () => 0)
  const high = new Backoff(() => ({ retryDelayMs: [100, 200] }), () => 1)
  assert.deepEqual([low.next(), low.next(), low.next()], [100, 200, 400])
  assert.deepEqual([high.next(), high.next(), high.next()], [200, 400, 800])
  for (let i = 0; i < 20; i++) high.next()
  assert.equal(high.next(), 8000)
  assert.equal(low.next({ retryAfterMs: 30_000 }), 30_000)
})

test('a wait ends when it is woken, and fails when it is given up', async () => {
  const alarm = new Alarm()
  const stop = new AbortController()
  const waiting = alarm.wait(Infinity, stop.signal)
  alarm.wake()
  await waiting
  const given = alarm.wait(Infinity, stop.signal)
  stop.abort()
  await assert.rejects(given, { name: 'AbortError' })
})

test('slots go to the upload that was added first, and come back after a failure', async () => {
  const slots = new Slots(1)
  const { signal } = new AbortController()
  const order = []
  let release
  const first = slots.run(0, signal, () => new Promise((resolve) => { release = resolve }))
  const others = [3, 1, 2].map((rank) => slots.run(rank, signal, async () => {
    order.push(rank)
    if (rank === 1) throw new Error('broken')
  }).catch(() => {}))
  await Promise.resolve()
  release()
  await Promise.all([first, ...others])
  assert.deepEqual(order, [1, 2, 3])
})

test('sizes are never rounded up, and a part has the unit of its whole', () => {
  assert.equal(format.bytes(999), '999\u00a0B')
  assert.equal(format.speed(1013 * 1024), '0.98\u00a0MiB/s')
  assert.equal(format.bytes(1024), '1.00\u00a0KiB')
  assert.equal(format.bytes(12.4 * 2 ** 30), '12.4\u00a0GiB')
  assert.equal(format.bytes(2 ** 30 - 1), '0.99\u00a0GiB')
  assert.equal(format.bytesOf(5 * 2 ** 20, 2 ** 40), '5.00\u00a0MiB of\u00a01.00\u00a0TiB')
  assert.equal(format.bytesOf(7.319 * 2 ** 30, 12.4 * 2 ** 30), '7.31 of\u00a012.4\u00a0GiB')
  assert.equal(format.percent(999, 1000), '99\u00a0%')
  assert.equal(format.speedBeside(262 * 1024, 120 * 1024), '262')
  assert.equal(format.speedBeside(1.5 * 2 ** 20, 154 * 1024), '1.50\u00a0MiB/s')
})

test('control and direction characters of a name are shown', () => {
  assert.equal(format.visible('a\u202Eb\nc'), 'a\\u{202E}b\\u{000A}c')
  assert.deepEqual(format.halves('short.txt'), ['short.txt', ''])
  assert.equal(format.halves('a-rather-long-name-of-a-file.mov').join(''), 'a-rather-long-name-of-a-file.mov')
})

test('a cell is safe only if all of it is', () => {
  const upload = { size: 1000, state: 'uploading', safe: new Ranges([{ offset: 0, length: 399 }]), running: new Map() }
  upload.running.set(399, { offset: 399, length: 300, sent: 150, kept: 0, tries: 0 })
  assert.deepEqual(cellsOf(upload, 5), ['safe', 'way', 'way', 'waiting', 'waiting'])
  upload.running.get(399).tries = 1
  assert.deepEqual(cellsOf(upload, 5).slice(0, 2), ['safe', 'again'])
  assert.deepEqual(cellsOf({ ...upload, state: 'failed' }, 5)[1], 'failed')
  assert.deepEqual(cellsOfSum(999, 1000, 1000, 4), ['safe', 'safe', 'safe', 'way'])
})

/** A service that breaks as it likes, and keeps what came of a chunk. */
function brokenService(size, random) {
  const safe = new Ranges()
  const kept = new Map()
  const bytes = new Uint8Array(size)
  const log = []
  const json = (status, body, headers = {}) =>
    new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } })
  const advice = () => ({ chunkSize: 128 << 10, concurrency: 3, retryDelayMs: [0, 1], stallTimeoutMs: 1000 })
  const missing = () => {
    const ranges = new Ranges([{ offset: 0, length: size }])
    for (const { offset, length } of safe.items) ranges.remove(offset, length)
    return ranges.items
  }
  const view = () => ({ id: 's1', state: 'open', missing: missing(), advice: advice() })
  const fetch = async (url, { method = 'GET', body, headers = {} } = {}) => {
    const path = new URL(url).pathname
    log.push(`${method} ${path}`)
    const luck = random()
    if (luck < 0.1) throw new TypeError('network')
    if (luck < 0.15) return json(503, { code: 'storage_degraded', retryable: true, retryAfterMs: 1, detail: 'later' })
    if (path === '/api/sessions') return json(201, view())
    if (path === '/api/sessions/s1' && method === 'GET') return json(200, view())
    if (path.endsWith('/complete')) {
      return safe.total === size ? json(200, { id: 's1', state: 'completed', sha256: 'x' })
        : json(409, { code: 'missing_ranges', retryable: false })
    }
    if (path.startsWith('/api/files/')) return json(200, { sha256: 'x', places: ['to/file.bin'] })
    const offset = Number(path.split('/').pop())
    const mine = kept.get(offset) ?? 0
    if (method === 'HEAD') {
      return mine > 0 ? new Response(null, { headers: { 'Upload-Offset': String(mine) } })
        : new Response(null, { status: 404, headers: { 'X-Error-Code': 'no_such_chunk' } })
    }
    const content = new Uint8Array(await body.arrayBuffer())
    const range = /bytes (\d+)-(\d+)/.exec(headers['Content-Range'] ?? '')
    const from = range ? Number(range[1]) : offset
    assert.equal(from, offset + (range ? mine : 0), 'it goes on behind what is kept')
    const cut = random() < 0.3 ? Math.floor(random() * content.length) : content.length
    bytes.set(content.subarray(0, cut), from)
    if (cut < content.length) {
      kept.set(offset, from - offset + cut)
      throw new TypeError('cut')
    }
    const length = from - offset + content.length
    const digest = createHash('sha256').update(bytes.subarray(offset, offset + length)).digest('hex')
    assert.equal(headers['X-Chunk-SHA256'], digest, 'the digest is that of the whole chunk')
    safe.add(offset, length)
    kept.delete(offset)
    // The answer may be lost although the chunk is there.
    if (random() < 0.1) { kept.set(offset, length); throw new TypeError('lost') }
    return json(201, { offset, length, advice: advice() })
  }
  return { fetch, bytes, log }
}

test('whatever breaks, the file arrives whole', async (context) => {
  for (let seed = 1; seed <= 10; seed++) {
    let state = seed
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647
    const content = randomBytes(1_500_000 + seed)
    const service = brokenService(content.length, random)
    context.mock.method(globalThis, 'fetch', service.fetch)
    const uploader = new Uploader({ base: 'http://service.example/', smallFile: 0 })
    const file = Object.assign(new Blob([content]), { name: 'file.bin', lastModified: 1 })
    const [upload] = await uploader.add([{ file, path: 'file.bin' }], { folder: 'to' })
    await new Promise((resolve, reject) => upload.on('change', () => {
      if (upload.state === 'done') resolve()
      if (upload.state === 'failed') reject(upload.error)
    }))
    assert.deepEqual(Buffer.from(service.bytes), content)
    assert.equal(upload.result.path, 'to/file.bin')
    assert.equal(upload.safe.total, content.length)
    context.mock.restoreAll()
  }
})

/** A service whose checker needs three looks; in one request, or in chunks. */
function checkedService(verdict) {
  const log = []
  let looks = 0
  const json = (status, body) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
  const fetch = async (url, { method = 'GET', body }) => {
    const { pathname } = new URL(url)
    log.push(`${method} ${pathname}`)
    if (pathname.startsWith('/api/tree/')) return json(202, { id: 'f1', state: 'checking' })
    if (pathname === '/api/sessions') return json(201, { id: 'f1', state: 'open', missing: [{ offset: 0, length: 100 }] })
    if (pathname.includes('/chunks/')) return json(201, { offset: 0, length: (await body.arrayBuffer()).byteLength })
    if (pathname.endsWith('/complete')) return json(202, { id: 'f1', state: 'checking' })
    if (++looks < 3) return json(409, { code: 'being_checked', retryable: true, retryAfterMs: 60_000 })
    return verdict === 'accept' ? json(200, { sha256: 'x', places: ['to/file.bin'], state: null })
      : json(410, { code: 'refused_by_check', retryable: false, detail: 'The file was refused.' })
  }
  return { fetch, log }
}

for (const smallFile of [0, 1000]) {
  for (const verdict of ['accept', 'refuse']) {
    test(`a file is not done before its check is (${smallFile ? 'one request' : 'chunks'}, ${verdict})`, async (context) => {
      context.mock.method(globalThis, 'fetch', checkedService(verdict).fetch)
      const uploader = new Uploader({ base: 'http://service.example/', smallFile })
      const file = Object.assign(new Blob([randomBytes(100)]), { name: 'file.bin', lastModified: 1 })
      const states = []
      const [upload] = await uploader.add([{ file, path: 'file.bin' }], { folder: 'to' })
      await new Promise((resolve) => upload.on('change', () => {
        if (states.at(-1) !== upload.state) states.push(upload.state)
        if (upload.state === 'checking') uploader.wake()
        if (['done', 'failed'].includes(upload.state)) resolve()
      }))
      assert.deepEqual(states.slice(-2), ['checking', verdict === 'accept' ? 'done' : 'failed'])
      assert.equal(verdict === 'accept' ? upload.result.path : upload.error.code, verdict === 'accept' ? 'to/file.bin' : 'refused_by_check')
    })
  }
}

test('every text that a module names is there', async () => {
  const console = new URL('../../Api/wwwroot/console/', import.meta.url)
  const missing = []
  for (const name of readdirSync(console, { recursive: true }).filter((file) => file.endsWith('.js'))) {
    const source = readFileSync(new URL(name, console), 'utf8')
    const from = source.match(/import \{ t \} from '(\.[^']+)'/)
    if (!from) continue
    const { t } = await import(new URL(from[1], new URL(name, console)))
    for (const [, path] of source.matchAll(/(?<![\w.$])t\.([a-zA-Z]+(?:\.[a-zA-Z]+)*)/g)) {
      let text = t
      for (const part of path.split('.')) {
        if (text === undefined || typeof text === 'string' || typeof text === 'function') break
        text = text[part]
      }
      if (text === undefined) missing.push(`${name}: t.${path}`)
    }
  }
  assert.deepEqual(missing, [])
})

// Names of keys, of headers, of days in a timetable, of programs, and of errors.
const NO_TEXT = ['Enter', 'Escape', 'Home', 'End', 'Link', 'Date', 'Files', 'Unfiled', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun',
  'Edge', 'Firefox', 'Chrome', 'Safari', 'Android', 'Windows', 'Linux']

test('every text that a person reads lies in the folder of texts', () => {
  const console = new URL('../../Api/wwwroot/console/', import.meta.url)
  const elsewhere = []
  for (const name of readdirSync(console, { recursive: true })) {
    if (!name.endsWith('.js') || name.startsWith('texts/') || name === 'format.js') continue
    const source = readFileSync(new URL(name, console), 'utf8').replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/(?<=^|\s)\/\/ .*$/gm, '')
      // What a program says to a program.
      .replaceAll(/new \w*Error\([^)]*\)/g, '')
    for (const [, , text] of source.matchAll(/(['`])((?:\\.|(?!\1).)*)\1/g)) {
      if (/^[A-Z][a-z]+(?:,? [a-z]|$)/.test(text) && !NO_TEXT.includes(text)) elsewhere.push(`${name}: ${text}`)
    }
  }
  assert.deepEqual(elsewhere, [])
})
