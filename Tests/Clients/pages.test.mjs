// The logic of pages that needs no browser.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'

const realTimeout = globalThis.setTimeout
const stubs = {
  document: {
    baseURI: 'http://service.example/console/', hidden: false, addEventListener: () => {}, querySelector: () => ({}),
    // A style sheet is there as soon as it is asked for.
    head: { append: (sheet) => sheet.loaded() },
    createElement: () => ({
      append: () => {}, setAttribute: () => {}, addEventListener(type, act) { if (type === 'load') this.loaded = act }
    })
  },
  navigator: { onLine: true },
  // What pages wait for comes at once.
  setTimeout: (act, ms) => realTimeout(act, ms / 100)
}
for (const [name, value] of Object.entries(stubs)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
after(() => { globalThis.setTimeout = realTimeout })

const { live } = await import('../../Api/wwwroot/console/live.js')
const { zipsOf } = await import('../../Api/wwwroot/console/files/tree.js')
const { Sizes } = await import('../../Api/wwwroot/console/files/sizes.js')
const { UploadStore } = await import('../../Api/wwwroot/console/uploads/store.js')
const { stateOf } = await import('../../Api/wwwroot/console/parts/state.js')
const { Lifecycle } = await import('../../Api/wwwroot/console/parts/lifecycle.js')
const { UploadEvents } = await import('../../Api/wwwroot/console/uploads/events.js')
const { storyOf } = await import('../../Api/wwwroot/console/uploads/story.js')
const { spanOf } = await import('../../Api/wwwroot/console/uploads/speed.js')
const { readValidKeys } = await import('../../Api/wwwroot/console/access/sessions.js')
const { detailsOf } = await import('../../Api/wwwroot/console/access/audit.js')
const { t: audit } = await import('../../Api/wwwroot/console/texts/access.js')
const { problemsOf } = await import('../../Api/wwwroot/console/overview/problems.js')
const { clientOf } = await import('../../Api/wwwroot/console/parts/client.js')
const { loadSetUp } = await import('../../Api/wwwroot/console/overview/setup.js')

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
  await eventually(() => asked > 0)
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

const eventAt = (second, kind) =>
  ({ id: `1-${second}`, at: new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString(), kind })

test('the events of an upload are read to their end, and no page that is full is read twice', async (context) => {
  const all = Array.from({ length: 450 }, (_, i) => eventAt(i, 'paused'))
  const asked = []
  context.mock.method(globalThis, 'fetch', async (url) => {
    const from = Number(new URL(url).searchParams.get('cursor') ?? 0)
    asked.push(from)
    return json(200, { items: all.slice(from, from + 200), nextCursor: from + 200 < all.length ? String(from + 200) : null })
  })
  const events = new UploadEvents('a')
  events.add(eventAt(500, 'resumed'))
  await events.load()
  assert.deepEqual(events.items.slice(-2).map(({ id }) => id), ['1-449', '1-500'])
  all.push(eventAt(500, 'resumed'), eventAt(501, 'failed'))
  await events.load()
  assert.deepEqual(events.items.slice(-3).map(({ id }) => id), ['1-449', '1-500', '1-501'])
  assert.deepEqual(asked, [0, 200, 400, 400])
})

test('the last event of the state in which an upload is has the reason', () => {
  const reason = 'No byte came for a day.'
  const upload = { ...session('a', 'paused'), protocol: 'session', failures: {}, stateReason: reason, stateAt: '2026-01-02' }
  const textsOf = (events) => storyOf(upload, events).filter(({ kind }) => kind === 'paused').map(({ text }) => text)
  assert.deepEqual(textsOf([eventAt(1, 'paused'), eventAt(2, 'resumed'), eventAt(3, 'paused')]), [reason, ''])
  assert.deepEqual(textsOf([]), [reason])
})

test('the speed chart begins and ends with breaks that no accepted chunk surrounds', () => {
  const taken = [{ from: 5_000, to: 6_000 }, { from: 6_000, to: 9_000 }]
  assert.deepEqual(spanOf({ firstByteAt: null }, taken, []), [5_000, 9_000])
  assert.deepEqual(spanOf({ firstByteAt: new Date(3_000).toISOString() }, taken, [4_000, 7_000, 12_000]), [3_000, 12_000])
})

test('a page without a valid key is followed by the next one', async (context) => {
  const pages = {
    '': [{ id: 'a', revokedAt: '2026-01-01' }], 1: [{ id: 'b', expiresAt: '2026-01-01' }], 2: [{ id: 'c' }], 3: [{ id: 'd' }]
  }
  const nexts = { '': '1', 1: '2', 2: '3', 3: null }
  context.mock.method(globalThis, 'fetch', async (url) => {
    const cursor = new URL(url).searchParams.get('cursor') ?? ''
    return json(200, { items: pages[cursor], nextCursor: nexts[cursor] })
  })
  assert.deepEqual(await readValidKeys(null), { items: [{ id: 'c' }], nextCursor: '3' })
  assert.deepEqual(await readValidKeys('3'), { items: [{ id: 'd' }], nextCursor: null })
})

test('a part of what the overview knows that cannot be loaded stays as it was', async (context) => {
  context.mock.method(globalThis, 'fetch', async (url) => (url.endsWith('/api/webhooks')
    ? json(500, { code: 'internal' }) : json(200, { items: [], certificateEndsAt: null })))
  const hooks = [{ id: 'h', state: 'paused' }]
  const set = await loadSetUp({ system: null, hooks, limits: [{ name: 'storedBytes' }] })
  assert.equal(set.hooks, hooks)
  assert.deepEqual(set.limits, [])
})

test('what needs a person comes first, each with the page where it is mended', () => {
  const now = Date.UTC(2026, 0, 15)
  const at = (hours) => new Date(now + hours * 3_600_000).toISOString()
  const upload = (id, more) => ({ id, state: 'open', fileName: id, failures: { consecutive: 0 }, createdAt: at(-20), ...more })
  const problems = problemsOf({
    now, health: { checks: { disk: { ok: true, figures: { freeBytes: 5, totalBytes: 100 } }, database: { ok: true } } },
    system: { certificateEndsAt: at(-1) }, stats: { total: { failed: 1, expired: 1 }, failures: [{ name: 'size' }] },
    jobs: [
      { name: 'scrub-files', state: 'idle', lastRun: { outcome: 'succeeded', counts: { damaged: 2 } } },
      { name: 'trim-history', state: 'idle', nextRunAt: at(-1), lastRun: { outcome: 'failed', startedAt: at(-2), error: 'No.' } }
    ],
    sessions: [
      upload('breaks', { failures: { consecutive: 3 } }), upload('ends', { expiresAt: at(2) }),
      upload('waits', { state: 'checking', stateReason: 'no answer' })
    ],
    hooks: [{ id: 'h1', title: 'Office', state: 'paused', pausedAt: at(-3) }, { id: 'h2', state: 'active' }],
    limits: [{ scope: 'tenant', name: 'storedBytes', limit: 100, used: 95 }, { scope: 'tenant', name: 'files', limit: 10, used: 1 }]
  })
  assert.deepEqual(problems.map(({ kind, word, lead, address }) => `${kind}: ${word}, ${lead} ${address}`), [
    'bad: Ended, The TLS certificate #/system?show=all&search=certificate', 'bad: Damaged, 2 files #/jobs/scrub-files',
    'bad: Failed, trim-history #/jobs/trim-history', 'bad: Overdue, trim-history #/jobs',
    'bad: Checker away, 1 upload #/uploads?state=verifying', 'bad: Paused, Office #/webhooks/h1',
    'warn: Nearly full, The store #/system', 'warn: Nearly full, This tenant #/limits',
    'warn: Failed, 2 uploads #/history?range=24h&state=unfinished', 'warn: Breaking, breaks #/uploads/breaks',
    'warn: Ends soon, 1 upload #/uploads'
  ])
  const soon = problemsOf({ now, jobs: [], sessions: [], hooks: [], limits: [], system: { certificateEndsAt: at(24) } })
  assert.deepEqual(soon.map(({ kind, word }) => `${kind}: ${word}`), ['warn: Ends soon'])
  assert.deepEqual(problemsOf({ now, jobs: [], sessions: [], hooks: [], limits: [], system: { certificateEndsAt: at(24 * 15) } }), [])
})

test('a client is called by its name', () => {
  assert.equal(clientOf('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/141.0 Safari/537.36'), 'Chrome on Linux')
  assert.equal(clientOf('curl/8.14.1'), 'curl')
  assert.equal(clientOf('rclone/v1.70'), 'rclone/v1.70')
  assert.equal(clientOf(null), '')
})

test('the progress of a transfer is not taken for that of an upload', async (context) => {
  const asked = []
  context.mock.method(globalThis, 'fetch', async (address) => {
    asked.push(String(address))
    return json(200, { items: [], nextCursor: null })
  })
  const store = new UploadStore()
  context.after(() => store.close())
  await store.find({ state: 'unfinished', name: '', sort: '-createdAt' })
  live.emit('progress', { upload: null, transfer: 'a', received: 1 })
  live.emit('progress', { upload: 'b', received: 1 })
  await eventually(() => asked.some((address) => address.endsWith('/sessions/b')))
  assert.ok(!asked.some((address) => address.endsWith('/sessions/null')))
})

test('every kind of act is told in words', () => {
  assert.equal(audit.audit.actOf('entry.replaced'), 'Replaced')
  assert.equal(audit.audit.actOf('schedule.sign_in_failed'), 'Schedule sign in failed')
  assert.equal(detailsOf({ label: '', priority: 'normal' }), 'priority normal')
  assert.equal(detailsOf({ size: 1024, label: 'Photos' }), 'Photos, size 1.00\u00a0KiB')
  assert.equal(detailsOf({ limits: { maxFileSize: '1048576', files: 3 } }), 'limits Size of a file 1.00\u00a0MiB, Files 3')
  assert.equal(detailsOf({ scopes: ['upload', 'transfers'] }), 'scopes upload, transfer')
  assert.doesNotMatch(detailsOf({ expiresAt: '2026-03-04T05:06:07.123Z' }), /T05/)
  assert.equal(detailsOf({ title: 'Shop', enabled: 'true', source: 'e10aafbdaad84732a0f7bd1691a46e5f' }), 'Shop, on')
  assert.equal(detailsOf({ member: 'user:1', files: 100000 }, (subject) => ({ 'user:1': 'Ann' })[subject] ?? subject),
    'member Ann, Files 100,000')
})

/** A life that waits with each load until it is let go. */
function lifeOf(context, what = {}) {
  context.mock.method(document, 'querySelector', () => null)
  document.removeEventListener = () => {}
  const said = new Map()
  const notes = { show: (id, note) => said.set(id, note), hide: (id) => said.delete(id) }
  const waiting = []
  const life = new Lifecycle({ search: () => {} }, {
    notes, every: () => 60_000, ...what,
    read: () => new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  })
  context.after(() => life.leave())
  return { life, waiting, said }
}

test('a screen loads to its end, however many events come, and once more for them', async (context) => {
  const { life, waiting } = lifeOf(context)
  let shown = 0
  const show = () => { shown++ }
  life.load()
  for (let i = 0; i < 5; i++) {
    life.later(100)
    await new Promise((resolve) => realTimeout(resolve, 5))
  }
  assert.equal(waiting.length, 1)
  waiting.shift().resolve(show)
  await eventually(() => shown === 1 && waiting.length === 1)
  // What was begun later wins: an address has changed.
  life.load()
  waiting.pop().resolve(show)
  await eventually(() => shown === 2)
  waiting.pop().resolve(show)
  await new Promise((resolve) => realTimeout(resolve, 5))
  assert.equal(shown, 2)
  // A screen that was left shows nothing any more.
  life.load()
  life.leave()
  waiting.pop().resolve(show)
  await new Promise((resolve) => realTimeout(resolve, 5))
  assert.equal(shown, 2)
})

test('a screen says what could not be loaded or done, and forgets it when it can', async (context) => {
  const { life, waiting, said } = lifeOf(context)
  life.load()
  waiting.pop().reject(new Error('No answer.'))
  await eventually(() => said.get('fault')?.text === 'No answer.')
  said.get('fault').actions[0].act()
  waiting.pop().resolve(() => {})
  await eventually(() => !said.has('fault'))
  const done = life.act(async () => { throw new Error('Not yours.') }, 'Done.', 'It was refused.')
  await eventually(() => waiting.length === 1)
  assert.deepEqual([said.get('act').lead, said.get('act').text], ['It was refused.', 'Not yours.'])
  waiting.pop().resolve(() => {})
  await done
  await Promise.race([life.act(async () => null, 'Done.'), new Promise((resolve) => realTimeout(resolve, 20))])
  assert.equal(said.has('act'), false)
  assert.equal(waiting.length, 0)
})

test('folders in sight are counted a few at a time, and again once something has changed', async (context) => {
  context.mock.timers.enable({ apis: ['Date'] })
  const waiting = []
  const told = []
  const sizes = new Sizes((id, below) => told.push(`${id} ${below.bytes}`), (id) => new Promise((resolve, reject) => {
    waiting.push({ id, answer: (bytes) => resolve({ bytes }), fail: () => reject(new Error('503')) })
  }))
  const settle = () => new Promise((resolve) => { setImmediate(resolve) })
  for (const id of ['a', 'b', 'c', 'd', 'e']) assert.equal(sizes.of(id), null)
  assert.deepEqual(waiting.map(({ id }) => id), ['a', 'b', 'c'])
  waiting[0].answer(5)
  waiting[1].fail()
  await settle()
  assert.deepEqual(told, ['a 5'])
  assert.deepEqual(waiting.map(({ id }) => id), ['a', 'b', 'c', 'd', 'e'])
  assert.equal(sizes.of('a').bytes, 5)

  // Many changes in a short time do not ask each time.
  sizes.changed()
  assert.equal(sizes.of('a').bytes, 5)
  context.mock.timers.tick(20_000)
  sizes.changed()
  for (const one of waiting) one.answer(1)
  await settle()
  assert.equal(sizes.of('a').bytes, 5)
  assert.equal(waiting.at(-1).id, 'a')
  // Another folder is open: what was asked for is not told any more.
  const before = told.length
  sizes.clear()
  waiting.at(-1).answer(6)
  await settle()
  assert.equal(told.length, before)
})

test('the page for signing in names all of its modules, so that none waits for another one', async () => {
  const root = new URL('../../Api/wwwroot/', import.meta.url)
  const page = await readFile(new URL('signin.html', root), 'utf8')
  const named = [...page.matchAll(/(?:href|src)="([^"]+\.js)"/g)].map(([, name]) => new URL(name, root).href)
  const open = [new URL('signin.js', root).href]
  const found = new Set(open)
  for (let module = open.pop(); module; module = open.pop()) {
    for (const [, name] of (await readFile(new URL(module), 'utf8')).matchAll(/^import .*? from '([^']+)'/gm)) {
      const { href } = new URL(name, module)
      if (!found.has(href)) open.push(href)
      found.add(href)
    }
  }
  assert.deepEqual([...found].filter((module) => !named.includes(module)), [])
  assert.ok(found.size > 3)
})

test('an upload of a transfer waits for it, and has no connection to lose', () => {
  const upload = { state: 'open', speed: null, failures: 1, lastByteAt: null }
  assert.equal(stateOf({ ...upload, protocol: 'session' }), 'broken')
  assert.equal(stateOf({ ...upload, protocol: 'transfer' }), 'waiting')
  assert.equal(stateOf({ ...upload, protocol: 'transfer', speed: 9 }), 'uploading')
})
