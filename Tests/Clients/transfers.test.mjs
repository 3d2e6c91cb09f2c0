// The logic of Connections and Transfers that needs no browser.
import assert from 'node:assert/strict'
import { test } from 'node:test'

const stubs = {
  document: { baseURI: 'http://service.example/console/', hidden: false, addEventListener: () => {}, querySelector: () => ({}) },
  navigator: { onLine: true }
}
for (const [name, value] of Object.entries(stubs)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })

const { Selection, patternsOf } = await import('../../Api/wwwroot/console/transfers/selection.js')
const {
  Speeds, cellsOf, leftOf, lookOf, mapOf, needOf, reasonOf, safeOf, withEnds, withProgress
} = await import('../../Api/wwwroot/console/transfers/state.js')
const { accepted, eventLook, storyOf } = await import('../../Api/wwwroot/console/transfers/story.js')
const { aboutOf, amountOf, phasesOf } = await import('../../Api/wwwroot/console/transfers/items.js')
const { quotaCells } = await import('../../Api/wwwroot/console/parts/quota.js')

const node = (name, parent = null, kind = 'folder', size = null) => ({ id: name, name, kind, size, skip: null, parent })
const transfer = (change = {}) => ({
  id: 'a', label: 'Photos', state: 'running', wait: null, reason: null, owner: 'user:1', source: { connection: null },
  destination: { connection: 'c1', folder: 'root', folderName: 'My Drive' }, options: { verify: 'digest' }, priority: 'normal',
  scanned: true,
  files: { all: 10, done: 4, skipped: 1, failed: 0 }, folders: 1, bytes: { all: 1000, done: 400, moved: 400 }, percent: 40,
  averageBps: 100, eta: null, createdAt: '2026-01-15T09:30:00Z', startedAt: '2026-01-15T09:30:00Z', endedAt: null, ...change
})
const waiting = (reason, until = null) => transfer({ state: 'waiting', wait: { reason, since: '2026-01-15T09:31:00Z', until } })
const count = (cells, state) => cells.filter((cell) => cell === state).length

test('a chosen folder has everything in it, but for what is left out', () => {
  const root = { ...node('My Drive'), fixed: true }
  const tree = node('tree', root)
  const inner = node('inner', tree)
  const deep = node('a*b', inner, 'file', 5)
  const file = node('f.txt', tree, 'file', 7)
  const selection = new Selection()
  selection.toggle(root)
  assert.equal(selection.size, 0)
  selection.toggle(tree)
  assert.deepEqual([tree, inner, deep, file].map((one) => selection.stateOf(one)), ['on', 'on', 'on', 'on'])
  selection.toggle(inner)
  assert.deepEqual([root, tree, inner, deep, file].map((one) => selection.stateOf(one)), ['part', 'part', 'off', 'cut', 'on'])
  assert.deepEqual(selection.ids, ['tree'])
  assert.deepEqual(selection.leftOut, ['inner'])
  // It cannot come without its folder.
  selection.toggle(deep)
  assert.deepEqual(selection.leftOut, ['inner'])
  selection.toggle(inner)
  selection.toggle(deep)
  assert.deepEqual(selection.leftOut, ['a*b'])
  assert.equal(selection.stateOf(inner), 'part')
  // A part becomes all of it.
  selection.toggle(inner)
  assert.deepEqual(selection.leftOut, [])
  selection.toggle(tree)
  assert.equal(selection.size, 0)
})

test('what a schedule leaves out stays so, and is unticked where it is seen', () => {
  const selection = new Selection()
  const tree = node('tree')
  selection.chosen.add(tree)
  selection.leaveOut(['Smith, John.pdf', 'deep'])
  assert.deepEqual(selection.leftOut, ['Smith, John.pdf', 'deep'])
  const file = node('Smith, John.pdf', tree, 'file', 7)
  selection.adopt(file)
  assert.equal(selection.stateOf(file), 'off')
  selection.toggle(file)
  assert.deepEqual(selection.leftOut, ['deep'])
})

test('a folder takes the place of what was chosen in it', () => {
  const tree = node('tree')
  const file = node('f.txt', tree, 'file', 7)
  const selection = new Selection()
  selection.toggle(file)
  assert.equal(selection.stateOf(tree), 'part')
  assert.deepEqual(selection.sum, { files: 1, folders: 0, bytes: 7 })
  selection.toggle(tree)
  assert.deepEqual(selection.ids, ['tree'])
  assert.equal(selection.stateOf(file), 'on')
})

test('what cannot go cannot be chosen, and what was chosen elsewhere is found again in its folder', () => {
  const selection = new Selection()
  selection.toggle({ ...node('link', null, 'file', 1), skip: 'It is a symbolic link.' })
  assert.equal(selection.size, 0)
  selection.toggle(node('f.txt', null, 'file', 7))
  const seen = node('f.txt', node('tree'), 'file', 7)
  selection.adopt(seen)
  assert.deepEqual([...selection.chosen], [seen])
})

