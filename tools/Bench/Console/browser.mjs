// Shared parts of this folder's scripts: a headless Chromium, medians, lines of a table.
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'

// Locked by Tests/Clients, where tools/test installs it.
const { chromium } = createRequire(new URL('../../../Tests/Clients/package.json', import.meta.url))('playwright-core')

export const { BENCH_ADDRESS: address, BENCH_FILES: folder, BENCH_BROWSER: executablePath, BENCH_SERVICE: service } = process.env

/** @param {(page: import('playwright-core').Page) => Promise<T>} work @template T */
export async function withPage(work) {
  // The sandbox does not work for root; the pages are the service's own.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    // The page then uses its input, which a script can fill.
    await context.addInitScript(() => { delete window.showOpenFilePicker; delete window.showDirectoryPicker })
    return await work(await context.newPage())
  } finally {
    await browser.close()
  }
}

/** The fields of a process from its state on, as in proc(5); null when it has ended. */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ').map(Number)
  } catch {
    return null
  }
}

/** The CPU seconds of a process and of all below it. @param {number} root */
export function cpuOf(root) {
  const all = new Map(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => [Number(pid), statOf(pid)]))
  let sum = 0
  for (const todo = [root]; todo.length > 0;) {
    const pid = todo.pop()
    const fields = all.get(pid)
    if (!fields) continue
    sum += (fields[11] + fields[12] + fields[13] + fields[14]) / 100
    for (const [child, other] of all) if (other?.[1] === pid) todo.push(child)
  }
  return sum
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** @param {string} what @param {number[]} values @param {string} unit @param {string} [more] */
export function print(what, values, unit, more = '') {
  const rounded = values.map((value) => value.toPrecision(3)).join(', ')
  process.stdout.write(`${what}: ${median(values).toPrecision(3)} ${unit} (${rounded})${more && `, ${more}`}\n`)
}
