// Contents that want to run, by every element that loads something, on a page of the service's own origin and on one of another site.
import { readFileSync } from 'node:fs'
import { base, files } from './browser.mjs'

const origin = new URL(base).origin
// Chromium takes this name for this machine: another site to the service's cookies and policies.
const elsewhere = origin.replace(/\/\/[^:/]+/, '//lan.example')
const PAGE_SIZE = 48

const escaped = (address) => address.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

const elements = (address) => {
  const at = escaped(new URL(address, origin).href)
  return `<iframe src="${at}"></iframe><object data="${at}"></object><embed src="${at}"><img src="${at}"><script src="${at}"></script>
    <script type="module" src="${at}"></script><link rel="stylesheet" href="${at}">
    <script>try { new Worker("${at}").onerror = (event) => event.preventDefault() } catch {}
      import("${at}").catch(() => {}); import("${at}", { with: { type: "json" } }).catch(() => {})</script>`
}

const frame = (address) => `<iframe src="${escaped(new URL(address, origin).href)}"></iframe>`

/** What ran of the service's contents, and which of the same contents run when another server sends them. */
export async function hostileFiles(browser) {
  const { embedded, framed, opened, pages, kinds, controls } = JSON.parse(readFileSync(files, 'utf8'))
  const { context } = browser
  await browser.signIn('#/files/hostile')

  const ran = new Set()
  let heard = ran
  context.on('console', (message) => {
    if (message.text().startsWith('ran ')) heard.add(message.text().slice(4))
  })
  context.on('dialog', (dialog) => {
    heard.add(`dialog ${dialog.message()}`)
    dialog.dismiss()
  })
  const bodies = new Map()
  await context.route(/\/hostile-page\//, (route) => route.fulfill({
    contentType: 'text/html', body: `<!doctype html><body>${bodies.get(new URL(route.request().url()).pathname)}</body>`
  }))
  await context.route(/\/hostile-control\//, (route) => {
    const control = controls[Number(new URL(route.request().url()).pathname.split('/').pop())]
    // What a control itself asks for, by a relative address.
    if (!control) return route.abort()
    const { type, bytes } = control
    return route.fulfill({ headers: type ? { 'Content-Type': type } : {}, body: Buffer.from(bytes, 'base64') })
  })
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Browser.setDownloadBehavior', { behavior: 'deny' })

  const visit = async (site, addresses, markup) => {
    for (let at = 0; at < addresses.length; at += PAGE_SIZE) {
      const path = `/hostile-page/${bodies.size}`
      bodies.set(path, addresses.slice(at, at + PAGE_SIZE).map(markup).join('\n'))
      await page.goto(`${site}${path}`)
    }
  }

  heard = new Set()
  await visit(origin, controls.map((_, index) => `/hostile-control/${index}`), elements)
  await page.waitForFunction(() => document.readyState === 'complete')
  const seen = [...heard]

  heard = ran
  await visit(origin, embedded, elements)
  await visit(elsewhere, embedded.filter((address) => address.startsWith('/l/')), elements)
  await visit(origin, framed, frame)
  // A download is no page: the navigation ends without one.
  for (const address of opened) await page.goto(new URL(address, origin).href).catch(() => {})

  // The pages of the service that show these names and contents.
  for (const address of pages) {
    await page.goto(new URL(address, origin).href)
    await page.waitForFunction(() => document.getElementById('all')?.textContent)
  }
  await page.goto(new URL(pages[0], origin).href)
  await page.waitForSelector('#entries a')
  const folders = await page.locator('#entries a').count()
  let shown = 0
  for (const kind of kinds) {
    await browser.go(`#/files/hostile/${encodeURIComponent(kind)}`)
    const rows = browser.page.locator('tbody .name')
    await browser.page.waitForFunction(
      (kind) => location.hash.endsWith(kind) && document.querySelector('.place')?.textContent.includes(kind)
        && document.querySelector('tbody .name'), kind)
    const count = await rows.count()
    shown += count
    // Each content of the first name that a preview shows, as the kinds are many.
    for (let row = 0; row < count; row++) {
      await rows.nth(row).click()
      await browser.page.waitForSelector('.panel')
      await browser.page.keyboard.press('Escape')
      await browser.page.locator('.panel').waitFor({ state: 'detached' })
    }
  }
  return { ran: [...ran], controls: seen, folders, shown }
}
