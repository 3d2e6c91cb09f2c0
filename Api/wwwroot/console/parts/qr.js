// Creates QR codes (ISO/IEC 18004) in byte mode, with level M and versions 1 to 10. They hold up to 213 bytes, such
// as a link or the secret of an authenticator app.
import { s } from '../dom.js'

// For each version: the number of all codewords, of blocks, and of error correction codewords per block.
const VERSIONS = [
  [26, 1, 10], [44, 1, 16], [70, 1, 26], [100, 2, 18], [134, 2, 24], [172, 4, 16], [196, 4, 18], [242, 4, 22],
  [292, 5, 22], [346, 5, 26]
]
// The middle position of the alignment patterns of versions 7 to 10; smaller versions have none.
const MIDDLE = { 7: 22, 8: 24, 9: 26, 10: 28 }
const QUIET = 4
const FINDER_LIKE = [[1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1]]
const MASKS = [
  (x, y) => (x + y) % 2 === 0, (x, y) => y % 2 === 0, (x) => x % 3 === 0, (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0, (x, y) => x * y % 2 + x * y % 3 === 0,
  (x, y) => (x * y % 2 + x * y % 3) % 2 === 0, (x, y) => ((x + y) % 2 + x * y % 3) % 2 === 0
]

// The finite field with 256 elements, modulo x^8 + x^4 + x^3 + x^2 + 1.
const POWERS = new Uint8Array(255)
const LOGS = new Uint8Array(256)
for (let i = 0, value = 1; i < 255; i++) {
  POWERS[i] = value
  LOGS[value] = i
  value = value << 1 ^ (value & 128 ? 0x11D : 0)
}
const times = (a, b) => (a && b ? POWERS[(LOGS[a] + LOGS[b]) % 255] : 0)

/**
 * Returns the modules of a code as rows of 0 (light) and 1 (dark).
 * @param {string} text
 * @returns {number[][]}
 */
export function modulesOf(text) {
  const bytes = new TextEncoder().encode(text)
  const version = 1 + VERSIONS.findIndex(([all, blocks, check], at) =>
    bytes.length + (at < 9 ? 2 : 3) <= all - blocks * check)
  if (version === 0) throw new RangeError('The text is too long for a QR code.')
  const grid = new Grid(version)
  grid.place(codewordsOf(bytes, version))
  return grid.masked()
}

/**
 * Draws the code. It is dark on light in both themes, because many cameras cannot read the inverse.
 * @param {string} text @param {string} label
 */
export function qrCode(text, label) {
  const rows = modulesOf(text)
  const size = rows.length + 2 * QUIET
  let path = ''
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const from = x
      while (row[x]) x++
      if (x > from) path += `M${from + QUIET} ${y + QUIET}h${x - from}v1h-${x - from}z`
    }
  })
  return s('svg', { class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': label,
    'shape-rendering': 'crispEdges' },
    s('path', { fill: '#fff', d: `M0 0h${size}v${size}H0z` }), s('path', { fill: '#000', d: path }))
}

/** Returns the codewords of data and error correction, interleaved. */
function codewordsOf(bytes, version) {
  const [all, blocks, check] = VERSIONS[version - 1]
  const room = all - blocks * check
  const bits = []
  const put = (value, count) => { for (let i = count - 1; i >= 0; i--) bits.push(value >> i & 1) }
  put(4, 4)
  put(bytes.length, version < 10 ? 8 : 16)
  for (const byte of bytes) put(byte, 8)
  put(0, Math.min(4, room * 8 - bits.length))
  while (bits.length % 8) bits.push(0)
  const data = []
  for (let i = 0; i < bits.length; i += 8) data.push(parseInt(bits.slice(i, i + 8).join(''), 2))
  for (let pad = 0xEC; data.length < room; pad ^= 0xEC ^ 0x11) data.push(pad)

  // If the data cannot be divided evenly, the last blocks are longer by one codeword.
  const short = Math.floor(room / blocks)
  const longer = room % blocks
  const parts = []
  for (let i = 0, at = 0; i < blocks; i++) {
    const length = short + (i >= blocks - longer ? 1 : 0)
    parts.push(data.slice(at, at += length))
  }
  const generator = generatorOf(check)
  const checks = parts.map((part) => remainderOf(part, generator))
  const mixed = []
  for (let i = 0; i <= short; i++) for (const part of parts) if (i < part.length) mixed.push(part[i])
  for (let i = 0; i < check; i++) for (const part of checks) mixed.push(part[i])
  return mixed
}

/** Returns the polynomial with the roots 2^0 to 2^(degree-1), without its first coefficient, which is 1. */
function generatorOf(degree) {
  let polynomial = [1]
  for (let root = 0; root < degree; root++) {
    const next = [...polynomial, 0]
    polynomial.forEach((coefficient, i) => { next[i + 1] ^= times(coefficient, POWERS[root]) })
    polynomial = next
  }
  return polynomial.slice(1)
}

