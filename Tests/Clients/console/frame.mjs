// Scenarios of the frame: who sees which entries, addresses of before, the menu of new things, and the page of a phone with all the rest.

const PASSWORD = 'correct horse battery staple'

const words = (page, place) => page.$$eval(place, (all) => all.filter((one) => one.checkVisibility()).map((one) => one.innerText.trim()))

async function signInAs(browser, name) {
  const { page } = browser
  await page.goto('about:blank')
  await browser.context.clearCookies()
  if (name === 'key') await browser.signIn()
  else {
    await page.goto(`${browser.base}signin`)
    await page.waitForSelector('form:not([hidden])')
    if (!await page.isVisible('#name')) await page.click('#use-password')
    await page.fill('#name', name)
    await page.fill('#password', PASSWORD)
    await page.keyboard.press('Enter')
  }
  await page.waitForSelector('.drop, .files')
}

/** What each of a viewer, a member, an administrator and an operator is offered, and that it opens without a refusal. */
export async function entries(browser) {
  const { page } = browser
  const refused = []
  page.on('response', (answer) => { if (answer.status() === 403) refused.push(new URL(answer.url()).pathname) })
  const seen = {}
  for (const name of browser.files.split(':')) {
    await signInAs(browser, name)
    const folds = await words(page, '.side .fold')
    if (folds.length > 0) await page.click('.fold')
    const lines = await words(page, '.side .nav > a')
    for (const line of lines) {
      await page.locator('.side .nav > a', { hasText: new RegExp(`^${line}$`) }).click()
      await page.waitForFunction((line) => document.querySelector('.side [aria-current=page]')?.innerText.trim() === line, line)
      await page.waitForLoadState('networkidle')
    }
    await page.click('.me button')
    await page.waitForSelector('.menu')
    seen[name] = { groups: await words(page, '.side .group'), lines, own: await words(page, '.menu button') }
    await page.keyboard.press('Escape')
    seen[name].faults = await page.locator('.note.bad').count()
    if (folds.length > 0) await page.evaluate(() => localStorage.removeItem('operate'))
  }
  browser.complaints = browser.complaints.filter((text) => !/status of 401/.test(text))
  return { seen, refused }
}

/** Addresses of before lead to the screens of now, with their filters. */
export async function moved(browser) {
  const { page } = browser
  await browser.signIn()
  const reached = []
  let title = 'Upload'
  for (const address of ['access', 'access/keys', 'access/audit?kind=key', 'access/tenants', 'access/sessions', 'access/limits?of=tenant',
    'access/spaces', 'access/links', 'uploads', 'history?range=24h', 'nowhere']) {
    await browser.go(`#/${address}`)
    await page.waitForFunction((before) => document.querySelector('.place h1').textContent !== before, title)
    title = await page.textContent('.place h1')
    await page.waitForLoadState('networkidle')
    reached.push(`${new URL(page.url()).hash} ${title}`)
  }
  // "Back" goes over none of them twice.
  await page.goBack()
  await page.waitForSelector('.place h1:text-is("History")')
  return reached
}

/** Uploads, a folder and a link for guests, from any screen and into the folder that is open. `files` is a file. */
async function make(browser) {
  const { page } = browser
  const open = async (word) => {
    await page.locator('.side .new:visible, .make-new:visible').click()
    await page.waitForSelector('.menu')
    if (word) await page.click(`.menu >> text="${word}"`)
  }
  await browser.signIn('#/history')
  await page.waitForSelector('.within [aria-current]:text-is("History")')
  await open()
  const items = await words(page, '.menu button')
  const wide = await page.$eval('.menu', (menu) => menu.offsetWidth)
  await browser.check('new things')
  await page.keyboard.press('Escape')

  await open('Folder')
  await page.fill('dialog input', 'Quay')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.place h1:text-is("Quay")')

  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), open('Upload files')])
  await chooser.setFiles(browser.files.split(':'))
  await page.waitForSelector(`tbody tr[data-name="${browser.files.split('/').pop()}"]`)

  await browser.go('#/links')
  await page.waitForSelector('.access .empty')
  await open('Ask for files')
  await page.click('dialog .folders >> text=Quay')
  await page.click('dialog .way >> text=Quay')
  await page.click('dialog >> text=Into this folder')
  await page.locator('dialog label:has-text("Title") input').waitFor()
  await browser.check('asking for files')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog .qr')
  return { items, wide, link: await page.textContent('dialog .command code') }
}

export const makeWide = Object.assign((browser) => make(browser), { options: { width: 1280, height: 800 } })
export const makeNarrow = Object.assign((browser) => make(browser), { options: { width: 360, height: 740, hasTouch: true } })

/** A phone has four tabs; the last one has all the rest, and a screen of it is under it. */
export async function more(browser) {
  const { page } = browser
  await browser.signIn()
  const tabs = await words(page, '.tabs a')
  await page.click('.tabs >> text=More')
  await page.waitForSelector('.more')
  await browser.check('the rest')
  const lines = await words(page, '.more .nav a')
  await page.click('.more >> text=Jobs')
  await page.waitForSelector('.place h1:text-is("Jobs")')
  await page.waitForSelector('.tabs [data-screen="more"][aria-current="page"]')
  await page.click('.tabs >> text=Upload')
  await page.click('.within >> text=All uploads')
  await page.waitForSelector('.uploads .empty')
  await page.waitForSelector('.tabs [data-screen="upload"][aria-current="page"]')
  await browser.check('all uploads on a phone')
  await page.click('.tabs >> text=More')
  await page.click('.more >> text=Sign out')
  await page.waitForSelector('form:not([hidden])')
  browser.complaints = browser.complaints.filter((text) => !/status of 401/.test(text))
  return { tabs, lines }
}
more.options = { width: 360, height: 740, hasTouch: true }