test('patterns are separated by commas and lines', () => {
  assert.deepEqual(patternsOf(' *.tmp,\n~$* , ,a/b\n'), ['*.tmp', '~$*', 'a/b'])
})

test('a strip claims no byte that is not safe, and hides no failure', () => {
  assert.equal(count(cellsOf(transfer({ bytes: { all: 1000, done: 999, moved: 999 } }), 20), 'safe'), 19)
  const failed = cellsOf(transfer({ state: 'partly_done', files: { all: 1000, done: 999, skipped: 0, failed: 1 } }), 20)
  assert.equal(failed.at(-1), 'failed')
  assert.equal(count(cellsOf(transfer({ state: 'done' }), 20), 'safe'), 20)
  // Nothing is known of the whole yet.
  assert.equal(count(cellsOf(transfer({ scanned: false, state: 'scanning' }), 20), 'safe'), 0)
  // Empty files have no bytes: the files count.
  assert.equal(count(cellsOf(transfer({ bytes: { all: 0, done: 0, moved: 0 } }), 20), 'safe'), 10)
  assert.deepEqual(safeOf(transfer({ state: 'done', files: { all: 3, done: 0, skipped: 3, failed: 0 } }))[0], 'Nothing')
})

test('a map has a cell for each file while they are few, else one for several, in which no failure is lost', () => {
  const files = ['done', 'running', 'skipped', 'failed', 'queued'].map((state) => ({ kind: 'file', state }))
  const items = [{ kind: 'folder', state: 'done' }, ...files]
  assert.deepEqual(mapOf(transfer(), items, 0, 100), { each: 1, cells: ['safe', 'way', 'soft', 'failed', 'waiting'] })
  const { each, cells } = mapOf(transfer({ files: { all: 10_000, done: 4999, skipped: 0, failed: 1 } }), null, 0, 1000)
  assert.deepEqual([each, cells.length, count(cells, 'safe'), count(cells, 'failed')], [10, 1000, 499, 1])
})

test('a transfer that waits for a sign-in leads to the connection that needs it', () => {
  const [one, other] = [{ id: 'c1', state: 'needs_sign_in' }, { id: 'c2', state: 'needs_sign_in' }]
  assert.deepEqual(needOf(waiting('sign_in'), [other, one]), { kind: 'sign-in', connection: one })
  // It was signed in meanwhile.
  assert.deepEqual(needOf(waiting('sign_in'), [other, { ...one, state: 'ready' }]), { kind: 'try' })
  assert.deepEqual(needOf(waiting('quota'), []), { kind: 'try' })
  // The storage has asked for this pause.
  assert.equal(needOf(waiting('rate_limit'), []), null)
  assert.equal(needOf(transfer(), [one]), null)
})

test('a transfer whose storage takes no sign-in waits, whatever it was about to do', () => {
  const broken = [{ id: 'c1', state: 'needs_sign_in', stateAt: '2026-01-15T09:31:00Z' }]
  const seen = withEnds(transfer(), broken)
  assert.deepEqual([seen.state, seen.wait.reason, seen.wait.since], ['waiting', 'sign_in', '2026-01-15T09:31:00Z'])
  assert.equal(needOf(seen, broken).connection, broken[0])
  for (const state of ['paused', 'done', 'waiting']) assert.equal(withEnds(transfer({ state }), broken).state, state)
  assert.equal(withEnds(transfer(), [{ ...broken[0], state: 'ready' }]).state, 'running')
})

test('a state has a word, and so has one that this console does not know', () => {
  assert.deepEqual(lookOf(waiting('sign_in')), ['lock', 'warn', 'Waiting for sign-in'])
  assert.deepEqual(lookOf(transfer({ state: 'dreaming' })), ['dashed', '', 'dreaming'])
  assert.equal(lookOf(waiting('tea'))[2], 'tea')
  const now = Date.parse('2026-01-15T09:32:00Z')
  assert.match(reasonOf(waiting('rate_limit', '2026-01-15T09:32:38Z'), now), /goes on in 38\u00a0s/)
  assert.match(reasonOf(waiting('sign_in'), now), /4 of 10 files are safe/)
  assert.match(reasonOf(transfer({ state: 'partly_done', files: { all: 10, done: 8, skipped: 0, failed: 2 } })), /2 of 10 files failed/)
})

