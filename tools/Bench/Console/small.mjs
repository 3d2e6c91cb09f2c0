// How long FILES (200) small files of KIB (4) take through the Upload page, beside four curl processes at a time, in turn: RUNS (5).
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { address, folder, median, print, withPage } from './browser.mjs'

const runs = Number(process.env.RUNS ?? 5)
const count = Number(process.env.FILES ?? 200)
const size = Number(process.env.KIB ?? 4) << 10

/** A folder of files with other bytes in each run. */
function filesOf(name) {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  for (let i = 0; i < count; i++) writeFileSync(join(path, `${i}.bin`), randomBytes(size))
  return path
}

/** Each of four processes sends a quarter over one connection. */
async function byCurl(path, to) {
  const began = performance.now()
  const names = readdirSync(path)
  await Promise.all([0, 1, 2, 3].map((one) => new Promise((resolve, reject) => {
    const own = names.filter((_, i) => i % 4 === one)
    const args = own.flatMap((name) => ['-T', join(path, name), '-o', '/dev/null', `${address}api/tree/${to}/${name}?parents=true`])
    spawn('curl', ['-sS', '--fail', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
      .on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`curl: ${code}`))))
  })))
  return performance.now() - began
}

/** From the choice of the files until the page says that all are done. */
function byPage(path, to) {
  return withPage(async (page) => {
    await page.goto(`${address}console/#/upload/${to}`)
    await page.waitForSelector('.drop')
    await page.evaluate((count) => {
      document.addEventListener('change', () => {
        const began = performance.now()
        // Frames would cost as much as the uploads.
        const timer = setInterval(() => {
          if (document.querySelectorAll('.row.done').length < count) return
          globalThis.took = performance.now() - began
          clearInterval(timer)
        }, 10)
      }, true)
    }, count)
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('text=Choose files')])
    await chooser.setFiles(readdirSync(path).map((name) => join(path, name)))
    const took = await page.waitForFunction(() => globalThis.took, null, { timeout: 600_000, polling: 100 })
    return took.jsonValue()
  })
}

const times = { curl: [], page: [] }
for (let run = 0; run <= runs; run++) {
  const path = filesOf(`files-${run}`)
  const id = Date.now()
  const curl = await byCurl(path, `curl-${id}`)
  const page = await byPage(path, `page-${id}`)
  rmSync(path, { recursive: true })
  // The first run warms the service and the file system up.
  if (run === 0) continue
  times.curl.push(curl)
  times.page.push(page)
}
print(`${count} files of ${size} bytes by four curl processes`, times.curl, 'ms')
print('the Upload page', times.page, 'ms', `${(median(times.page) / median(times.curl)).toFixed(2)} × curl's time`)
