// The page of a link in Chromium: sends files through it, or looks at what it shares. Its settings are url, files (paths separated by
// colons), key (the operator's) and password.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { newContext } from './chromium.mjs'

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce' }

export async function run(name, play) {
  const { url, files, key, password } = play.settings
  const opened = await newContext(name === 'guest' ? phone : {})
  const { context } = opened
  let { page } = opened
  play.opened(opened.close)
  const complaints = []
  listen()

  function listen() {
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (/Content Security Policy|is not a function|Uncaught/.test(message.text())) complaints.push(message.text())
    })
  }

  async function open() {
    await page.goto(url)
    await page.waitForSelector('main > section:not([hidden]), main > form:not([hidden]), #fault:not([hidden])', { state: 'attached' })
  }

  /** What a blind person would meet, and what is too wide. */
  async function check(what) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
      const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }))
      complaints.push(...violations.map(({ id, nodes }) => `${what}, ${colorScheme}: ${id}: ${nodes[0].html}`))
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) complaints.push(`${what}: too wide`)
    }
  }

  const sent = () => page.waitForFunction(
    (count) => [...document.querySelectorAll('#files .state')].filter((state) => /sent$/.test(state.textContent)).length === count,
    files.split(':').length)

  async function breakOff() {
    await page.route('**/chunks/**', (route) => route.abort())
    await page.setInputFiles('#pick', files.split(':'))
    await page.waitForFunction(() => /goes on by itself/.test(document.querySelector('#files .state')?.textContent ?? ''))
    page.on('dialog', (dialog) => dialog.accept())
  }

  /** What the operator does. */
  async function operate(method, path) {
    const answer = await fetch(new URL(path, url), { method, headers: { Authorization: `Bearer ${key}` } })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`)
    return answer.json()
  }

  const scenarios = {
    upload: async () => {
      await page.setInputFiles('#pick', files.split(':'))
      await sent()
      return page.locator('#files li').allInnerTexts()
    },

    reload: async () => {
      await breakOff()
      await page.unroute('**/chunks/**')
      // The page asks again when the service did not answer it.
      await page.route('**/about', (route) => route.abort(), { times: 1 })
      await page.reload()
      await sent()
      return page.locator('#files li').allInnerTexts()
    },

    // What a closed tab has left goes on in the one that is still open.
    tabs: async () => {
      await breakOff()
      const first = page
      page = await context.newPage()
      listen()
      await open()
      const before = await page.locator('#files li').count()
      await first.close()
      await sent()
      return [String(before), ...await page.locator('#files li').allInnerTexts()]
    },

    // What is paused in the console is shown as paused, not sent anew, and goes on once it is resumed there.
    paused: async () => {
      await breakOff()
      const { items: [{ id }] } = await operate('GET', '/api/sessions')
      await operate('POST', `/api/sessions/${id}/pause`)
      const isPaused = () => page.waitForFunction(() => /^paused/.test(document.querySelector('#files .state')?.textContent ?? ''))
      await page.unroute('**/chunks/**')
      await page.reload()
      await isPaused()
      // Chosen again, it is not a second upload.
      await page.setInputFiles('#pick', files.split(':'))
      await isPaused()
      await operate('POST', `/api/sessions/${id}/resume`)
      await sent()
      return page.locator('#files li').allInnerTexts()
    },

    // A refused file can be tried again, and removed for good.
    refused: async () => {
      await page.setInputFiles('#pick', files.split(':'))
      const isRefused = () => page.waitForFunction(() => /^not sent/.test(document.querySelector('#files .state')?.textContent ?? ''))
      await isRefused()
      await page.getByRole('button', { name: 'Try again' }).click()
      await isRefused()
      await page.getByRole('button', { name: 'Remove' }).click()
      await page.waitForFunction(() => document.querySelectorAll('#files li').length === 0)
      await page.reload()
      await page.waitForSelector('#pick', { state: 'attached' })
      return page.locator('#files li').allInnerTexts()
    },

    // What the link takes is said in words, and what is left of it follows. A file of another kind is not tried again.
    kinds: async () => {
      const before = await page.innerText('#rules')
      await page.setInputFiles('#pick', files.split(':'))
      await page.waitForFunction(() => ['sent', 'not sent'].every((word) => (
        [...document.querySelectorAll('#files .state')].some((state) => state.textContent.split(' · ').at(-1) === word))))
      await page.waitForFunction((before) => document.querySelector('#rules').textContent !== before, before)
      return [before, await page.innerText('#rules'), await page.innerText('#files .bad:not([hidden])'),
        ...await page.locator('#files button:visible').allInnerTexts()]
    },

    // A link that is cut off, unknown or over has a page, too.
    closed: async () => {
      await check('closed')
      return [await page.innerText('#fault')]
    },

    // A phone: nothing to drop, everything large enough for a finger, one row for a folder.
    guest: async () => {
      await page.waitForFunction(() => !document.querySelector('#who').hidden)
      if (await page.isVisible('.mouse')) complaints.push('It speaks of dropping.')
      const small = await page.$$eval('a, button, label.button', (all) => all.filter((one) => one.getBoundingClientRect().height > 0)
        .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.textContent))
      if (small.length > 0) complaints.push(`too small for a finger: ${small}`)
      await check('before')
      await page.setInputFiles('#pick-folder', files)
      await page.waitForFunction(() => /^30 of 31/.test(document.querySelector('#files .folder > .state')?.textContent ?? '')
        && document.querySelector('#files .inner li .state')?.textContent === 'not sent')
      await check('after')
      return [await page.innerText('#who'), await page.innerText('#files > li'), String(await page.locator('#files > li').count())]
    },

    password: async () => {
      await page.fill('#secret', password)
      await page.click('#password button')
      await page.waitForSelector('#entries a')
      return page.locator('#entries .name').allInnerTexts()
    },

    // Files can be chosen after the password.
    locked: async () => {
      const before = await page.isVisible('#upload')
      await check('password')
      await page.fill('#secret', password)
      await page.click('#password button')
      await page.waitForSelector('#upload:not([hidden])')
      await page.setInputFiles('#pick', files.split(':'))
      await sent()
      return [String(before), ...await page.locator('#files li .name').allInnerTexts()]
    },

    // An encrypted file: to the disk over a connection that breaks, by way of memory, with a wrong key, and where there is no cryptography.
    encrypted: async () => {
      await page.addInitScript(() => {
        const written = []
        globalThis.written = written
        globalThis.showSaveFilePicker = globalThis.name === 'memory' ? undefined : async ({ suggestedName }) => {
          written.name = suggestedName
          return {
            createWritable: async () => ({
              write: async (part) => { written.push(part) },
              close: async () => { written.closed = true },
              abort: async () => { written.aborted = true },
            }),
          }
        }
        if (globalThis.name === 'memory') delete globalThis.showSaveFilePicker
        if (globalThis.name === 'insecure') Object.defineProperty(globalThis, 'isSecureContext', { value: false })
      })
      const digest = (bytes) => createHash('sha256').update(bytes).digest('hex')
      await page.reload()
      let broken = 0
      await page.route('**/content', async (route) => {
        const answer = await route.fetch()
        const body = await answer.body()
        const cut = route.request().headers().range === 'bytes=0-' && broken++ === 0
        await route.fulfill({ response: answer, body: cut ? body.subarray(0, 70_000) : body })
      })
      await page.waitForFunction(() => document.querySelector('#all').getAttribute('role') === 'button')
      await check('encrypted')
      const label = await page.innerText('#all')
      await page.click('#all')
      await page.waitForFunction(() => globalThis.written.closed)
      await check('decrypted')
      const [name, saved] = await page.evaluate(async () => [
        globalThis.written.name, [...new Uint8Array(await new Blob(globalThis.written).arrayBuffer())],
      ])
      await page.unroute('**/content')

      await page.evaluate(() => { globalThis.name = 'memory' })
      await page.reload()
      await page.waitForFunction(() => document.querySelector('#all').getAttribute('role') === 'button')
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#all')])
      const kept = readFileSync(await download.path())

      await page.evaluate(() => { location.hash = `key=${'A'.repeat(22)}` })
      await page.waitForSelector('#fault:not([hidden])')
      const wrong = [await page.innerText('#fault'), String(await page.isVisible('#all'))]

      // Another key behind the # loads the page anew by itself.
      await page.evaluate(() => { globalThis.name = 'insecure' })
      await page.goto(url)
      await page.waitForFunction(() => /https/.test(document.querySelector('#fault').textContent))
      await check('insecure')
      const insecure = await page.innerText('#fault')
      return [label, name, digest(Buffer.from(saved)), String(broken), download.suggestedFilename(), digest(kept), ...wrong, insecure]
    },

    // Small pictures, where they use up no downloads, and a file on the whole screen.
    look: async () => {
      await page.waitForSelector('#entries .look')
      const offered = await page.isVisible('#tiles')
      if (offered) {
        await page.click('#tiles')
        await page.waitForFunction(() => document.querySelectorAll('#entries canvas[data-drawn]').length === 3)
        await check('tiles')
      }
      const drawn = await page.locator('#entries canvas[data-drawn]').count()
      await page.click('[aria-label="Look at a.png"]')
      await page.waitForFunction(() => document.querySelector('.viewer img')?.naturalWidth === 2)
      const seen = await page.$eval('.viewer', (one) => [one.querySelector('h2').textContent, one.querySelector('.stage > *').tagName])
      await check('viewer')
      const first = await page.isDisabled('.viewer [aria-label="Previous file"]')
      await page.keyboard.press('ArrowRight')
      await page.waitForFunction(() => document.querySelector('.viewer h2').textContent === 'b.png')
      const next = await page.textContent('.viewer h2')
      await page.keyboard.press('Escape')
      await page.waitForFunction(() => !document.querySelector('.viewer'))
      return [String(offered), String(drawn), ...seen, String(first), next]
    },
  }

  try {
    await open()
    return { shown: await scenarios[name](), title: await page.title(), complaints }
  } catch (error) {
    const shows = await page.locator('main').innerText({ timeout: 5000 }).catch(() => 'nothing')
    throw new Error(`${error.message} The page shows: ${shows}. ${complaints.join('; ')}`, { cause: error })
  } finally {
    await opened.close().catch(() => {})
  }
}
