// Opens the page of a link in a headless Chromium and sends files through it, or looks at what it shares; prints one line of JSON.
// node link.mjs upload|reload|password with LINK_URL, LINK_FILES (paths separated by colons), LINK_PASSWORD and LINK_BROWSER in the
// environment.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const { LINK_URL: url, LINK_FILES: files, LINK_PASSWORD: password, LINK_BROWSER: executablePath } = process.env
const profile = mkdtempSync(join(tmpdir(), 'chunkupload-browser-'))
const timeout = 100_000
// The sandbox does not work for root; the page is the service's own.
const args = ['--no-sandbox', '--disable-dev-shm-usage']
const context = await chromium.launchPersistentContext(profile, { executablePath, timeout, args })
context.setDefaultTimeout(timeout)
const page = context.pages()[0]
const complaints = []
page.on('pageerror', (error) => complaints.push(error.message))
page.on('console', (message) => {
  if (/Content Security Policy|is not a function|Uncaught/.test(message.text())) complaints.push(message.text())
})

const sent = () => page.waitForFunction(
  (count) => [...document.querySelectorAll('#files .state')].filter((state) => /sent$/.test(state.textContent)).length === count,
  files.split(':').length)

const scenarios = {
  upload: async () => {
    await page.setInputFiles('#pick', files.split(':'))
    await sent()
    return page.locator('#files li').allInnerTexts()
  },

  reload: async () => {
    await page.route('**/chunks/**', (route) => route.abort())
    await page.setInputFiles('#pick', files.split(':'))
    await page.waitForFunction(() => /goes on by itself/.test(document.querySelector('#files .state')?.textContent ?? ''))
    await page.unroute('**/chunks/**')
    page.on('dialog', (dialog) => dialog.accept())
    await page.reload()
    await sent()
    return page.locator('#files li').allInnerTexts()
  },

  password: async () => {
    await page.fill('#secret', password)
    await page.click('#password button')
    await page.waitForSelector('#entries a')
    return page.locator('#entries .name').allInnerTexts()
  },
}

try {
  await page.goto(url)
  await page.waitForFunction(() => document.getElementById('about').textContent !== '')
  const shown = await scenarios[process.argv[2]]()
  process.stdout.write(`${JSON.stringify({ shown, title: await page.title(), complaints })}\n`)
} finally {
  await context.close()
  rmSync(profile, { recursive: true, force: true })
}
