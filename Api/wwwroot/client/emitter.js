/** Events without a DOM: the engine also runs in node, whose version 18 has no CustomEvent. */
export class Emitter {
  #listeners = new Map()

  /**
   * @param {string} type
   * @param {(detail: any) => void} listener
   * @returns {() => void} ends the subscription
   */
  on(type, listener) {
    const all = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, all.add(listener))
    return () => all.delete(listener)
  }

  /** @param {string} type @param {any} [detail] */
  emit(type, detail) {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(detail)
  }
}