test('the speed is at first the mean, then that of the last seconds, and none where nothing moves', () => {
  const speeds = new Speeds()
  const at = (second, moved) => speeds.take(transfer({ bytes: { all: 1e6, done: moved, moved } }), second * 1000)
  at(0, 0)
  assert.equal(speeds.of(transfer()), 100)
  for (let second = 1; second <= 20; second++) at(second, second * 100)
  assert.equal(speeds.of(transfer()), 100)
  for (let second = 21; second <= 40; second++) at(second, 2000)
  assert.equal(speeds.of(transfer()), 0)
  assert.equal(speeds.of(transfer({ state: 'paused' })), 0)
  assert.equal(leftOf(transfer(), 60), 10)
  assert.equal(leftOf(transfer(), 0), 6)
  assert.equal(leftOf(transfer({ scanned: false }), 60), null)
})

test('what the service tells of the progress is shown before the next load', () => {
  const now = withProgress(transfer(), { received: 700, size: 1000 })
  assert.deepEqual(now.bytes, { all: 1000, done: 700, moved: 700 })
  assert.equal(now.percent, 70)
  // A file that begins anew takes back what was done, and not what has moved.
  assert.deepEqual(withProgress(now, { received: 600, size: null }).bytes, { all: 1000, done: 600, moved: 700 })
  const speeds = new Speeds()
  speeds.hear({ topic: { id: 'a' }, speed: 50 }, 1000)
  assert.equal(speeds.of(transfer(), 2000), 50)
  assert.equal(speeds.of(transfer({ state: 'paused' }), 2000), 0)
  assert.equal(speeds.of(transfer(), 60_000), 0)
})

test('the story has the newest first, and the same in a row once', () => {
  const event = (number, kind, text = null) => ({ number, at: `2026-01-15T09:30:0${number}Z`, item: null, kind, text })
  const story = storyOf([event(1, 'made'), event(2, 'tried_again', 'It broke off.'), event(3, 'tried_again', 'It broke off.'),
    event(4, 'waits_sign_in')])
  assert.deepEqual(story.map(({ kind, times }) => [kind, times]), [['waits_sign_in', 1], ['tried_again', 2], ['made', 1]])
  assert.equal(story[1].at, '2026-01-15T09:30:03Z')
  // Files that break off and go on, again and again, are one thing.
  const again = storyOf([event(1, 'tried_again', 'a'), event(2, 'goes_on'), event(3, 'tried_again', 'a'), event(4, 'goes_on'),
    event(5, 'tried_again', 'b')])
  assert.deepEqual(again.map(({ text, times }) => [text, times]), [['b', 1], ['', 1], ['a', 2]])
  assert.deepEqual(eventLook('waits_sign_in'), ['lock', 'warn', 'Waiting for sign-in'])
  assert.equal(eventLook('new_kind')[2], 'new kind')
})

test('a call that the provider did not answer is not accepted', () => {
  assert.deepEqual([[308, null], [200, null], [429, 'throttled'], [null, 'transient'], [404, null]].map(([status, fault]) =>
    accepted({ status, fault })), [true, true, false, false, false])
})

test('a file says how far it is and why it is as it is', () => {
  const file = { kind: 'file', size: 2048, state: 'running', position: 1024, reason: null, restarts: 0, verifiedBy: null }
  assert.match(amountOf(file), /^1\.00 of\u00a02\.00\u00a0KiB$/)
  assert.equal(amountOf({ ...file, kind: 'folder' }), 'folder')
  assert.equal(aboutOf({ ...file, reason: 'gone', restarts: 2 }), 'gone, began again 2 times')
  assert.equal(aboutOf({ ...file, verifiedBy: 'sha256' }), 'SHA-256 is equal at both ends')
})

test('phases follow a transfer from the scan to its end', () => {
  const states = (change) => phasesOf(transfer(change)).map(({ state }) => state)
  const found = { all: 3, done: 0, skipped: 0, failed: 0 }
  assert.deepEqual(states({ state: 'scanning', scanned: false, files: found }), ['now', 'next', 'next'])
  assert.deepEqual(states(), ['done', 'now', 'next'])
  assert.deepEqual(states({ state: 'waiting', wait: { reason: 'quota', since: '', until: null } }), ['done', 'warn', 'next'])
  assert.deepEqual(states({ state: 'done' }), ['done', 'done', 'done'])
  assert.deepEqual(states({ state: 'done', options: { verify: 'none' } }), ['done', 'done', 'next'])
})

test('a quota bar shows what comes even where it is little, or more than there is room for', () => {
  const cells = (...figures) => quotaCells(...figures, 10).map((state) => ({ used: 'u', way: 'c', waiting: '-' })[state]).join('')
  assert.equal(cells(0, 0, 100), '----------')
  assert.equal(cells(50, 0, 100), 'uuuuu-----')
  assert.equal(cells(50, 1, 100), 'uuuuuc----')
  assert.equal(cells(100, 5, 100), 'uuuuuuuuuc')
  assert.equal(cells(0, 0, 0), 'uuuuuuuuuu')
})
