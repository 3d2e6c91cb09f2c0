// Parts of the console that need no browser, beyond the engine: node --test parts.test.mjs
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { HOURS, parse, rateOf, textOf } from '../../Api/wwwroot/console/access/week.js'
import { halves, visible } from '../../Api/wwwroot/console/format.js'
import { lineOf } from '../../Api/wwwroot/console/nodes/load.js'
import { datesOf, midnights } from '../../Api/wwwroot/console/parts/chart.js'
import { kindOf } from '../../Api/wwwroot/console/parts/kinds.js'
import { modulesOf } from '../../Api/wwwroot/console/parts/qr.js'
import { beginOf } from '../../Api/wwwroot/console/parts/range.js'

const digest = (rows) => createHash('sha256').update(rows.flat().join('')).digest('hex').slice(0, 32)

// What the npm package qrcode 1.5.4 makes of the same bytes at level M: version, place of the data, error correction and mask are equal.
test('QR codes equal those of another encoder, module by module', () => {
  const vectors = [
    [1, 21, '9d1dde5ac05151b271c2996e12333f3f'], [14, 21, '59b70e68df38ffc8cbbdb60e8510c4cb'],
    [15, 25, '8d0c9ff37f93fd355fe3873b471a29f1'], [62, 33, '81ee1c71746fbac67116f4224169cf7d'],
    [106, 41, 'd6defba456b5fce8a8c4a3980ee28fa1'], [107, 45, 'e7f9fe484c3828d1aeb1998b53da16a1'],
    [152, 49, '228f1bb437e4d5309998fe07ff2c9b91'], [180, 53, 'b67077de980e3a90462d14f34d4bb452'],
    [181, 57, '3eaaac4a006619a940f1de16ec98e4f0'], [213, 57, 'c9bf90f280ba4acdb4ce1af59b63392d']
  ]
  for (const [length, size, expected] of vectors) {
    const text = 'https://files.example.org/l/0123456789-abcdefghijklmnopqrstuvwxyz_'.repeat(4).slice(0, length)
    const rows = modulesOf(text)
    assert.equal(rows.length, size, `${length} bytes`)
    assert.equal(digest(rows), expected, `${length} bytes`)
  }
})

test('a QR code counts bytes, not characters, and refuses more than it can hold', () => {
  assert.equal(modulesOf('ü'.repeat(7)).length, 21)
  assert.equal(modulesOf('ü'.repeat(8)).length, 25)
  assert.throws(() => modulesOf('x'.repeat(214)), RangeError)
})

test('the axis of days has the midnights of a range, and no more than fit', () => {
  const day = 86_400_000
  const from = new Date(2026, 9, 20, 0, 59).getTime()
  for (const days of [7, 30, 90]) {
    const found = midnights(from, from + days * day, 7)
    assert.ok(found.length > 4 && found.length <= 8, `${found.length} of ${days}`)
    for (const at of found) {
      assert.equal(new Date(at).getHours() + new Date(at).getMinutes(), 0)
      assert.ok(at >= from && at <= from + days * day)
    }
  }
  assert.equal(midnights(new Date(2026, 9, 20).getTime(), new Date(2026, 9, 22).getTime(), 7).length, 3)
})

test('the last date of an axis ends within the plot', () => {
  const from = new Date(2026, 9, 20).getTime()
  const end = new Date(2026, 9, 26).getTime()
  assert.deepEqual(datesOf(from, end, 7), midnights(from, end, 7).slice(0, -1))
})

test('a timetable and its grid of hours say the same', () => {
  const at = (text, day, hour) => parse(text)[day * HOURS + hour]
  const plan = '08:00,512k 18:00,10M 23:00,off Sat-08:00,off'
  assert.deepEqual([at(plan, 0, 7), at(plan, 0, 8), at(plan, 0, 18), at(plan, 0, 23)], ['off', '512k', '10M', 'off'])
  assert.deepEqual([at(plan, 5, 8), at(plan, 5, 18), at(plan, 6, 8)], ['off', '10M', '512k'])
  // What was said last in a week holds at its beginning.
  assert.equal(at('Wed-12:00,1M Fri-12:00,2M', 0, 0), '2M')
  assert.equal(textOf(parse('10M')), '10M')
  assert.equal(textOf(parse(plan)), plan.replace(' Sat-08:00,off', '').replace('18:00', 'Sat-08:00,off 18:00'))
  assert.deepEqual(['25:00,1M', 'Xyz-08:00,1M', '08:00,fast', 'nonsense'].map(parse), [null, null, null, null])
  assert.deepEqual([rateOf('off'), rateOf('512k'), rateOf('1.5M')], [Infinity, 512 << 10, 1.5 * 1024 ** 2])
  for (let round = 0; round < 300; round++) {
    const rates = ['off', '512k', '10M'].slice(0, 1 + round % 3)
    let now = rates[0]
    const next = () => (Math.random() < 0.2 ? rates[Math.floor(Math.random() * rates.length)] : now)
    const week = Array.from({ length: 7 * HOURS }, () => (now = next()))
    assert.deepEqual(parse(textOf(week)), week)
  }
})

