// The logic of pages that needs no browser.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'

const realTimeout = globalThis.setTimeout
const stubs = {
  document: { baseURI: 'http://service.example/console/', hidden: false, addEventListener: () => {} },
  navigator: { onLine: true },
  // What pages wait for comes at once.
  setTimeout: (act, ms) => realTimeout(act, ms / 100)
}
for (const [name, value] of Object.entries(stubs)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
after(() => { globalThis.setTimeout = realTimeout })

const { live } = await import('../../Api/wwwroot/console/live.js')
const { zipsOf } = await import('../../Api/wwwroot/console/files/tree.js')
const { UploadStore } = await import('../../Api/wwwroot/console/uploads/store.js')

const json = (status, body) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
const session = (id, state = 'open') => ({ id, state, fileName: id, createdAt: '2026-01-01', size: 1, receivedBytes: 0, speed: {} })

async function eventually(holds) {
  for (let left = 500; !holds(); left--) {
    assert.ok(left > 0, 'It did not come to hold.')
    await new Promise((resolve) => realTimeout(resolve, 5))
  }
}

test('a long list is loaded to its end, however many events come', async (context) => {
  const waiting = []
  let asked = 0
  context.mock.method(globalThis, 'fetch', () => {
    asked++
    return new Promise((resolve) => waiting.push(() => resolve(json(200, { items: [session('a')], nextCursor: null }))))
  })
  live.now.streaming = true
  const store = new UploadStore()
  context.after(() => store.close())
  store.find({ state: 'unfinished', name: '', sort: '-createdAt' })
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 30; i++) live.emit('event', { upload: `${round}-${i}` })
    await new Promise((resolve) => realTimeout(resolve, 20))
  }
  assert.equal(asked, 1)
  waiting.shift()()
  await eventually(() => store.items.length === 1)
  // One more load has what changed meanwhile.
  await eventually(() => asked === 2)
  waiting.shift()()
  await eventually(() => store.complete)
  assert.equal(asked, 2)
})

test('an upload that could not be asked for is asked for again', async (context) => {
  let asked = 0
  context.mock.method(globalThis, 'fetch', async (url) => {
    if (!new URL(url).pathname.endsWith('/a')) return json(200, { items: [session('a')], nextCursor: null })
    return ++asked < 3 ? json(503, { code: 'ledger_unavailable', retryable: true }) : json(200, session('a', 'paused'))
  })
  live.now.streaming = true
  const store = new UploadStore()
  context.after(() => store.close())
  await store.find({ state: 'unfinished', name: '', sort: '-createdAt' })
  live.emit('event', { upload: 'a' })
  await eventually(() => store.items[0].state === 'paused')
  assert.equal(asked, 3)
})

test('many entries are fetched by several addresses, each of which a proxy takes', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `a longer name, ${i} & more.bin`)
  const addresses = zipsOf('s1', 'a/b', names)
  assert.ok(addresses.length > 5)
  assert.ok(addresses.every((address) => address.length <= 7000))
  assert.deepEqual(addresses.flatMap((address) => new URL(address).searchParams.getAll('name')), names)
  assert.equal(zipsOf(null, 'a', []).length, 1)
})
