// The selection in a tree: chosen files and folders, and items that are excluded within a chosen folder.

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

  /** The ids of items that a schedule excludes, until they are found in their folder. @type {Set<string>} */
  #unseen = new Set()

  /** Returns the chosen folder that contains a node. @param {Node} node */
  #folderOf(node) { return [...above(node)].find((folder) => this.chosen.has(folder)) ?? null }

  /** Returns whether a folder between the node and the chosen folder is excluded. @param {Node} node */
  #isCut(node) { return [...above(node)].some((folder) => this.without.has(folder)) }

  /**
   * @param {Node} node
   * @returns {'on' | 'part' | 'off' | 'cut'} 'cut' if its folder is excluded, so that it cannot be chosen alone
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

  /** Sets the ids of the excluded items. @param {string[]} ids */
  leaveOut(ids) { this.#unseen = new Set(ids) }

  /**
   * Replaces a node that was chosen or excluded before its folder was loaded with the node of the folder.
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

  /** The ids of the excluded items. @returns {string[]} */
  get leftOut() { return [...[...this.without].map(({ id }) => id), ...this.#unseen] }

  /** @returns {{files: number, folders: number, bytes: number}} */
  get sum() {
    const all = [...this.chosen]
    const files = all.filter(({ kind }) => kind === 'file')
    return { files: files.length, folders: all.length - files.length,
      bytes: files.reduce((sum, { size }) => sum + (size ?? 0), 0) }
  }
}

/** Splits a text into patterns, which are separated by commas or line breaks. @param {string} text */
export const patternsOf = (text) => text.split(/[,\n]/).map((one) => one.trim()).filter(Boolean)