test('joiners stay in emoji and in words that need them, and are shown elsewhere', () => {
  for (const name of [
    '👨‍👩‍👧‍👦.jpg', '👩🏽‍🚀 1.png', '❤️‍🔥', '🏳️‍🌈.svg',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿.png', 'می‌خواهم.txt', 'क्‍ष.pdf', 'শ্‌ক.txt'
  ]) {
    assert.equal(visible(name), name)
  }
  assert.equal(visible('ab\u200dc\u200cd'), 'ab\\u{200D}c\\u{200C}d')
  assert.equal(visible('👩\u200dx'), '👩\\u{200D}x')
  assert.equal(visible('m\u200d👩'), 'm\\u{200D}👩')
  assert.equal(visible('\u200cم\u200c'), '\\u{200C}م\\u{200C}')
  assert.equal(visible('👩\u200d\u200d👩'), '👩\\u{200D}\\u{200D}👩')
})

test('direction controls and other unseen characters are shown', () => {
  for (const code of [0, 0x1b, 0xad, 0x61c, 0x115f, 0x200b, 0x200e, 0x202a, 0x202e, 0x2066, 0x2069, 0x3164, 0xfeff, 0xe0041]) {
    const name = `a${String.fromCodePoint(code)}gpj.exe`
    assert.equal(visible(name), `a\\u{${code.toString(16).toUpperCase().padStart(4, '0')}}gpj.exe`)
  }
})

test('a long name is cut beside a family, not through it', () => {
  const [head, tail] = halves('a long name before them 👨‍👩‍👧‍👦 12345.jpg')
  assert.equal(tail, '👨‍👩‍👧‍👦 12345.jpg')
  assert.ok(head.endsWith('them '), head)
})

test('what can be shown of a file is known by its name and size', () => {
  const kinds = ['a.JPG', 'b.mp4', 'c.flac', 'd.pdf', 'e.html', 'f.svg', 'g.exe', 'h'].map((name) => kindOf(name, 10))
  assert.deepEqual(kinds, ['image', 'video', 'audio', 'pdf', 'text', 'svg', null, null])
  assert.equal(kindOf('a.jpg', 0), null)
  assert.equal(kindOf('a.jpg', 1 << 30), null)
  assert.equal(kindOf('a.mp4', 2 ** 40), 'video')
})

test('the small picture inside of a JPEG is found, and a broken or hostile one leads nowhere', async () => {
  globalThis.IntersectionObserver ??= class {}
  const { innerOf } = await import('../../Api/wwwroot/console/parts/thumbs.js')
  const made = (little, change = () => {}) => {
    const view = new DataView(new ArrayBuffer(200))
    const short = (at, value) => view.setUint16(at, value, little)
    const long = (at, value) => view.setUint32(at, value, little)
    view.setUint16(0, 0xffd8)
    view.setUint16(2, 0xffe0)
    view.setUint16(4, 4)
    view.setUint16(8, 0xffe1)
    view.setUint16(10, 150)
    view.setUint32(12, 0x45786966)
    const start = 18
    view.setUint16(start, little ? 0x4949 : 0x4d4d)
    short(start + 2, 42)
    long(start + 4, 8)
    short(start + 8, 1)
    short(start + 10, 0x0112)
    short(start + 12, 3)
    long(start + 14, 1)
    short(start + 18, 6)
    long(start + 22, 26)
    short(start + 26, 2)
    for (const [i, tag, value] of [[0, 0x0201, 60], [1, 0x0202, 7]]) {
      short(start + 28 + 12 * i, tag)
      short(start + 30 + 12 * i, 4)
      long(start + 36 + 12 * i, value)
    }
    for (let i = 0; i < 7; i++) view.setUint8(start + 60 + i, i + 1)
    change(view, start, long)
    return view
  }
  for (const little of [true, false]) {
    const { blob, turn } = innerOf(made(little))
    assert.equal(turn, 6)
    assert.deepEqual([...new Uint8Array(await blob.arrayBuffer())], [1, 2, 3, 4, 5, 6, 7])
    assert.equal(innerOf(made(little, (view, start, long) => long(start + 36, 0xffffff))), null)
    assert.equal(innerOf(made(little, (view, start, long) => long(start + 22, 0x7fffffff))), null)
    assert.equal(innerOf(made(little, (view, start, long) => long(start + 4, 190))), null)
  }
  assert.equal(innerOf(made(true, (view) => view.setUint16(0, 0x8950))), null)
  assert.equal(innerOf(new DataView(new ArrayBuffer(1))), null)
})

test('a range begins with an hour or a day, so that sums of small and large steps agree', () => {
  const now = Date.UTC(2026, 10, 29, 10, 43, 7)
  assert.equal(beginOf('24h', now), '2026-11-28T10:00:00.000Z')
  assert.equal(beginOf('7d', now), '2026-11-22T00:00:00.000Z')
})

test('the last minute of a load is at the right edge, and the whole processor is as high as the plot', () => {
  const points = (load) => lineOf(load).slice(1).split('L').map((point) => point.split(' ').map(Number))
  assert.equal(lineOf([]), '')
  const [from, to] = points([0.5])
  assert.deepEqual([from[1], to], [14, [200, 14]])
  assert.ok(to[0] - from[0] > 3 && to[0] - from[0] < 4)
  const hour = points([...Array(60).fill(0), 1])
  assert.equal(hour.length, 60)
  assert.deepEqual([hour[0], hour.at(-1)], [[0, 27], [200, 1]])
  // The ledger may have measured more than the processors can do in a minute.
  assert.deepEqual(points([1.2, 0]).map(([, y]) => y), [1, 27])
})
