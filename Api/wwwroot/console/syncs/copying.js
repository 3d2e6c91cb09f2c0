// Loads the progress of the copies of pairs. Each copy is a transfer that has no screen of its own.
import { call } from '../api.js'

/** @typedef {{files: {done: number, all: number}, bytes: {done: number, all: number}}} Progress */

/**
 * @param {import('./parts.js').Pair[]} pairs
 * @returns {Promise<Map<string, Progress>>} the progress by the ids of the pairs that are copying
 */
export async function progressOf(pairs) {
  const found = await Promise.all(pairs.filter(({ state, transfer }) => state === 'copying' && transfer)
    .map(async ({ id, transfer }) => {
    // The transfer may have ended meanwhile.
    try { return /** @type {[string, Progress]} */ ([id,
      await call('GET', `api/transfers/${transfer}`)]) } catch (error) {
      if (error.status !== 404) throw error
      return null
    }
  }))
  return new Map(found.filter(Boolean))
}