/** A long tree scrolls by itself: what stands below it in the navigation, and the person, stay in sight. */
export async function longTree(browser) {
  const { page } = browser
  await browser.signIn('#/files')
  await page.waitForSelector('.tree >> text=folder 40')
  await browser.check('a long tree')
  const seen = (place) => page.locator(place).evaluate((one) => {
    const { top, bottom } = one.getBoundingClientRect()
    return top >= 0 && bottom <= innerHeight
  })
  const within = { links: await seen('.side [data-screen="links"]'), person: await seen('.side .me') }
  await page.click('.side [data-screen="links"]')
  await page.waitForSelector('.access')
  return { ...within, leaves: await page.locator('.tree li').count() }
}

/** Rows by mouse and keys: a click anywhere, the menu of the other button, everything chosen, dragged onto a folder; and the keys. */
export async function hands(browser) {
  const { page } = browser
  const row = (name) => page.locator(`tbody tr[data-name="${name}"]`)
  await browser.signIn('#/files/work')
  await row('a.txt').waitFor()
  await row('a.txt').locator('td.amount').click()
  await page.waitForSelector('.panel pre')
  await page.keyboard.press('Escape')
  await page.locator('.panel').waitFor({ state: 'hidden' })

  await row('a.txt').locator('td.amount').click({ button: 'right' })
  await page.waitForSelector('.menu')
  const menu = await words(page, '.menu button')
  await browser.check('the menu of a row')
  await page.click('.menu >> text=Rename')
  await page.fill('dialog input', 'renamed.txt')
  await page.keyboard.press('Enter')
  await row('renamed.txt').waitFor()

  await row('b.txt').locator('.name').focus()
  await page.keyboard.press('Space')
  await page.waitForSelector('.bar-top >> text=1 selected')
  await page.keyboard.press('Control+a')
  await page.waitForSelector('.bar-top >> text=3 selected')
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await page.waitForSelector('dialog .keys')
  await browser.check('the keys')
  await page.keyboard.press('Escape')

  await row('b.txt').locator('td.amount').click({ modifiers: ['Control'] })
  await row('renamed.txt').locator('td.amount').click({ modifiers: ['Control'] })
  await page.waitForSelector('.bar-top >> text=2 selected')
  await row('b.txt').dragTo(row('done'))
  await page.waitForSelector('.note >> text=2 items')
  await row('b.txt').waitFor({ state: 'detached' })
  await row('done').locator('td.amount').click()
  await row('b.txt').waitFor()
  return { menu, inner: await page.$$eval('tbody tr', (rows) => rows.map((one) => one.dataset.name)) }
}

/** Back closes what lies over a folder, one thing after the other, and only then leaves it. */
async function back(browser) {
  const { page } = browser
  const hash = () => new URL(page.url()).hash
  const on = async (what, selector, state = 'attached') => {
    await page.locator(selector).first().waitFor({ state })
    if (!hash().startsWith('#/files/back')) browser.complaints.push(`${what}: the place is ${hash()}`)
  }
  const newFolder = async () => {
    if (await page.isVisible('.bar-top >> text=New folder')) { await page.click('.bar-top >> text=New folder'); return }
    await page.click('.bar-top [aria-label="More"]')
    await page.click('.menu >> text=New folder')
  }
  await browser.signIn('#/upload')
  await browser.go('#/files/back')
  await page.waitForSelector('tbody tr[data-name="a.txt"]')

  await newFolder()
  await on('a dialog', 'dialog[open]')
  await page.goBack()
  await on('a dialog that Back closed', 'dialog', 'detached')

  await page.click('tbody tr[data-name="a.txt"] .name')
  await on('the panel', '.panel')
  await page.click('.panel .previewed .button')
  await on('the viewer', '.viewer[open]')
  await page.keyboard.press('ArrowRight')
  await page.waitForSelector('.viewer h2:text-is("b.txt")')
  await page.goBack()
  await on('a viewer that Back closed', '.viewer', 'detached')
  await on('the panel of the last file', '.panel[aria-label="b.txt"]')
  await page.goBack()
  await on('a panel that Back closed', '.panel', 'detached')

  // What is closed by other ways leaves nothing behind.
  await newFolder()
  await page.waitForSelector('dialog input')
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await page.click('tbody tr[data-name="a.txt"] .name')
  await page.click('.panel [aria-label="Close the details"], .panel [aria-label="Close"]')
  await page.locator('.panel').waitFor({ state: 'detached' })
  await newFolder()
  await page.fill('dialog input', 'inner')
  await page.keyboard.press('Enter')
  await page.waitForSelector('tbody tr[data-name="inner"]')
  await page.click('tbody tr[data-name="inner"] .name')
  await page.waitForFunction(() => location.hash.startsWith('#/files/back/inner'))
  await page.goBack()
  await page.waitForSelector('tbody tr[data-name="inner"]')
  await page.goBack()
  await page.waitForFunction(() => location.hash === '#/upload')
}

export const backWide = (browser) => back(browser)
export const backNarrow = Object.assign((browser) => back(browser), { options: { width: 360, height: 740, hasTouch: true } })
