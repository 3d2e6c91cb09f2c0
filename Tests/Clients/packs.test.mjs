// How the upload engine sends many small files in one request, and what becomes of each when something fails.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Uploader } from '../../Api/wwwroot/client/uploader.js'

const COUNT = 40
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** The members of a tar as the engine writes them. @param {Uint8Array} bytes */
function membersOf(bytes) {
  const members = []
  const text = (from, to) => Buffer.from(bytes.subarray(from, to)).toString().replace(/\0.*$/s, '')
  let records = {}
  for (let at = 0; bytes[at] !== 0;) {
    const sum = bytes.subarray(at, at + 512).reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0)
    assert.equal(parseInt(text(at + 148, at + 155), 8), sum, 'the checksum')
    assert.equal(text(at + 257, at + 263), 'ustar')
    assert.equal(text(at + 100, at + 124) + text(at + 136, at + 148), '', 'neither mode nor time in the header')
    const size = parseInt(text(at + 124, at + 135), 8)
    const data = bytes.subarray(at + 512, at + 512 + size)
    if (text(at + 156, at + 157) === 'x') {
      records = {}
      for (let rest = Buffer.from(data); rest.length > 0;) {
        const length = parseInt(rest.toString('latin1'), 10)
        const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(rest.subarray(0, length).toString())
        records[key] = value
        rest = rest.subarray(length)
      }
    } else {
      members.push({ path: records.path, data, records })
    }
    at += 512 + Math.ceil(size / 512) * 512
  }
  return members
}

/** A service that keeps files by path; `fate` may answer in its place, or throw. */
function serviceOf(context, fate = () => null) {
  const files = new Map()
  const log = []
  const arrived = []
  const json = (status, body) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
  const lines = (all) => new Response(all.map((line) => `${JSON.stringify(line)}\n`).join(''),
    { headers: { 'Content-Type': 'application/x-ndjson' } })
  const keep = (path, bytes) => {
    arrived.push(path)
    files.set(path, sha256(bytes))
    return { fileId: `id of ${path}`, path, sha256: sha256(bytes), size: bytes.length }
  }
  context.mock.method(globalThis, 'fetch', async (url, { method = 'GET', body, signal }) => {
    const { pathname, searchParams } = new URL(url)
    const path = decodeURIComponent(pathname.replace('/api/tree/', ''))
    const what = searchParams.has('unpack') ? 'pack' : pathname.endsWith('/check') ? 'check' : `${method} ${path}`
    log.push(what)
    const bytes = body instanceof Blob ? new Uint8Array(await body.arrayBuffer()) : null
    const members = what === 'pack' ? membersOf(bytes) : []
    const own = await fate(what, { members, keep, files, json, lines, signal })
    if (own) return own
    if (what === 'check') {
      return lines(body.split('\n').map((line) => JSON.parse(line))
        .map((one) => ({ path: one.path, state: files.has(one.path) ? 'equal' : 'missing' })))
    }
    if (what === 'pack') {
      assert.equal(searchParams.get('conflict'), 'fail')
      const results = members.map(({ path: name, data, records }) => {
        const whole = [path, name].filter(Boolean).join('/')
        assert.equal(records['CHUNKUPLOAD.sha256'], sha256(data))
        if (files.has(whole)) return { path: name, outcome: 'failed', code: 'name_taken' }
        return { path: name, outcome: 'created', fileId: keep(whole, data).fileId }
      })
      return lines([...results, { complete: true }])
    }
    if (method === 'GET') return files.has(path) ? json(200, { path, sha256: files.get(path), size: 100, fileId: 'x' }) : json(404, {})
    return json(201, keep(searchParams.get('conflict') === 'rename' && files.has(path) ? `${path} (2)` : path, bytes))
  })
  return { files, log, arrived }
}

/** Files of 100 bytes, in two folders; the last one has a name that is not of ASCII. */
const chosenOf = (count = COUNT) => Array.from({ length: count }, (_, i) => {
  const name = i === count - 1 ? 'übung 😀.txt' : `${i}.txt`
  const file = Object.assign(new Blob([randomBytes(100)], { type: 'text/plain' }), { name, lastModified: 1_700_000_000_250 })
  return { file, path: `all/${i % 2}/${name}` }
})

