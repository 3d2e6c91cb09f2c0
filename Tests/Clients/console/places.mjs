// Scenarios about where things are and who may do what there: spaces, rights, what a search found, large folders, phones.
import { readdirSync } from 'node:fs'

const PASSWORD = 'correct horse battery staple'

const entry = (page, name) => page.locator(`tbody tr[data-name="${name}"]`)

/** Signs in as a person of the test. @param {string} name */
async function signInAs(browser, name, hash = '') {
  const { page } = browser
  await page.goto(`${browser.base}signin?return=${encodeURIComponent(`/console/${hash}`)}`)
  await page.waitForSelector('form:not([hidden])')
  if (!await page.isVisible('#name')) await page.click('#use-password')
  await page.fill('#name', name)
  await page.fill('#password', PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.drop, .files')
}

/** An upload without a word about its place is private; another place is chosen by its name. `files`: two files. */
export async function privateUpload(browser) {
  const { page } = browser
  const [own, shared] = browser.files.split(':')
  await signInAs(browser, 'ann')
  const to = await page.textContent('.drop .to')
  await browser.drop([own])
  await browser.done(1)
  await page.click('.row >> text=Show in Files')
  await page.waitForSelector('.place h1:text-is("My files")')
  await entry(page, own.split('/').pop()).waitFor()
  await page.click('.nav [data-screen="upload"]')
  await page.click('.drop .to')
  await page.waitForSelector('dialog .folders li')
  // Whoever confirms before the folders are there means the space that was chosen, not the one before.
  let goOn
  const confirmed = new Promise((resolve) => { goOn = resolve })
  await page.route(/kind=folder/, async (route) => { await confirmed; await route.continue() })
  await page.selectOption('dialog .select', { label: 'Shared files' })
  await page.click('dialog >> text=Use this folder')
  goOn()
  await page.waitForSelector('.drop .to:text-is("Shared files")')
  await page.unroute(/kind=folder/)
  await browser.drop([shared])
  await browser.done(2)
  // An address of before has no space, and meant the tenant's.
  await browser.go('#/files/older')
  await page.waitForSelector('.place >> text=Shared files')
  await entry(page, 'old.txt').waitFor()
  // The folder is not in the own space, which the service answers with 404.
  browser.complaints = browser.complaints.filter((text) => !text.includes('/tree/older/'))
  return { to, roots: await rootsOf(page) }
}

const rootsOf = (page) => page.$$eval('.tree > ul > li > .leaf a', (all) => all.map((link) => link.textContent))

/** The tree of an administrator has each space once. */
export async function roots(browser) {
  await browser.signIn('#/files')
  await browser.page.waitForSelector('.tree >> text=Trash')
  await browser.page.click('.tree .fold button')
  await browser.page.waitForSelector('.tree .fold [aria-expanded=true]')
  return browser.page.$$eval('.tree a', (links) => links.map((link) => link.textContent.trim()))
}

/** Two entries of one name: the one that was clicked is opened, shared, and deleted. */
export async function searchOpens(browser) {
  const { page } = browser
  await browser.signIn('#/files?search=report')
  await page.waitForSelector('text=/2 found for/')
  for (const folder of ['B', 'A', 'B']) {
    await page.locator('tbody tr', { hasText: `/${folder}` }).locator('.name').click()
    await page.waitForSelector(`.panel pre:text-is("content of ${folder}")`)
  }
  const shown = await page.$$eval('tr.shown', (rows) => rows.length)
  await page.click('.panel [aria-label="More"]')
  await page.click('.menu >> text=Delete')
  await page.waitForSelector('text=/1 found for/')
  // An address of before names the entry.
  await browser.go('#/files/A?open=report.txt')
  await page.waitForSelector('.panel pre:text-is("content of A")')
  // What is not in this folder may be elsewhere.
  await browser.go('#/files/B?search=report')
  await page.click('.empty >> text=Search all spaces')
  await page.waitForSelector('text=/1 found for/')
  await browser.go('#/files/B?search=nowhere&in=all')
  await page.waitForSelector('.empty >> text=No space that you can read has such a name.')
  if (await page.isVisible('text=Search all spaces')) throw new Error('all spaces were searched already')
  return { shown }
}

/** Someone who may only look: nothing is offered that would be refused. */
export async function viewer(browser) {
  const { page } = browser
  const refused = []
  page.on('response', (answer) => {
    if (answer.status() === 403) refused.push(`${answer.request().method()} ${new URL(answer.url()).pathname}`)
  })
  let release
  const held = new Promise((resolve) => { release = resolve })
  await page.route(/\/api\/names\?/, async (route) => { await held; await route.continue() })
  await signInAs(browser, 'vic')
  const landed = new URL(page.url()).hash
  await entry(page, 'paper.txt').waitFor()
  const cell = entry(page, 'paper.txt').locator('td:last-child')
  const unnamed = await cell.textContent()
  release()
  const owner = await cell.filter({ hasText: /\S/ }).textContent()
  const words = async (place) => (await page.locator(`${place} button:visible`).allInnerTexts()).map((word) => word.trim()).filter(Boolean)
  const folder = await words('.bar-top')
  await entry(page, 'paper.txt').locator('.check').check()
  const selection = await words('.bar-top')
  await page.keyboard.press('Delete')
  await page.keyboard.press('F2')
  const dialogs = await page.locator('dialog').count()
  await page.click('.bar-top [aria-label="Clear the selection"]')
  await entry(page, 'paper.txt').locator('.name').click()
  await page.waitForSelector('.panel pre')
  const panel = await page.locator('.panel header [aria-label="More"]').count()
  await page.keyboard.press('Escape')
  await page.click('.tree >> text=Trash')
  await page.waitForSelector('text=/The trash is empty|Was in/')
  const trash = await words('.files')
  await browser.go('#/upload')
  await page.waitForFunction(() => location.hash.startsWith('#/files'))
  const screens = await page.$$eval('.nav [data-screen]', (all) => all.map((link) => link.dataset.screen))
  for (const screen of screens) {
    await page.click(`.nav [data-screen="${screen}"]`)
    await page.waitForFunction((id) => document.querySelector('[aria-current=page]')?.dataset.screen === id, screen)
    await page.waitForLoadState('networkidle')
  }
  return { landed, unnamed, owner, folder, selection, dialogs, panel, trash, screens, refused }
}

/** A folder that cannot be loaded shows no rows of the one before, and loads when the service is there again. */
export async function failedLoad(browser) {
  const { page } = browser
  browser.mayBreak = true
  await browser.signIn('#/files/one')
  await entry(page, 'of one.txt').waitFor()
  await page.route('**/tree/two/**', (route) => route.abort())
  await browser.go('#/files/two')
  await page.waitForSelector('.note >> text=The list could not be loaded.')
  const rows = await page.locator('tbody tr').count()
  const title = await page.textContent('.place h1')
  await page.unroute('**/tree/two/**')
  // The page loads the list by itself when its events begin to come, which may be now.
  await page.evaluate(() => [...document.querySelectorAll('.note button')].find((one) => one.textContent === 'Try again')?.click())
  await entry(page, 'of two.txt').waitFor()
  return { rows, title }
}

/** Every screen opens while the service is away, also for the first time; of a packed console, whose folder is named, by its parts. */
export async function keptScreens(browser) {
  const { page } = browser
  browser.mayBreak = true
  await browser.signIn()
  const root = browser.files || new URL('../../../Api/wwwroot/console/', import.meta.url)
  const wanted = readdirSync(root, { recursive: true }).map(String)
    .filter((name) => /\.(js|css)$/.test(name) && name !== 'sw.js' && name.startsWith(browser.files && 'packed/'))
  const missing = () => page.evaluate(async (names) => {
    const kept = new Set((await (await caches.open('shell-1')).keys()).map(({ url }) => url))
    return names.filter((name) => !kept.has(new URL(name, document.baseURI).href))
  }, wanted)
  for (let left = 200; (await missing()).length > 0; left--) {
    if (left === 0) throw new Error(`Not kept: ${await missing()}`)
    await page.waitForTimeout(250)
  }
  await browser.say('kept')
  await browser.go('#/history')
  await page.waitForSelector('.place h1:text-is("History")')
  await browser.go('#/access/people')
  await page.waitForSelector('.pane-head')
  return await page.locator('.note >> text=This page could not be loaded.').count()
}
keptScreens.options = { keeps: true }

/** A folder of 1,200 files: its totals, all of its rows while one scrolls, and all of it selected and deleted. */
export async function manyFiles(browser) {
  const { page } = browser
  await browser.signIn('#/files/many')
  await entry(page, 'file 0001.txt').waitFor()
  const foot = await page.textContent('.files .end')
  const first = await page.locator('tbody tr').count()
  const rows = await page.getAttribute('.files table', 'aria-rowcount')
  while (!await entry(page, 'file 1200.txt').count()) {
    await page.evaluate(() => { const list = document.querySelector('.files-list'); list.scrollTop = list.scrollHeight })
    await page.waitForTimeout(50)
  }
  const at = await page.getAttribute('tr[data-name="file 1200.txt"]', 'aria-rowindex')
  const last = await page.locator('tbody tr').count()
  // By the keyboard: to the first one, to the last, and to the next that begins as typed. The one with the focus stays, wherever the
  // list is.
  await page.focus('tr[data-name="file 1200.txt"] .name')
  const focused = []
  const note = async () => focused.push(await page.evaluate(() => document.activeElement.closest('tr')?.dataset.name))
  for (const key of ['Home', 'PageDown', 'End', 'ArrowUp', 'f']) {
    await page.keyboard.press(key)
    await note()
  }
  await page.evaluate(() => { document.querySelector('.files-list').scrollTop = 0 })
  await entry(page, 'file 0001.txt').waitFor()
  await note()
  await page.reload()
  await entry(page, 'file 0001.txt').waitFor()
  await page.locator('thead .check').check()
  await page.waitForSelector('.bar-top >> text=1,200 selected')
  const drawn = await page.locator('tbody tr').count()
  await page.click('.bar-top >> text=Delete')
  await page.waitForSelector('.empty >> text=Nothing here yet')
  await page.waitForSelector('.note >> text=1,200 items')
  return { foot, first, rows, at, last, focused, drawn }
}

/** On a phone: the spaces, sorting, selecting everything, and targets for fingers. */
export async function phone(browser) {
  const { page } = browser
  await browser.signIn('#/files')
  await entry(page, 'large.txt').waitFor()
  await browser.check('the files on a phone')
  await page.click('.bar-top [aria-label="Sort"]')
  await page.click('.menu >> text=Largest first')
  await page.waitForFunction(() => document.querySelector('tbody tr:not(:has(a.name))')?.dataset.name === 'large.txt')
  const targets = '.files button, .files a, .files input, .tabs > *'
  const small = await page.evaluate((targets) => [...document.querySelectorAll(targets)].filter((one) => {
    const box = one.getBoundingClientRect()
    if (box.width === 0 || box.bottom < 0 || box.top > innerHeight) return false
    // What lies twenty pixels from its middle belongs to it, upwards and downwards together.
    const [x, y] = [box.left + Math.min(box.width, 40) / 2, box.top + box.height / 2]
    let size = 0
    for (let at = -40; at <= 40; at++) {
      const hit = document.elementFromPoint(x, y + at)
      if (hit && (hit === one || one.contains(hit))) size++
    }
    return size < 40
  }).map((one) => one.outerHTML.slice(0, 120)), targets)
  await page.locator('.bar-top .for-rows .check').check()
  await page.waitForSelector('.bar-top >> text=3 selected')
  await browser.check('a selection on a phone')
  await page.click('.bar-top [aria-label="Clear the selection"]')
  await page.click('.bar-top .roots')
  const places = (await page.locator('.menu button').allInnerTexts()).map((word) => word.trim())
  await browser.check('the spaces on a phone')
  await page.click('.menu >> text=Projects')
  await page.waitForSelector('.place h1:text-is("Projects")')
  await browser.go('#/keys')
  await page.waitForSelector('.tabs [data-screen="more"][aria-current="page"]')
  return { small, places }
}
phone.options = { width: 360, height: 740, hasTouch: true }

/** "Back" closes a dialog and stays at the folder; without one, it leaves the folder, and no menu stays open. */
export async function backCloses(browser) {
  const { page } = browser
  await browser.signIn('#/files')
  await entry(page, 'one').locator('.name').click()
  await page.waitForSelector('.place h1:text-is("one")')
  await page.click('text=New folder')
  await page.waitForSelector('dialog[open]')
  await page.goBack()
  await page.locator('dialog').waitFor({ state: 'detached' })
  await page.waitForSelector('.place h1:text-is("one")')
  await page.click('.bar-top >> text=Upload')
  await page.waitForSelector('.menu')
  await page.goBack()
  await page.waitForSelector('.place h1:text-is("Shared files")')
  await page.locator('.menu').waitFor({ state: 'detached' })
  await page.goForward()
  await page.waitForSelector('.place h1:text-is("one")')
}

/** A second tab pauses, continues and cancels the upload of the first. */
export async function otherTab(browser) {
  browser.mayBreak = true
  const { page } = browser
  await browser.signIn()
  const icon = () => page.$eval('link[rel=icon]', ({ href }) => href)
  const usual = await icon()
  await browser.drop()
  await page.waitForSelector('.row >> text=Uploading')
  // The tab tells how far it is.
  await page.waitForFunction(() => /^\d+\s%\s·/.test(document.title))
  if (!(await icon()).startsWith('blob:')) throw new Error(`The icon is ${await icon()}`)
  await browser.say('uploading')
  const second = browser.watch(await browser.context.newPage())
  await second.goto(`${browser.base}console/`)
  await second.waitForSelector('.row >> text=in another tab')
  await second.click('.row [aria-label^="Pause"]')
  await page.waitForSelector('.row >> text=Paused')
  await second.waitForSelector('.row >> text=Paused')
  await browser.say('paused')
  await second.click('.row [aria-label^="Resume"]')
  await page.waitForSelector('.row >> text=Uploading')
  await second.click('.row [aria-label^="Cancel"]')
  // The row goes first; the browser must not be closed before the service is told.
  const told = page.waitForResponse((answer) => answer.request().method() === 'DELETE')
  await second.click('dialog >> text=Cancel and delete')
  await page.waitForFunction(() => document.querySelectorAll('.row').length === 0)
  await told
  await page.waitForFunction(() => document.title === 'Upload · ChunkUpload')
  if (await icon() !== usual) throw new Error(`The icon is ${await icon()}`)
  // The first tab may ask for its upload once more, and is told that it is gone.
  browser.complaints = browser.complaints.filter((text) => !/status of 410/.test(text))
}

/** The invitation tells the name, and what is typed can be seen. */
export async function invitation(browser) {
  const { page } = browser
  await browser.signIn('#/people')
  await page.click('text=Invite')
  await page.fill('dialog input >> nth=0', 'zoe')
  await page.click('dialog >> text=Make the invitation')
  const told = await page.textContent('dialog .signs-in')
  const link = await page.textContent('dialog .command code')
  await page.click('dialog .buttons .button')
  const guest = browser.watch(await browser.context.newPage())
  await page.goto('about:blank')
  await browser.context.clearCookies()
  await guest.goto(`${browser.base}signin#link=${link.split('#link=')[1].trim()}`)
  await guest.click('#by-link [type=submit]')
  await guest.waitForSelector('#link-name-field:not([hidden])')
  const name = await guest.inputValue('#link-name')
  await guest.fill('#new-password', PASSWORD)
  await guest.click('#new-password-field [aria-label="Show what you typed"]')
  const type = await guest.getAttribute('#new-password', 'type')
  browser.page = guest
  await browser.check('choosing a password')
  await guest.click('#by-link [type=submit]')
  await guest.waitForSelector('.drop')
  browser.complaints = browser.complaints.filter((text) => !/status of (400|401)/.test(text))
  return { told, name, type }
}