function remainderOf(data, generator) {
  const rest = new Array(generator.length).fill(0)
  for (const byte of data) {
    const factor = byte ^ rest.shift()
    rest.push(0)
    generator.forEach((coefficient, i) => { rest[i] ^= times(coefficient, factor) })
  }
  return rest
}

/** Appends the remainder of a polynomial division in GF(2). */
function withCheck(value, length, divisor) {
  let rest = value << length
  for (let bit = 31 - Math.clz32(rest); bit >= length; bit--) if (rest >> bit & 1) rest ^= divisor << bit - length
  return value << length | rest
}

class Grid {
  /** @param {number} version */
  constructor(version) {
    this.version = version
    this.size = 17 + 4 * version
    this.dark = Array.from({ length: this.size }, () => new Array(this.size).fill(0))
    /** Modules that carry no data. */
    this.fixed = Array.from({ length: this.size }, () => new Array(this.size).fill(false))
    const { size } = this
    for (let i = 0; i < size; i++) { this.#fix(i, 6, 1 - i % 2); this.#fix(6, i, 1 - i % 2) }
    for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) this.#square(x, y, 4)
    this.#align()
    this.#format(0)
    if (version < 7) return
    const bits = withCheck(version, 12, 0x1F25)
    for (let i = 0; i < 18; i++) {
      const [a, b] = [size - 11 + i % 3, Math.floor(i / 3)]
      this.#fix(a, b, bits >> i & 1)
      this.#fix(b, a, bits >> i & 1)
    }
  }

  /**
   * Places the codewords into the free modules, in columns of two from the right, alternately upwards and downwards.
   * @param {number[]} codewords
   */
  place(codewords) {
    let at = 0
    for (let right = this.size - 1; right > 0; right -= 2) {
      // The column of the timing pattern is skipped.
      if (right === 6) right = 5
      const up = (right + 1 & 2) === 0
      for (let step = 0; step < this.size; step++) {
        const y = up ? this.size - 1 - step : step
        for (const x of [right, right - 1]) {
          if (this.fixed[y][x]) continue
          this.dark[y][x] = at < codewords.length * 8 ? codewords[at >> 3] >> 7 - (at & 7) & 1 : 0
          at++
        }
      }
    }
  }

  /** Returns the modules with the mask that has the lowest penalty. */
  masked() {
    const plain = this.dark
    let best = null
    let least = Infinity
    MASKS.forEach((mask, index) => {
      this.dark = plain.map((row, y) => row.map((bit, x) => (this.fixed[y][x] ? bit : bit ^ Number(mask(x, y)))))
      this.#format(index)
      const penalty = penaltyOf(this.dark)
      if (penalty < least) { least = penalty; best = this.dark }
    })
    return best
  }

  #fix(x, y, bit) {
    this.dark[y][x] = bit
    this.fixed[y][x] = true
  }

  /** Draws concentric squares. The outermost ring of a finder pattern is its light border. */
  #square(x, y, radius) {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy))
        const [column, row] = [x + dx, y + dy]
        if (row < 0 || row >= this.size || column < 0 || column >= this.size) continue
        this.#fix(column, row, Number(radius === 4 ? ring !== 2 && ring !== 4 : ring !== 1))
      }
    }
  }

  #align() {
    if (this.version === 1) return
    const last = this.size - 7
    const middle = MIDDLE[this.version]
    const at = middle ? [6, middle, last] : [6, last]
    for (const x of at) {
      for (const y of at) {
        const finder = (x === 6 && (y === 6 || y === last)) || (x === last && y === 6)
        if (!finder) this.#square(x, y, 2)
      }
    }
  }

  /**
   * Writes the format information in two places: the level (M is 0) and the mask, with error correction bits of their
   * own.
   */
  #format(mask) {
    const bits = withCheck(mask, 10, 0x537) ^ 0x5412
    const { size } = this
    for (let i = 0; i < 15; i++) {
      const bit = bits >> i & 1
      this.#fix(8, i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, bit)
      this.#fix(i < 8 ? size - 1 - i : i < 9 ? 7 : 14 - i, 8, bit)
    }
    this.#fix(8, size - 8, 1)
  }
}

function penaltyOf(rows) {
  const size = rows.length
  const columns = rows.map((_, x) => rows.map((row) => row[x]))
  let penalty = 0
  let dark = 0
  for (const line of [...rows, ...columns]) {
    let run = 0
    for (let i = 0; i < size; i++) {
      run = i > 0 && line[i] === line[i - 1] ? run + 1 : 1
      if (run === 5) penalty += 3
      else if (run > 5) penalty++
      for (const pattern of FINDER_LIKE) if (pattern.every((bit, at) => line[i + at] === bit)) penalty += 40
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      dark += rows[y][x]
      const same = x > 0 && y > 0 && rows[y][x] + rows[y - 1][x] + rows[y][x - 1] + rows[y - 1][x - 1]
      if (same === 0 || same === 4) penalty += 3
    }
  }
  return penalty + 10 * Math.floor(Math.abs(dark * 20 - size * size * 10) / (size * size))
}