async function ended(uploads) {
  for (let left = 2000; uploads.some(({ state }) => !['done', 'failed', 'paused'].includes(state)); left--) {
    assert.ok(left > 0, uploads.map(({ state }) => state).join(' '))
    await wait(5)
  }
}

/** An engine that waits for what sends packs, so that a test knows which files go so. */
async function engine() {
  const uploader = new Uploader({ base: 'http://service.example/' })
  uploader.pack = (await import('../../Api/wwwroot/client/pack.js')).pack
  return uploader
}

test('small files go in one request, each with its path, type, time and digest', async (context) => {
  const { log, files } = serviceOf(context, (what, { members }) => {
    for (const { path, records } of members) {
      assert.match(path, /^[01]\//)
      assert.equal(records['CHUNKUPLOAD.type'], 'text/plain')
      assert.equal(records.mtime, '1700000000.25')
    }
  })
  const chosen = chosenOf()
  const uploads = await (await engine()).add(chosen, { folder: 'to' })
  await ended(uploads)
  assert.deepEqual(log, ['pack'])
  for (const { file, path } of chosen) assert.equal(files.get(`to/${path}`), sha256(new Uint8Array(await file.arrayBuffer())))
  for (const upload of uploads) {
    assert.deepEqual([upload.state, upload.safe.total, upload.sent, upload.running.size, upload.retries], ['done', 100, 100, 0, 0])
    assert.deepEqual([upload.result.path, upload.result.fileId], [upload.path, `id of ${upload.path}`])
  }
})

test('files that wait when what sends them together has loaded go together', async (context) => {
  const { log } = serviceOf(context)
  const uploads = await new Uploader({ base: 'http://service.example/' }).add(chosenOf(200))
  await ended(uploads)
  assert.ok(log.includes('pack'))
  assert.ok(log.length < 20, log.join(', '))
})

test('a name that is taken goes alone, by the rule of its upload', async (context) => {
  for (const conflict of ['replace', 'fail']) {
    const { log, files } = serviceOf(context, (what, { json }) =>
      (what === 'PUT all/0/2.txt' && conflict === 'fail' ? json(409, { code: 'name_taken', retryable: false }) : null))
    files.set('all/0/2.txt', 'another content')
    const uploads = await (await engine()).add(chosenOf(), { conflict })
    await ended(uploads)
    assert.deepEqual(log, ['pack', 'GET all/0/2.txt', 'PUT all/0/2.txt'], conflict)
    assert.equal(uploads[2].state, conflict === 'fail' ? 'failed' : 'done')
    assert.equal(uploads.filter(({ state }) => state === 'done').length, COUNT - (conflict === 'fail' ? 1 : 0))
    context.mock.restoreAll()
  }
})

test('what came before the request broke is not sent again; the rest is', async (context) => {
  let breaks = 1
  const { log, arrived } = serviceOf(context, (what, { members, keep }) => {
    if (what !== 'pack' || breaks-- <= 0) return
    for (const { path, data } of members.slice(0, 15)) keep(`all/${path}`, data)
    throw new TypeError('cut')
  })
  const uploads = await (await engine()).add(chosenOf())
  await ended(uploads)
  assert.ok(uploads.every(({ state }) => state === 'done'))
  assert.equal(arrived.length, COUNT)
  assert.deepEqual([log.filter((what) => what === 'pack').length, log.filter((what) => what.startsWith('PUT')).length], [2, 0])
  // Each that came is asked for, because what came there could be of another one.
  assert.equal(log.filter((what) => what.startsWith('GET')).length, 15)
})

test('an answer that is cut counts as far as it came', async (context) => {
  let cuts = 1
  const { log, arrived } = serviceOf(context, (what, { members, keep, lines }) => {
    if (what !== 'pack' || cuts-- <= 0) return null
    return lines(members.map(({ path, data }) => ({ path, outcome: 'created', fileId: keep(`all/${path}`, data).fileId })).slice(0, 30))
  })
  const uploads = await (await engine()).add(chosenOf())
  await ended(uploads)
  assert.ok(uploads.every(({ state }) => state === 'done'))
  assert.equal(arrived.length, COUNT)
  assert.equal(log.filter((what) => what.startsWith('GET')).length, COUNT - 30)
})

test('a file that is paused leaves the pack, and the others arrive', async (context) => {
  let held
  const { arrived, log } = serviceOf(context, (what, { signal }) => {
    if (what !== 'pack' || held) return null
    return new Promise((_, reject) => { held = signal; signal.addEventListener('abort', () => reject(signal.reason)) })
  })
  const uploads = await (await engine()).add(chosenOf(), { conflict: 'replace' })
  while (!held) await wait(2)
  await uploads[3].pause()
  await ended(uploads)
  assert.deepEqual([uploads[3].state, arrived.length], ['paused', COUNT - 1])
  assert.ok(!arrived.includes('all/1/3.txt'))
  // It was tried, so it asks first.
  uploads[3].resume()
  await ended(uploads)
  assert.deepEqual(log.slice(-2), ['GET all/1/3.txt', 'PUT all/1/3.txt'])
})

test('all that are paused stop, and go on', async (context) => {
  let held
  const { arrived } = serviceOf(context, (what, { signal }) => {
    if (what !== 'pack' || held) return null
    return new Promise((_, reject) => { held = signal; signal.addEventListener('abort', () => reject(signal.reason)) })
  })
  const uploader = await engine()
  const uploads = await uploader.add(chosenOf(), { conflict: 'replace' })
  while (!held) await wait(2)
  await uploader.pauseAll()
  assert.ok(uploads.every(({ state, running }) => state === 'paused' && running.size === 0))
  assert.equal(arrived.length, 0)
  uploader.resumeAll()
  await ended(uploads)
  assert.ok(uploads.every(({ state }) => state === 'done'))
})

test('a service or a proxy that takes no packs gets files one by one', async (context) => {
  for (const [status, body, packs] of [[404, {}, 1], [413, {}, 1], [403, { code: 'not_permitted', retryable: false }, 5]]) {
    const { log } = serviceOf(context, (what, { json }) => (what === 'pack' ? json(status, body) : null))
    const uploader = await engine()
    await ended(await uploader.add(chosenOf()))
    for (let more = 4; more > 0; more--) await ended(await uploader.add(chosenOf(), { folder: String(more) }))
    assert.equal(log.filter((what) => what === 'pack').length, packs, String(status))
    assert.ok(uploader.uploads.every(({ state }) => state === 'done'))
    context.mock.restoreAll()
  }
})

test('an archive that the service does not read to its end leaves the rest to single requests', async (context) => {
  const { log } = serviceOf(context, (what, { members, keep, lines }) => {
    if (what !== 'pack') return null
    const done = members.slice(0, 10).map(({ path, data }) => ({ path, outcome: 'created', fileId: keep(`all/${path}`, data).fileId }))
    return lines([...done, { complete: false, code: 'storage_full' }])
  })
  const uploads = await (await engine()).add(chosenOf(), { conflict: 'replace' })
  await ended(uploads)
  assert.ok(uploads.every(({ state }) => state === 'done'))
  assert.equal(log.filter((what) => what.startsWith('PUT')).length, COUNT - 10)
})

test('a file that is checked is not done before its check is', async (context) => {
  let looks = 0
  serviceOf(context, (what, { members, lines, json }) => {
    const checked = members.map(({ path }) => ({ path, outcome: 'checking', fileId: `f${path}` }))
    if (what === 'pack') return lines([...checked, { complete: true }])
    if (!what.startsWith('GET')) return null
    return ++looks <= COUNT ? json(409, { code: 'being_checked', retryable: true, retryAfterMs: 1 })
      : json(200, { sha256: 'x', places: ['a'] })
  })
  const uploader = await engine()
  const uploads = await uploader.add(chosenOf())
  for (let left = 1000; !uploads.every(({ state }) => state === 'done'); left--) {
    assert.ok(left > 0)
    uploader.wake()
    await wait(5)
  }
  assert.ok(looks > COUNT)
})

test('a file that cannot be read fails alone', async (context) => {
  const { arrived } = serviceOf(context)
  const chosen = chosenOf()
  chosen[5].file.arrayBuffer = () => Promise.reject(Object.assign(new Error('gone'), { name: 'NotFoundError' }))
  const uploads = await (await engine()).add(chosen)
  await ended(uploads)
  assert.deepEqual([uploads[5].state, uploads[5].error.name, arrived.length], ['failed', 'FileChanged', COUNT - 1])
})
