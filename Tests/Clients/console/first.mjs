// What the first screen costs.

// The numbers in the navigation follow a second later, whatever the screen, and what an installed page needs another one later.
const LATER = /\/api\/(sessions\?state|jobs|transfers\?|projects$)|\/manifest\.webmanifest|\/favicon\.svg/

/** Requests and bytes with their headers, of the first visit and of the one after it. */
export async function firstScreen(browser) {
  const { page, context } = browser
  // Without a page, so that the browser has nothing of the console yet.
  await context.request.post(`${browser.base}signin`, { data: { key: browser.key }, headers: { Origin: new URL(browser.base).origin } })
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  const visits = []
  for (let visit = 0; visit < 2; visit++) {
    const asked = new Map()
    const begin = ({ requestId, request: { url } }) => {
      if (url.startsWith(browser.base) && !LATER.test(url)) asked.set(requestId, { url, bytes: 0 })
    }
    const socket = ({ requestId, url }) => asked.set(requestId, { url, bytes: 0 })
    const cached = ({ requestId }) => asked.delete(requestId)
    const end = ({ requestId, encodedDataLength }) => { if (asked.has(requestId)) asked.get(requestId).bytes = encodedDataLength }
    const listeners = { 'Network.requestWillBeSent': begin, 'Network.webSocketCreated': socket, 'Network.requestServedFromCache': cached,
      'Network.responseReceived': (event) => { if (event.response.fromDiskCache || event.response.fromServiceWorker) cached(event) },
      'Network.loadingFinished': end }
    for (const [name, listener] of Object.entries(listeners)) session.on(name, listener)
    await page.goto(`${browser.base}console/#/upload`)
    await page.waitForSelector('.drop')
    await page.waitForSelector('.live .dot')
    await page.waitForFunction(() => performance.getEntriesByName(new URL('../api/tenants', document.baseURI).href).length > 0)
    for (const [name, listener] of Object.entries(listeners)) session.off(name, listener)
    visits.push({ asked: [...asked.values()].map(({ url }) => url), bytes: [...asked.values()].reduce((sum, { bytes }) => sum + bytes, 0) })
    await page.goto('about:blank')
  }
  return visits
}

/** What the Files page fetches at the first visit, and in which order. */
export async function filesPacks(browser) {
  const { page, context } = browser
  await context.request.post(`${browser.base}signin`, { data: { key: browser.key }, headers: { Origin: new URL(browser.base).origin } })
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  const asked = []
  session.on('Network.requestWillBeSent', ({ requestId, request: { url } }) => asked.push({ requestId, url, bytes: 0 }))
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    for (const one of asked) if (one.requestId === requestId) one.bytes = encodedDataLength
  })
  await page.goto(`${browser.base}console/#/files`)
  await page.waitForSelector('.files .empty, .files tbody tr')
  const paths = asked.map(({ url, bytes }) => ({ path: new URL(url).pathname, bytes }))
  return { packs: paths.filter(({ path }) => path.includes('/packed/')),
    lists: paths.filter(({ path }) => /\/api\/(spaces|tree)/.test(path)).map(({ path }) => path) }
}

/** Whether a person who signs in at once leaves the page while parts of the console are being fetched, which would give them up. */
export async function typedAtOnce(browser) {
  const { page } = browser
  let goOn
  const typed = new Promise((resolve) => { goOn = resolve })
  await page.route('**/packed/shared-*.js', async (route) => {
    await typed
    await route.continue()
  })
  const asked = page.waitForRequest('**/packed/shared-*.js')
  await page.goto(`${browser.base}signin?return=${encodeURIComponent('/console/#/files')}`)
  await page.waitForSelector('form:not([hidden])')
  await asked
  if (!await page.isVisible('#key')) await page.click('#use-key')
  await page.fill('#key', browser.key)
  let left = false
  page.on('request', (request) => { left ||= request.isNavigationRequest() })
  const answered = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/signin'))
  await page.keyboard.press('Enter')
  await (await answered).finished()
  // The page reads the answer in a turn of its own.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100))).catch(() => { left = true })
  const early = left
  goOn()
  await page.waitForSelector('.files .empty, .files tbody tr')
  return early
}

/** What the console still fetches of its packs after a person has typed for a while on the page for signing in. */
export async function typedSlowly(browser) {
  const { page, context } = browser
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  const asked = new Map()
  // The icon, and the sheet of what is opened later, are fetched behind the list.
  const isPack = (url) => url.includes('/packed/') && !url.endsWith('.svg') && !url.includes('/rest-')
  session.on('Network.requestWillBeSent', ({ requestId, request: { url } }) => { if (isPack(url)) asked.set(requestId, url) })
  session.on('Network.requestServedFromCache', ({ requestId }) => asked.delete(requestId))
  session.on('Network.responseReceived', ({ requestId, response }) => { if (response.fromDiskCache) asked.delete(requestId) })
  await page.goto(`${browser.base}signin?return=${encodeURIComponent('/console/#/files')}`)
  await page.waitForFunction(() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/packed/')).length >= 6)
  asked.clear()
  await page.waitForSelector('form:not([hidden])')
  if (!await page.isVisible('#key')) await page.click('#use-key')
  await page.fill('#key', browser.key)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.files .empty, .files tbody tr')
  return [...asked.values()].map((url) => new URL(url).pathname)
}
