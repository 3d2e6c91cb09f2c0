// What a person has chosen in a tree: files and folders, and what is left out inside of a chosen folder.

/**
 * @typedef {{id: string, name: string, kind: 'file' | 'folder', size: number | null, skip: string | null,
 *   parent: Node | null, space?: string, path?: string, fixed?: boolean, glyph?: import('../dom.js').IconName,
 *   isShared?: boolean, closed?: boolean}} Node `fixed`: it can be opened, but not be chosen; `closed`: nothing can
 *   be put there
 */

/** @param {Node} node */
function* above(node) {
  for (let at = node.parent; at; at = at.parent) yield at
}

/** @param {Node} node @param {Node} folder */
const lies = (node, folder) => [...above(node)].includes(folder)

export class Selection {
  /** @type {Set<Node>} */
  chosen = new Set()
  /** @type {Set<Node>} */
  without = new Set()

  /** Ids of what a schedule leaves out, until it is seen in its folder. @type {Set<string>} */
  #unseen = new Set()

  /** The chosen folder that a node lies in. @param {Node} node */
  #folderOf(node) { return [...above(node)].find((folder) => this.chosen.has(folder)) ?? null }

  /** Whether a folder between a node and the chosen one is left out. @param {Node} node */
  #isCut(node) { return [...above(node)].some((folder) => this.without.has(folder)) }

  /**
   * @param {Node} node
   * @returns {'on' | 'part' | 'off' | 'cut'} cut: its folder is left out, so it cannot be chosen alone
   */
  stateOf(node) {
    if (this.#isCut(node)) return 'cut'
    if (this.without.has(node)) return 'off'
    const inside = (set) => [...set].some((one) => lies(one, node))
    if (this.chosen.has(node) || this.#folderOf(node)) return inside(this.without) ? 'part' : 'on'
    return inside(this.chosen) ? 'part' : 'off'
  }

  /** @param {Node} node */
  toggle(node) {
    const state = this.stateOf(node)
    if (state === 'cut' || node.fixed || node.skip) return
    const forget = (set) => { for (const one of set) if (lies(one, node)) set.delete(one) }
    if (this.without.delete(node)) return
    forget(this.without)
    if (state === 'part' && (this.chosen.has(node) || this.#folderOf(node))) return
    forget(this.chosen)
    if (this.chosen.delete(node)) return
    if (this.#folderOf(node)) this.without.add(node)
    else this.chosen.add(node)
  }

  /** What is left out of what is chosen, wherever it lies. @param {string[]} ids */
  leaveOut(ids) { this.#unseen = new Set(ids) }

  /**
   * A node that was chosen, or left out, before it was seen in its folder is the one in the folder from now on.
   * @param {Node} node
   */
  adopt(node) {
    if (this.#folderOf(node) && this.#unseen.delete(node.id)) this.without.add(node)
    const before = [...this.chosen].find(({ id, parent }) => id === node.id && parent === null)
    if (!before) return
    this.chosen.delete(before)
    if (!this.#folderOf(node)) this.chosen.add(node)
  }

  clear() {
    this.chosen.clear()
    this.without.clear()
    this.#unseen.clear()
  }

  get size() { return this.chosen.size }

  get ids() { return [...this.chosen].map(({ id }) => id) }

  /** What was unticked in a chosen folder. @returns {string[]} */
  get leftOut() { return [...[...this.without].map(({ id }) => id), ...this.#unseen] }

  /** @returns {{files: number, folders: number, bytes: number}} */
  get sum() {
    const all = [...this.chosen]
    const files = all.filter(({ kind }) => kind === 'file')
    return { files: files.length, folders: all.length - files.length,
      bytes: files.reduce((sum, { size }) => sum + (size ?? 0), 0) }
  }
}

/** Patterns as a person writes them: separated by commas or lines. @param {string} text */
export const patternsOf = (text) => text.split(/[,\n]/).map((one) => one.trim()).filter(Boolean)
