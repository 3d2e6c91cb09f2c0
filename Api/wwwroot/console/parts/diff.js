// Compares two texts line by line (E. W. Myers, An O(ND) Difference Algorithm, 1986).

// A comparison with more edits takes long and does not help the reader.
const MOST_EDITS = 1000

/** @typedef {{kind: ' ' | '-' | '+', text: string}} Line */

/**
 * @param {string[]} before @param {string[]} now
 * @returns {Line[] | null} the lines of both texts, in order; null if too many differ
 */
export function linesOf(before, now) {
  let start = 0
  while (start < before.length && start < now.length && before[start] === now[start]) start++
  let end = 0
  while (end < before.length - start && end < now.length - start && before.at(-1 - end) === now.at(-1 - end)) end++
  const same = (from, to) => before.slice(from, to).map((text) => ({ kind: /** @type {const} */ (' '), text }))
  const middle = edits(before.slice(start, before.length - end), now.slice(start, now.length - end))
  return middle && [...same(0, start), ...middle, ...same(before.length - end, before.length)]
}

/** @param {string[]} before @param {string[]} now @returns {Line[] | null} */
function edits(before, now) {
  const n = before.length
  const m = now.length
  const most = Math.min(n + m, MOST_EDITS)
  // The furthest point on each diagonal, with one more diagonal at each end.
  const reach = new Int32Array(2 * most + 3).fill(-1)
  const middle = most + 1
  reach[middle + 1] = 0
  /** The furthest points before each number of edits. @type {Int32Array[]} */
  const trace = []
  for (let d = 0; d <= most; d++) {
    trace.push(reach.slice(middle - d - 1, middle + d + 2))
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[middle + k - 1] < reach[middle + k + 1])
      let x = down ? reach[middle + k + 1] : reach[middle + k - 1] + 1
      while (x < n && x - k < m && before[x] === now[x - k]) x++
      reach[middle + k] = x
      if (x >= n && x - k >= m) return back(trace, before, now)
    }
  }
  return null
}

/**
 * Follows the shortest path of edits back from the ends of both texts.
 * @param {Int32Array[]} trace
 * @param {string[]} before
 * @param {string[]} now
 */
function back(trace, before, now) {
  /** @type {Line[]} */
  const lines = []
  let x = before.length
  let y = now.length
  for (let d = trace.length - 1; d >= 0; d--) {
    const at = (k) => trace[d][k + d + 1]
    const k = x - y
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1))
    const from = down ? k + 1 : k - 1
    const fromX = d === 0 ? 0 : at(from)
    const fromY = d === 0 ? 0 : fromX - from
    for (; x > fromX && y > fromY; x--, y--) lines.push({ kind: ' ', text: before[x - 1] })
    if (d === 0) break
    lines.push(down ? { kind: '+', text: now[y - 1] } : { kind: '-', text: before[x - 1] })
    x = fromX
    y = fromY
  }
  return lines.reverse()
}

/**
 * Splits each of two lines into the equal words at its beginning, the words that differ, and the equal words at its
 * end.
 * @param {string} a @param {string} b @returns {[[string, string, string], [string, string, string]]}
 */
export function wordsOf(a, b) {
  const split = (text) => text.split(/([\s,;:|()[\]{}"'<>=/]+)/)
  const left = split(a)
  const right = split(b)
  let start = 0
  while (start < left.length && start < right.length && left[start] === right[start]) start++
  let end = 0
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end++
  const cut = (words) => /** @type {[string, string, string]} */ (
    [words.slice(0, start).join(''), words.slice(start, words.length - end).join(''),
      words.slice(words.length - end).join('')])
  return [cut(left), cut(right)]
}
