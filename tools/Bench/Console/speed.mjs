// The speed of an upload through the console's Upload page beside curl's, in turn, with the same files: RUNS (3) and MIB (512).
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { address, cpuOf, folder, median, print, service, withPage } from './browser.mjs'

const runs = Number(process.env.RUNS ?? 3)
const mebibytes = Number(process.env.MIB ?? 512)

/** A file with other bytes in each run, so that nothing is known before. */
function fileOf(name) {
  const path = join(folder, name)
  const file = openSync(path, 'w')
  for (let i = 0; i < mebibytes; i += 16) writeSync(file, randomBytes(16 << 20))
  closeSync(file)
  return path
}

function byCurl(path, name) {
  const seconds = execFileSync('curl', ['-sS', '--fail', '-T', path, '-o', '/dev/null', '-w', '%{time_total}',
    `${address}api/tree/${name}`], { encoding: 'utf8' })
  return mebibytes / Number(seconds)
}

/** The CPU seconds of the service and the browser so far, as of a GiB. */
const cpu = () => (cpuOf(Number(service)) + cpuOf(process.pid)) * 1024 / mebibytes

/** From the choice of the file until its row says that it is done. @param {string} path @param {number[]} costs gets the CPU seconds */
function byPage(path, costs) {
  return withPage(async (page) => {
    await page.goto(`${address}console/#/upload`)
    await page.waitForSelector('.drop')
    await page.evaluate(() => {
      document.addEventListener('change', () => {
        const began = performance.now()
        // Frames would cost as much as the upload.
        const timer = setInterval(() => {
          if (!document.querySelector('.row.done')) return
          globalThis.took = performance.now() - began
          clearInterval(timer)
        }, 10)
      }, true)
    })
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('text=Choose files')])
    const before = cpu()
    await chooser.setFiles(path)
    const took = await page.waitForFunction(() => globalThis.took, null, { timeout: 600_000, polling: 100 })
    costs.push(cpu() - before)
    return mebibytes / (await took.jsonValue() / 1000)
  })
}

/** The browser's best case: one request with the file as its body, and a digest of all of it in steps of 8 MiB. */
function alone(path, name) {
  return withPage(async (page) => {
    await page.goto(`${address}console/#/upload`)
    await page.waitForSelector('.drop')
    const input = await page.evaluateHandle(() =>
      document.body.appendChild(Object.assign(document.createElement('input'), { type: 'file' })))
    await input.setInputFiles(path)
    const sent = await input.evaluate((input, name) => new Promise((resolve, reject) => {
      const began = performance.now()
      const xhr = new XMLHttpRequest()
      xhr.open('PUT', `../api/tree/${name}`)
      xhr.onload = () => resolve(performance.now() - began)
      xhr.onerror = reject
      xhr.send(input.files[0])
    }), name)
    const hashed = await input.evaluate(async (input) => {
      const began = performance.now()
      for (let at = 0; at < input.files[0].size; at += 8 << 20) {
        await crypto.subtle.digest('SHA-256', await input.files[0].slice(at, at + (8 << 20)).arrayBuffer())
      }
      return performance.now() - began
    })
    return { sent: mebibytes / (sent / 1000), hashed: mebibytes / (hashed / 1000) }
  })
}

const rates = { curl: [], page: [], sent: [], hashed: [] }
const costs = []
for (let run = 0; run <= runs; run++) {
  const path = fileOf(`file-${run}.bin`)
  const curl = byCurl(path, `curl-${run}.bin`)
  const page = await byPage(path, costs)
  const { sent, hashed } = await alone(path, `alone-${run}.bin`)
  rmSync(path)
  // The first run warms the service and the file system up.
  if (run === 0) continue
  for (const [what, value] of Object.entries({ curl, page, sent, hashed })) rates[what].push(value)
}
print('curl -T', rates.curl, 'MiB/s')
print('the Upload page', rates.page, 'MiB/s', `${(100 * median(rates.page) / median(rates.curl)).toFixed(0)} % of curl's`)
print('CPU of browser and service by the page', costs.slice(1), 's/GiB')
print('one request of the browser without a digest', rates.sent, 'MiB/s')
print('reading and hashing in the browser', rates.hashed, 'MiB/s')
