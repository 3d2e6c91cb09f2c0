// Contents that want to run, by every element that loads something, on a page of the service's own origin and on one of another site, by
// address, and on the pages that show their names.
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

const PAGE_SIZE = 24

const escaped = (address) => address.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

// The page's list of what may still run a script: a worker has failed, and modules were refused.
const elements = (origin) => (address) => {
  const at = escaped(new URL(address, origin).href)
  return `<iframe src="${at}"></iframe><object data="${at}"></object><embed src="${at}"><img src="${at}"><script src="${at}"></script>
    <script type="module" src="${at}"></script><link rel="stylesheet" href="${at}">
    <script>{
      const at = "${at}"
      pending.push(new Promise((resolve) => {
        try { new Worker(at).onerror = (event) => { event.preventDefault(); resolve() } } catch { resolve() }
      }), import(at).catch(() => {}), import(at, { with: { type: 'json' } }).catch(() => {}))
    }</script>`
}

const frame = (origin) => (address) => `<iframe src="${escaped(new URL(address, origin).href)}"></iframe>`

/** What ran of the service's contents and where it led, which of the same contents run otherwise, and the names as the pages show them. */
export async function hostileFiles(browser) {
  const { embedded, framed, opened, pages, single, folders, panels, controls, known } = JSON.parse(readFileSync(browser.files, 'utf8'))
  const { context } = browser
  const { origin } = new URL(browser.base)
  // Chromium takes this name for this machine: another site to the service's cookies and policies.
  const elsewhere = origin.replace(/\/\/[^:/]+/, '//lan.example')
  await browser.signIn('#/files/hostile')

  const ran = new Set()
  const seen = new Set()
  const led = []
  let heard = seen
  let tell
  const running = new Promise((resolve) => { tell = resolve })
  const note = (text) => {
    heard.add(text)
    if (heard === ran) tell()
  }
  context.on('console', (message) => {
    if (message.text().startsWith('ran ')) note(message.text().slice(4))
  })
  context.on('dialog', (dialog) => {
    note(`dialog ${dialog.message()}`)
    dialog.dismiss()
  })
  let page = await context.newPage()

  const bodies = new Map()
  await context.route(/\/hostile-page\//, (route) => route.fulfill({
    contentType: 'text/html',
    body: `<!doctype html><script>const pending = []</script>${bodies.get(new URL(route.request().url()).pathname)}`
  }))
  await context.route(/\/hostile-control\/\d+$/, (route) => {
    const { type, bytes } = controls[Number(new URL(route.request().url()).pathname.split('/').pop())]
    return route.fulfill({ headers: type ? { 'Content-Type': type } : {}, body: Buffer.from(bytes, 'base64') })
  })
  const visit = async (site, addresses, markup) => {
    for (let at = 0; at < addresses.length; at += PAGE_SIZE) {
      const path = `/hostile-page/${bodies.size}`
      bodies.set(path, addresses.slice(at, at + PAGE_SIZE).map(markup).join('\n'))
      await page.goto(`${site}${path}`)
      if (heard === ran) await Promise.race([page.evaluate(() => Promise.all(pending)), running])
      if (page.url() !== `${site}${path}`) led.push(page.url())
    }
  }

  // Without the service's headers these run: the test would hear them.
  await visit(origin, controls.map((_, index) => `/hostile-control/${index}`), elements(origin))
  while (!known.every((kind) => seen.has(kind))) await setTimeout(20)

  // What still runs on that page must not count as the service's.
  await page.close()
  page = await context.newPage()
  context.on('page', (popup) => led.push(popup.url()))
  heard = ran
  await visit(origin, embedded, elements(origin))
  await visit(elsewhere, embedded.filter((address) => address.startsWith('/l/')), elements(origin))
  await visit(origin, framed, frame(origin))
  // A download is no page: the navigation ends without one.
  for (const address of opened) {
    const before = page.url()
    await page.goto(new URL(address, origin).href).catch(() => {})
    if (page.url() !== before) led.push(page.url())
  }

  // The pages of the service that show these names and contents.
  const images = () => document.querySelectorAll('img[src="x"]').length
  let made = 0
  const shared = []
  for (const address of pages) {
    await page.goto(new URL(address, origin).href)
    await page.waitForSelector('#entries .name')
    shared.push(...await page.locator('#entries .name').allTextContents())
    made += await page.evaluate(images)
  }
  await page.goto(new URL(single, origin).href)
  await page.waitForFunction(() => document.getElementById('all').href)
  shared.push(await page.textContent('#all'))
  made += await page.evaluate(images)
  await page.close()
  const shown = []
  for (const { folder, count } of folders) {
    await browser.go(`#/files/hostile/${folder}`)
    await browser.page.waitForFunction(
      ({ folder, count }) => document.querySelector('.place')?.textContent.includes(folder)
        && document.querySelectorAll('tbody .name').length === count, { folder, count })
    // A name is cut into halves for the eye.
    shown.push(...await browser.page.locator('tbody .name').evaluateAll(
      (names) => names.map((name) => (name.querySelector('.only-heard') ?? name).textContent)))
    for (let row = 0; panels && row < count; row++) {
      await browser.page.locator('tbody .name').nth(row).click()
      await browser.page.waitForSelector('.panel')
      made += await browser.page.evaluate(images)
      await browser.page.keyboard.press('Escape')
      await browser.page.locator('.panel').waitFor({ state: 'detached' })
    }
  }
  return { ran: [...ran], led, made, shared, shown }
}
