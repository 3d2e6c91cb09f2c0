// How far the copies of pairs are: each is done by a transfer, which has no page of its own.
import { call } from '../api.js'

/** @typedef {{files: {done: number, all: number}, bytes: {done: number, all: number}}} Progress */

/**
 * @param {import('./parts.js').Pair[]} pairs
 * @returns {Promise<Map<string, Progress>>} by the ids of the pairs that copy now
 */
export async function progressOf(pairs) {
  const found = await Promise.all(pairs.filter(({ state, transfer }) => state === 'copying' && transfer)
    .map(async ({ id, transfer }) => {
    // It may have ended and be gone meanwhile.
    try { return /** @type {[string, Progress]} */ ([id,
      await call('GET', `api/transfers/${transfer}`)]) } catch (error) {
      if (error.status !== 404) throw error
      return null
    }
  }))
  return new Map(found.filter(Boolean))
}
