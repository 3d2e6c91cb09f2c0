// Scenarios of uploads that go on while a person does something else: seen on other screens and tabs, slower on demand, told at the end,
// and begun by another app. And of finding things: in all spaces, by kind and time, and what a folder holds.

const row = (page, name) => page.locator(`tbody tr[data-name="${name}"]`)

/** An upload is seen on another screen and in another tab; the browser is asked once whether it may tell of the end. */
export async function elsewhere(browser) {
  browser.mayBreak = true
  const { page } = browser
  await browser.context.addInitScript(() => {
    globalThis.told = []
    globalThis.Notification = class extends EventTarget {
      static permission = localStorage.getItem('granted') ? 'granted' : 'default'
      static async requestPermission() {
        localStorage.setItem('granted', 'yes')
        return (this.permission = 'granted')
      }

      constructor(title) { super(); globalThis.told.push(title) }
      close() {}
    }
  })
  await browser.signIn()
  await browser.drop()
  await page.waitForSelector('.row >> text=Uploading')
  const here = await page.isVisible('.under-way')
  await page.click('.nav [data-screen="files"]')
  await page.waitForSelector('.under-way:not([hidden])')
  const words = await page.getAttribute('.under-way', 'aria-label')
  await browser.check('an upload while files are looked at')
  const second = browser.watch(await browser.context.newPage())
  await second.goto(`${browser.base}console/#/links`)
  await second.waitForSelector('.under-way:not([hidden])')
  await page.click('.note >> text=Tell me')
  const asked = await page.locator('.note >> text=Tell me').count()
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true }))
  await browser.say('looking away')
  await page.waitForFunction(() => globalThis.told.length > 0)
  const told = await page.evaluate(() => globalThis.told)
  await page.waitForSelector('.under-way', { state: 'hidden' })
  await second.waitForSelector('.under-way', { state: 'hidden' })
  return { here, words, asked, told }
}

/**
 * A limit of the speed: chunks are small, and come one after the other. The page's clock advances only while no request runs, so the
 * seconds are those that the page waits.
 */
export async function slowly(browser) {
  const { page } = browser
  const running = new Set()
  page.on('request', (request) => { if (request.method() !== 'GET') running.add(request) })
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => running.delete(request))
  await browser.signIn()
  await browser.drop([browser.files.split(':')[0]])
  await browser.done(1)
  await page.click('.sum [aria-label="Limit the speed"]')
  await page.click('.menu >> text=256')
  await browser.check('a limit of the speed')
  await page.clock.install()
  await page.reload()
  await page.waitForSelector('.drop')
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000))
  await browser.drop([browser.files.split(':')[1]])
  let seconds = 0
  while (await page.locator('.row.done').count() === 0) {
    if (running.size > 0) continue
    await page.clock.runFor(100)
    seconds += 0.1
  }
  await page.clock.resume()
  await page.waitForSelector('.sum [aria-label^="At most 256"]')
  await page.click('.sum [aria-label^="At most 256"]')
  await page.click('.menu >> text=No limit')
  await page.waitForSelector('.sum [aria-label="Limit the speed"]')
  return { seconds }
}

/** Another app shares a file with the installed page: it is uploaded once a person says so. On a phone, which has a camera as well. */
export async function givenByAnother(browser) {
  const { page } = browser
  await browser.signIn()
  await page.waitForSelector('.drop >> text=Take a picture')
  await page.waitForSelector('link[rel=manifest]', { state: 'attached' })
  const manifest = await page.evaluate(async () => {
    const answer = await fetch(document.querySelector('link[rel=manifest]').href)
    const { icons, share_target: target, start_url: start } = await answer.json()
    const found = await Promise.all(icons.map(async ({ src }) => (await fetch(src)).status))
    return { type: answer.headers.get('Content-Type'), found, action: target.action, start }
  })
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  const give = (name) => page.evaluate(async (name) => {
    const form = new FormData()
    form.append('files', new File([`content of ${name}`], name, { type: 'text/plain' }))
    await fetch('shared', { method: 'POST', body: form, redirect: 'manual' })
    location.hash = '#/upload?shared'
  }, name)
  await give('unwanted.txt')
  await page.waitForSelector('dialog >> text=unwanted.txt')
  await browser.check('a shared file')
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await give('wanted.txt')
  await page.waitForSelector('dialog >> text=wanted.txt')
  await page.click('dialog >> text="Upload"')
  await browser.done(1)
  return manifest
}
givenByAnother.options = { width: 360, height: 740, hasTouch: true }

/** Names in all spaces, narrowed by kind and time; what is found is opened where it lies. */
async function findAll(browser) {
  const { page } = browser
  await browser.signIn('#/files/inner?search=tide')
  await page.waitForSelector('text=/2 found for/')
  await page.selectOption('.filters [aria-label="Where"]', { label: 'In all spaces' })
  await page.waitForSelector('text=/4 found for/')
  await browser.check('a search in all spaces')
  const places = await page.$$eval('tbody tr', (rows) => rows.map((one) => one.textContent.includes('Maps')).filter(Boolean).length)
  const offered = await page.locator('.bar-top >> text=New folder').count()
  await page.selectOption('.filters [aria-label="Kind"]', { label: 'Pictures' })
  await page.waitForSelector('text=/2 found for/')
  const pictures = await page.$$eval('tbody tr', (rows) => rows.map((one) => one.dataset.name))
  await page.selectOption('.filters [aria-label="Changed"]', '7')
  await page.waitForSelector('text=/1 found for/')
  await page.reload()
  await page.waitForSelector('text=/1 found for/')
  await row(page, 'tide.png').locator('.name').click()
  await page.waitForSelector('.place h1:text-is("chart")')
  await page.waitForSelector('.panel[aria-label="tide.png"]')

  // A folder: how much is in it and below it, and what was changed last.
  await browser.go('#/files')
  await row(page, 'inner').locator('.of-row').click()
  await page.click('.menu >> text=Details')
  await page.waitForSelector('.panel .recent')
  await browser.check('the details of a folder')
  const holds = await page.locator('.panel dt:text-is("Holds") + dd').innerText()
  const last = await page.$$eval('.panel .recent .name', (all) => all.map((name) => name.title))
  return { places, offered, pictures, holds, last }
}
export const find = (browser) => findAll(browser)
export const findByPhone = Object.assign((browser) => findAll(browser), { options: { width: 360, height: 740, hasTouch: true } })
