/** A set of byte ranges, kept sorted, disjoint and merged. */
export class Ranges {
  /** @type {{offset: number, length: number}[]} */
  items = []

  total = 0

  /** @param {Iterable<{offset: number, length: number}>} [ranges] */
  constructor(ranges = []) {
    for (const range of ranges) this.add(range.offset, range.length)
  }

  /** @param {number} offset @param {number} length */
  add(offset, length) {
    if (length <= 0) return
    let start = offset
    let end = offset + length
    const first = this.#firstEndingAt(start)
    let last = first
    for (; last < this.items.length && this.items[last].offset <= end; last++) {
      start = Math.min(start, this.items[last].offset)
      end = Math.max(end, this.items[last].offset + this.items[last].length)
      this.total -= this.items[last].length
    }
    this.items.splice(first, last - first, { offset: start, length: end - start })
    this.total += end - start
  }

  /** @param {number} offset @param {number} length */
  remove(offset, length) {
    if (length <= 0) return
    const end = offset + length
    const kept = []
    for (const item of this.items) {
      const itemEnd = item.offset + item.length
      if (itemEnd <= offset || item.offset >= end) { kept.push(item); continue }
      if (item.offset < offset) kept.push({ offset: item.offset, length: offset - item.offset })
      if (itemEnd > end) kept.push({ offset: end, length: itemEnd - end })
    }
    this.items = kept
    this.total = kept.reduce((sum, item) => sum + item.length, 0)
  }

  /** How many bytes of this window are in the set. @param {number} offset @param {number} length */
  within(offset, length) {
    const end = offset + length
    let sum = 0
    for (let i = this.#firstEndingAt(offset); i < this.items.length && this.items[i].offset < end; i++) {
      const item = this.items[i]
      sum += Math.max(0, Math.min(end, item.offset + item.length) - Math.max(offset, item.offset))
    }
    return sum
  }

  /** The index of the first range that ends at or behind this offset. @param {number} offset */
  #firstEndingAt(offset) {
    let low = 0
    let high = this.items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.items[middle].offset + this.items[middle].length < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
