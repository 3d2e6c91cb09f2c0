// Scenarios of the Nodes page. Between `say` and its answer the test acts on the nodes: what then shows came without a reload.

const node = (page, name) => page.locator(`.nodes-table tr[data-name="${name}"]`)
const store = (page, name) => page.locator('.stores-table tr', { hasText: `Disk of ${name}` })
const figure = (page, word) => page.locator('.cluster .figures > div', { hasText: word }).locator('dd')
const shows = (page, name, state) => node(page, name).locator(`.state:has-text("${state}")`).waitFor()

/** A service that runs alone: one node, which cannot be drained, and the way to a second one. */
export async function nodesAlone(browser) {
  const { page } = browser
  await browser.signIn('#/nodes')
  await shows(page, 'main', 'Alive')
  await browser.check('one node')
  const buttons = await node(page, 'main').locator('button').count()
  const told = await page.textContent('.alone')
  const free = await figure(page, 'Free room').innerText()
  const room = await store(page, 'main').innerText()
  await page.setViewportSize({ width: 360, height: 740 })
  await browser.check('one node on a phone')
  await page.click('.alone a')
  await page.waitForURL(/\/docs\/cluster\.html$/)
  return { buttons, told, free, room, title: await page.textContent('h1') }
}

const GIB = 2 ** 30
const at = (seconds) => new Date(Date.now() - seconds * 1000).toISOString()
const room = (free, trouble = null) => ({ path: '/data', freeBytes: free * GIB, totalBytes: 40 * GIB, trouble })
const bucket = (trouble = null) => ({ name: 'uploads/main at s3.example', trouble, since: at(300) })
const made = (name, more) => ({
  name, id: `0000000${name.at(-1)}-0000-0000-0000-000000000000`, address: `node-${name}.example:8444`, here: false, state: 'alive',
  beatAt: at(0), startedAt: at(7_200), version: '1.0.0', roles: 'all', draining: null, uploads: 14, bytesPerSecond: 96 << 20, work: 4,
  load: Array.from({ length: 60 }, (_, i) => 0.3 + i / 200), store: room(30), bucket: bucket(), ...more
})
const silent = { uploads: null, bytesPerSecond: null, work: null, load: null, store: null, bucket: null }

/** All states at once, wide and narrow: five nodes, of which none exists. */
export async function nodesStates(browser) {
  const { page } = browser
  const items = [
    made('n10', { here: true }),
    made('n2', { draining: { since: at(600), by: 'mara' }, state: 'draining', uploads: 3, work: 0, load: [0.25] }),
    made('n3', { ...silent, state: 'silent', beatAt: at(100) }), made('n4', { ...silent, state: 'stopped', version: null }),
    made('n5', { store: room(2), bucket: bucket('Connection refused (s3.example:443).') }),
    made('n6', { store: room(0, 'The disk is full: free 3 GiB, then it continues.') })
  ]
  await page.route(/\/api\/nodes$/, (route) => route.fulfill({ json: { alone: false, items } }))
  await browser.signIn('#/nodes')
  await shows(page, 'n3', 'Silent')
  const tiles = await page.locator('.cluster .figures dd').allInnerTexts()
  const order = await page.locator('.nodes-table tbody tr').evaluateAll((all) => all.map((one) => one.dataset.name))
  const read = (of, name) => of(page, name).innerText()
  const nodes = { here: await read(node, 'n10'), draining: await read(node, 'n2'), silent: await read(node, 'n3') }
  const [well, away, full, bad] = await Promise.all(['n10', 'n3', 'n5', 'n6'].map((name) => read(store, name)))
  const stores = { well, away, full, bad }
  const shared = () => page.locator('.stores-table tr[data-name="bucket"]').innerText()
  stores.partly = await shared()
  await browser.check('nodes of all states')
  // What a person has selected is not redrawn.
  await page.evaluate(() => { globalThis.row = document.querySelector('.nodes-table tr[data-name="n2"]') })
  items[1].uploads = 2
  await node(page, 'n2').locator('.c-uploads >> text="2"').waitFor()
  const kept = await page.evaluate(() => globalThis.row === document.querySelector('.nodes-table tr[data-name="n2"]'))
  await page.setViewportSize({ width: 360, height: 740 })
  await browser.check('nodes of all states on a phone')
  for (const one of items) if (one.bucket) one.bucket = bucket('Connection refused (s3.example:443).')
  await page.locator('.stores-table >> text="Unusable"').waitFor()
  stores.gone = await shared()
  await browser.check('no node can use the bucket, on a phone')
  for (const one of items) if (one.bucket) one.bucket = bucket()
  await page.locator('.stores-table >> text="Answers"').waitFor()
  stores.answers = await shared()
  return { tiles, order, nodes, stores, kept }
}

/** Two nodes: one is drained and taken back, is killed, forgotten, and joins anew. */
export async function nodes(browser) {
  const { page } = browser
  await browser.signIn('#/nodes')
  await shows(page, 'a', 'Alive')
  await shows(page, 'b', 'Alive')
  await page.evaluate(() => { globalThis.loadedOnce = true })
  const here = await page.locator('.nodes-table tr', { has: page.locator('.lead .hint:not([hidden])') }).getAttribute('data-name')

  // The keyboard stays where it was.
  await page.focus('[aria-label="Drain b"]')
  await page.keyboard.press('Enter')
  await shows(page, 'b', 'Draining')
  await figure(page, 'Nodes').locator('text="1 draining"').waitFor()
  await browser.say('drained')
  await page.keyboard.press('Enter')
  await shows(page, 'b', 'Alive')
  await browser.say('back')

  // The page may be older than the node's return.
  await page.route(/\/api\/nodes$/, async (route) => {
    const answer = await route.fetch()
    const body = await answer.json()
    Object.assign(body.items[1], silent, { state: 'silent' })
    await route.fulfill({ response: answer, json: body })
  })
  await shows(page, 'b', 'Silent')
  const forget = async (answer) => {
    await page.click('[aria-label="Forget… b"]')
    await page.waitForSelector('dialog[open]')
    const text = await page.textContent('dialog[open] .head')
    await page.click(`dialog[open] >> text="${answer}"`)
    await page.waitForSelector('dialog[open]', { state: 'detached' })
    return text
  }
  await forget('Forget')
  const refused = await page.textContent('.note.bad')
  browser.complaints = browser.complaints.filter((text) => !/status of 409.*\/api\/nodes\/b$/.test(text))
  await page.unroute(/\/api\/nodes$/)
  await shows(page, 'b', 'Alive')

  await browser.say('kill')
  await shows(page, 'b', 'Silent')
  await store(page, 'b').locator('text="Unreachable"').waitFor()
  await figure(page, 'Nodes').locator('text="1 of 2"').waitFor()
  await browser.check('a silent node')
  const asked = await forget('Cancel')
  await shows(page, 'b', 'Silent')
  await forget('Forget')
  await node(page, 'b').waitFor({ state: 'detached' })
  await page.waitForSelector('.note >> text=The node b is forgotten.')
  await browser.say('start')
  await shows(page, 'b', 'Alive')
  return { here, refused, asked, loadedOnce: await page.evaluate(() => globalThis.loadedOnce === true) }
}
