// How the upload engine and the pages follow what the service does, without a browser.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { EventClient } from '../../Api/wwwroot/client/events.js'
import { memoryOfTab } from '../../Api/wwwroot/client/memory.js'
import { ownersOn } from '../../Api/wwwroot/client/owners.js'
import { Uploader } from '../../Api/wwwroot/client/uploader.js'

const json = (status, body, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } })

const file = (name, length = 10) => Object.assign(new Blob([new Uint8Array(length)]), { name, lastModified: 1 })

/** @param {() => boolean} holds */
async function eventually(holds) {
  for (let left = 500; !holds(); left--) {
    assert.ok(left > 0, 'It did not come to hold.')
    await wait(5)
  }
}

/** A WebSocket that a test drives. */
class FakeSocket {
  static OPEN = 1
  static all = []
  readyState = 0
  sent = []
  constructor(url) { this.url = String(url); FakeSocket.all.push(this) }
  send(text) { this.sent.push(JSON.parse(text)) }
  open() { this.readyState = 1; this.onopen() }
  say(message) { this.onmessage({ data: JSON.stringify(message) }) }
  close() { this.readyState = 3; this.onclose?.() }
}

function eventClient(context, options) {
  FakeSocket.all = []
  const before = globalThis.WebSocket
  globalThis.WebSocket = FakeSocket
  const client = new EventClient({ url: 'ws://service.example/api/events/ws', ...options })
  context.after(() => { client.stop(); globalThis.WebSocket = before })
  return client
}

test('waking a client that is connecting makes no second socket', async (context) => {
  const client = eventClient(context)
  client.start()
  await eventually(() => FakeSocket.all.length === 1)
  client.wake()
  await wait(5)
  assert.equal(FakeSocket.all.length, 1)
  FakeSocket.all[0].open()
  client.wake()
  await wait(5)
  assert.equal(FakeSocket.all.length, 1)
})

test('a try to connect that hangs is given up when there is a sign of the service', async (context) => {
  const { now } = Date
  let later = 0
  Date.now = () => now() + later
  context.after(() => { Date.now = now })
  const hanging = [new Promise(() => {}), Promise.resolve(null)]
  const client = eventClient(context, { token: () => hanging.shift() })
  client.start()
  client.wake()
  assert.equal(hanging.length, 1)
  later = 5_000
  client.wake()
  await eventually(() => FakeSocket.all.length === 1)
  FakeSocket.all[0].open()
  assert.equal(client.connected, true)
})

test('a scope that is held stays until the wider one is granted', async (context) => {
  const client = eventClient(context, { scopes: ['own'] })
  client.start()
  await eventually(() => FakeSocket.all.length === 1)
  const [socket] = FakeSocket.all
  socket.open()
  client.listen(['tenant', 'own'])
  assert.deepEqual(socket.sent.map(({ type, scope }) => `${type} ${scope}`), ['subscribe own', 'subscribe tenant'])
  // The refusal comes when another scope is asked for already.
  client.listen(['own'])
  socket.say({ type: 'error', code: 'not_permitted', scope: 'tenant' })
  client.listen(['tenant', 'own'])
  assert.ok(!socket.sent.some(({ type, scope }) => type === 'unsubscribe' && scope === 'own'))
  assert.equal(socket.sent.at(-1).scope, 'own')
})

test('uploads that wait for a checker hold no others up', async (context) => {
  let places = 0
  context.mock.method(globalThis, 'fetch', async (url) => {
    const { pathname } = new URL(url)
    if (pathname.startsWith('/api/tree/')) return json(202, { id: `f${places++}`, state: 'checking' })
    return json(200, { sha256: null, places: [], state: 'checking' })
  })
  const uploader = new Uploader({ base: 'http://service.example/' })
  const uploads = await uploader.add(Array.from({ length: 6 }, (_, i) => ({ file: file(`${i}`), path: `${i}` })))
  await eventually(() => uploads.every(({ state }) => state === 'checking'))
  await Promise.all(uploads.map((upload) => upload.cancel()))
})

test('two restores at a time take up each upload once', async () => {
  const memory = memoryOfTab()
  for (const id of ['a', 'b']) await memory.put({ id, name: id, path: id, size: 1, addedAt: 1 })
  const slow = { ...memory, all: async () => { const all = await memory.all(); await wait(5); return all } }
  const uploader = new Uploader({ base: 'http://service.example/', memory: slow })
  await Promise.all([uploader.restore(), uploader.restore()])
  assert.deepEqual(uploader.uploads.map(({ id }) => id), ['a', 'b'])
})

test('of two pages without locks one has an upload', async () => {
  const channels = []
  const channel = () => {
    const one = { onmessage: null, postMessage: (data) => {
      for (const other of channels) if (other !== one) queueMicrotask(() => other.onmessage({ data }))
    } }
    channels.push(one)
    return one
  }
  const [first, second] = [ownersOn(channel(), 20), ownersOn(channel(), 20)]
  assert.deepEqual((await Promise.all([first('x'), second('x')])).sort(), [false, true])
  assert.equal(await first('y'), true)
  assert.equal(await second('y'), false)
  assert.equal(await first('y'), true)
  for (const [owner, other] of [[first, second], [second, first]]) {
    const id = owner === first ? 'new' : 'newer'
    assert.deepEqual(await Promise.all([owner(id, true), other(id)]), [true, false])
  }
})

