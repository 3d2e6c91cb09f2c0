// SHA-256. Browsers offer crypto.subtle only on https and localhost; everywhere else the digest is computed here.
const K = new Uint32Array(64)
const START = new Uint32Array(8)

// The constants are the first bits of the fractional parts of the roots of the first primes.
for (let candidate = 2, count = 0; count < 64; candidate++) {
  let prime = true
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) prime = false
  if (!prime) continue
  if (count < 8) START[count] = Math.sqrt(candidate) % 1 * 2 ** 32
  K[count++] = Math.cbrt(candidate) % 1 * 2 ** 32
}

/** A digest that takes its bytes in parts. */
export class Sha256 {
  #state = START.slice()
  #words = new Uint32Array(64)
  #rest = new Uint8Array(64)
  #held = 0
  #length = 0

  /** @param {Uint8Array} bytes */
  add(bytes) {
    this.#length += bytes.length
    let at = 0
    if (this.#held > 0) {
      at = Math.min(64 - this.#held, bytes.length)
      this.#rest.set(bytes.subarray(0, at), this.#held)
      this.#held += at
      if (this.#held < 64) return this
      this.#blocks(this.#rest, 0, 1)
      this.#held = 0
    }
    const whole = (bytes.length - at) >> 6
    this.#blocks(bytes, at, whole)
    at += whole * 64
    this.#rest.set(bytes.subarray(at))
    this.#held = bytes.length - at
    return this
  }

  /** @returns {string} hexadecimal digits */
  end() {
    const tail = new Uint8Array(this.#held < 56 ? 64 : 128)
    tail.set(this.#rest.subarray(0, this.#held))
    tail[this.#held] = 0x80
    const view = new DataView(tail.buffer)
    view.setUint32(tail.length - 8, Math.floor(this.#length / 2 ** 29))
    view.setUint32(tail.length - 4, (this.#length << 3) >>> 0)
    this.#blocks(tail, 0, tail.length >> 6)
    return [...this.#state].map((word) => word.toString(16).padStart(8, '0')).join('')
  }

  #blocks(bytes, at, count) {
    const w = this.#words
    const state = this.#state
    let [h0, h1, h2, h3, h4, h5, h6, h7] = state
    for (; count > 0; count--) {
      for (let i = 0; i < 16; i++, at += 4) w[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15]
        const y = w[i - 2]
        w[i] = w[i - 16] + w[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) +
          ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)
      }
      let a = h0, b = h1, c = h2, d = h3, e = h4, f = h5, g = h6, h = h7
      for (let i = 0; i < 64; i++) {
        const one = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i] | 0
        const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0
        h = g; g = f; f = e; e = d + one | 0
        d = c; c = b; b = a; a = one + two | 0
      }
      h0 = h0 + a | 0; h1 = h1 + b | 0; h2 = h2 + c | 0; h3 = h3 + d | 0
      h4 = h4 + e | 0; h5 = h5 + f | 0; h6 = h6 + g | 0; h7 = h7 + h | 0
    }
    state.set([h0, h1, h2, h3, h4, h5, h6, h7])
  }
}

/** @param {Blob} blob */
export async function sha256(blob) {
  const hash = new Sha256()
  for (let at = 0; at < blob.size; at += 1 << 20) hash.add(new Uint8Array(await blob.slice(at, at + (1 << 20)).arrayBuffer()))
  return hash.end()
}
