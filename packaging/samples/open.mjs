// Opens a page in Chromium, gives a file to its field, and waits until its state matches: node open.mjs PLACE FILE PATTERN
// PLACE is an address, or a folder with a query ("dist?service=..."), which is served on a free port. Needs STAGE_BROWSER.
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join, normalize } from 'node:path'

const { chromium } = createRequire(new URL('../../Tests/Clients/', import.meta.url))('playwright-core')
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
const [place, file, pattern] = process.argv.slice(2)
let address = place
if (!/^https?:/.test(place)) {
  const cut = place.indexOf('?')
  const [folder, query] = [place.slice(0, cut), place.slice(cut)]
  const server = createServer(({ url }, answer) => {
    const { pathname } = new URL(url, 'http://localhost')
    const path = join(folder, normalize(pathname === '/' ? '/index.html' : pathname))
    if (!existsSync(path)) return answer.writeHead(404).end()
    answer.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream' })
    createReadStream(path).pipe(answer)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${server.address().port}/${query}`
}
const browser = await chromium.launch({ executablePath: process.env.STAGE_BROWSER, args: ['--no-sandbox'] })
const page = await browser.newPage()
page.on('console', (message) => console.error(message.text()))
page.on('pageerror', (error) => console.error(error.message))
try {
  await page.goto(address)
  await page.setInputFiles('#file', file)
  await page.waitForFunction((text) => new RegExp(text).test(document.getElementById('state').textContent), pattern, { timeout: 60_000 })
} finally {
  console.log(await page.textContent('#state'))
  await browser.close()
}
process.exit()