test('an upload that was paused elsewhere and cannot be resumed here stays paused', async (context) => {
  let state = 'paused'
  const log = []
  context.mock.method(globalThis, 'fetch', async (url, { method, body }) => {
    const { pathname } = new URL(url)
    log.push(`${method} ${pathname}`)
    if (pathname.endsWith('/resume')) return json(404, { code: 'no_such_route' })
    if (pathname.endsWith('/complete')) return json(200, { id: 's1', state: 'completed', sha256: 'x' })
    if (method === 'PUT') return json(201, { offset: 0, length: body.size })
    return json(200, { id: 's1', state, missing: [{ offset: 0, length: 10 }] })
  })
  const memory = memoryOfTab()
  await memory.put({ id: 'a', name: 'a', path: 'a', size: 10, addedAt: 1, session: 's1', lastModified: 1, file: file('a') })
  const uploader = new Uploader({ base: 'http://service.example/', memory, places: false })
  await uploader.restore()
  const [upload] = uploader.uploads
  await eventually(() => upload.state === 'paused' && !upload.active)
  assert.equal(upload.session, 's1')
  state = 'open'
  upload.resume()
  await eventually(() => upload.state === 'done')
  assert.ok(!log.includes('POST /api/sessions'), log.join())
})

test('an upload that a person has paused shows what is safe of it when the page is opened again', async (context) => {
  context.mock.method(globalThis, 'fetch', async () =>
    json(200, { id: 's1', state: 'paused', missing: [{ offset: 4, length: 6 }] }))
  const memory = memoryOfTab()
  await memory.put({ id: 'a', name: 'a', path: 'a', size: 10, addedAt: 1, session: 's1', lastModified: 1, paused: true, file: file('a') })
  const uploader = new Uploader({ base: 'http://service.example/', memory })
  await uploader.restore()
  const [upload] = uploader.uploads
  await eventually(() => upload.safe.total === 4)
  assert.equal(upload.state, 'paused')
})

test('files are sent though nothing of them can be saved', async (context) => {
  context.mock.method(globalThis, 'fetch', async (url, { method, body }) => {
    const { pathname } = new URL(url)
    if (pathname.endsWith('/complete')) return json(200, { id: 's1', state: 'completed', sha256: 'x' })
    if (method === 'PUT') return json(201, { offset: 0, length: body.size })
    return json(201, { id: 's1', state: 'open', missing: [{ offset: 0, length: 10 }] })
  })
  const full = async () => { throw new Error('Full.') }
  const brokenMemories = [{ put: full, all: full, remove: full }, { put: full, all: async () => [], remove: full }]
  for (const memory of brokenMemories) {
    const uploader = new Uploader({ base: 'http://service.example/', memory, smallFile: -1, places: false })
    let unsaved = 0
    uploader.on('unsaved', () => unsaved++)
    await uploader.restore()
    const [upload] = await uploader.add([{ file: file('a'), path: 'a' }])
    await eventually(() => upload.state === 'done')
    assert.ok(unsaved > 0)
  }
})

test('a file whose session has expired is taken when it is chosen again', async (context) => {
  let [status, code] = [503, 'storage_degraded']
  context.mock.method(globalThis, 'fetch', async () => json(status, { code, detail: 'Away.' }))
  const memory = memoryOfTab()
  await memory.put({ id: 'a', name: 'a', path: 'a', size: 10, addedAt: 1, session: 's1', lastModified: 7 })
  const uploader = new Uploader({ base: 'http://service.example/', memory })
  await uploader.restore()
  const [upload] = uploader.uploads
  await assert.rejects(upload.choose(file('a')), { status: 503 })
  assert.equal(upload.state, 'choose')
  // A proxy's answer says nothing about the session.
  ;[status, code] = [404, 'http_404']
  await assert.rejects(upload.choose(file('a')), { status: 404 })
  ;[status, code] = [404, 'not_found']
  assert.equal(await upload.choose(file('a')), true)
  await upload.cancel()
})

test('by tus, an upload that has expired is sent anew', async (context) => {
  const log = []
  context.mock.method(globalThis, 'fetch', async (url, { method }) => {
    const { pathname } = new URL(url)
    log.push(`${method} ${pathname}`)
    if (pathname === '/files/old') return new Response(null, { status: 410, headers: { 'X-Error-Code': 'expired' } })
    if (pathname === '/files') return new Response(null, { status: 201, headers: { Location: '/files/new' } })
    if (method === 'HEAD') return new Response(null, { headers: { 'Upload-Offset': '0' } })
    if (method === 'PATCH') return new Response(null, { status: 204, headers: { 'Upload-Offset': '10' } })
    return json(200, { sha256: 'x', places: ['a'] })
  })
  const memory = memoryOfTab()
  await memory.put({ id: 'a', name: 'a', path: 'a', size: 10, addedAt: 1, session: 'http://service.example/files/old', lastModified: 1,
    file: file('a') })
  const uploader = new Uploader({ base: 'http://service.example/', memory, protocol: 'tus' })
  await uploader.restore()
  await eventually(() => ['done', 'failed'].includes(uploader.uploads[0].state))
  assert.equal(uploader.uploads[0].state, 'done', log.join())
  assert.deepEqual(log.slice(0, 2), ['HEAD /files/old', 'POST /files'])
})
