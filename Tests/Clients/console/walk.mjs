// What new users do without help. Each step once stopped or misled a user.
const PASSWORD = 'correct horse battery staple'

const entry = (page, name) => page.locator(`tbody tr[data-name="${name}"]`)

/** By the link of an invitation, whose token is among the files. */
async function begin(browser, token) {
  const { page } = browser
  await page.goto(`${browser.base}signin#link=${token}`)
  await page.click('#by-link [type=submit]')
  await page.fill('#new-password', PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.drop.big')
  browser.complaints = browser.complaints.filter((text) => !/status of 400/.test(text))
}

/** A private person: sends a file twice, shares it, looks for it from everywhere, and makes a second space. */
export async function newPerson(browser) {
  const { page } = browser
  const [token, path] = browser.files.split(':')
  const name = path.split('/').pop()
  await begin(browser, token)
  await browser.drop([path])
  await browser.done(1)
  await page.click('.row [aria-label^="Remove"]')
  await browser.drop([path])
  await page.click('dialog >> text=Keep both')
  await browser.done(1)
  const line = browser.row(name).locator('.line .cut')
  await line.filter({ hasText: '(2)' }).waitFor()
  const kept = await line.textContent()
  // A link is one for others; the address of a page of the console is none.
  await page.click('.row >> text=Share')
  await page.click('dialog [type=submit]')
  const address = await page.locator('dialog .command code').textContent()
  await page.click('dialog >> text=Copy the link')
  await page.waitForSelector('dialog .buttons >> text=/Copied|Copy the link/')
  await page.locator('dialog >> text="Done"').click()

  await page.click('.row >> text=Show in Files')
  await entry(page, name).locator('.check').check()
  const word = await page.locator('.picked .button').first().innerText()
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('.picked >> text=Download')])
  const fetched = download.suggestedFilename()
  await page.click('.picked >> text=Delete')
  await page.waitForSelector('.note >> text=is in the trash.')

  // From the trash, a search leads to what is there.
  await page.click('.tree >> text=Trash')
  await page.waitForSelector('.place h1:text-is("Trash")')
  const was = await page.locator('tbody tr .aside').nth(1).textContent()
  await page.fill('.find input', 'letter')
  await page.waitForSelector('text=/1 found for/')
  // From another screen, it goes through all spaces.
  await page.click('.nav [data-screen="links"]')
  await page.waitForSelector('.things tbody tr')
  await page.fill('.find input', 'letter')
  await page.keyboard.press('Enter')
  await page.waitForSelector('text=/1 found for/')
  const everywhere = await page.textContent('.place h1')
  await browser.check('a search through all spaces')

  await page.click('.tree >> text=Manage spaces')
  await page.waitForSelector('.things tbody tr')
  const spaces = await page.locator('.things tbody .thing').allInnerTexts()
  await page.click('text=New space')
  await page.fill('dialog input', 'Family')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.place h1:text-is("Family")')
  await page.click('.pane-head >> text=Open in Files')
  await page.waitForSelector('.files .empty')
  await page.waitForSelector('.place h1:text-is("Family")')
  await browser.go('#/account')
  const role = await page.locator('.setting', { hasText: 'Role' }).locator('dd').textContent()
  return { kept, address, word, fetched, was, everywhere, spaces, role }
}

/** The same person on a phone: nothing is dropped there, and the space that is open has its name. */
export async function newPersonOnPhone(browser) {
  const { page } = browser
  await begin(browser, browser.files)
  await browser.check('the first screen of a phone')
  const dropped = await page.locator('main').innerText()
  await page.click('.tabs [data-screen="files"]')
  await page.waitForSelector('.bar-top .roots .cut:text-is("My files")')
  const cut = await page.$eval('.bar-top .roots .cut', ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
  await page.click('.bar-top .roots')
  await page.click('.menu >> text=Shared files')
  await page.waitForSelector('.bar-top .roots .cut:text-is("Shared files")')
  const cutToo = await page.$eval('.bar-top .roots .cut', ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
  await page.click('.bar-top [aria-label="Upload"]')
  await page.waitForSelector('.menu >> text=Choose files')
  await page.keyboard.press('Escape')
  await page.click('.tabs [data-screen="more"]')
  await page.waitForSelector('.more .own')
  await browser.check('more')
  return { dropped, cut, cutToo }
}
newPersonOnPhone.options = { width: 360, height: 740, hasTouch: true }

const transfer = (id, notice, label) => ({ id, notice, label, state: notice === 'failed' ? 'failed' : 'done', reason: null,
  destination: { folderName: null } })

/** News of transfers stands on every page, so it is one button in the top bar. */
export async function manyNotices(browser) {
  const { page } = browser
  let items = [transfer('1', 'done', 'Photos'), transfer('2', 'needs_owner', 'Logs'), transfer('3', 'done', 'Films'),
    transfer('4', 'failed', 'Scans')]
  const gone = []
  await page.route(/api\/transfers\?notice/, (route) => route.fulfill({ json: { items, nextCursor: null } }))
  await page.route(/api\/transfers\/\d\/notice/, (route) => {
    gone.push(new URL(route.request().url()).pathname)
    return route.fulfill({ status: 204 })
  })
  await browser.signIn()
  const news = page.locator('.top .news')
  await news.waitFor()
  const text = await news.innerText()
  await news.click()
  const lines = await page.locator('.menu [role=menuitem]').allInnerTexts()
  const alone = [items[0]]
  // The page asks again soon after it has said what was seen.
  items = []
  await page.click('.menu >> text=I have seen this')
  await news.waitFor({ state: 'detached' })
  items = alone
  await page.reload()
  await news.waitFor()
  const bands = await page.locator('.shell-notes .note').count()
  return { bands, text, lines, gone: gone.sort(), alone: await news.getAttribute('title') }
}

/** What these screens show fits into a usual window, also while there is news. @returns {Promise<string[]>} those that scroll */
export async function fitting(browser) {
  const { page } = browser
  await page.route(/api\/transfers\?notice/, (route) => route.fulfill({
    json: { items: [transfer('1', 'needs_owner', 'Logs'), transfer('2', 'done', 'Films')], nextCursor: null } }))
  await browser.signIn('#/upload')
  await page.locator('.top .news').waitFor()
  const signs = { upload: '.drop.big', overview: '.chart', sessions: '.things', 'jobs/trim-history': '.runs-table' }
  const scrolled = []
  for (const [screen, sign] of Object.entries(signs)) {
    await browser.go(`#/${screen}`)
    await page.waitForSelector(sign)
    await page.waitForLoadState('networkidle')
    const [all, seen] = await page.$eval('main', ({ scrollHeight, clientHeight }) => [scrollHeight, clientHeight])
    if (all > seen) scrolled.push(`${screen}: ${all} of ${seen}`)
  }
  const lines = await page.$eval('.groups', ({ scrollHeight, clientHeight }) => [scrollHeight, clientHeight])
  if (lines[0] > lines[1]) scrolled.push(`the navigation: ${lines}`)
  return scrolled
}

/** A link without a title is called by its folder. */
export async function untitledLink(browser) {
  const { page } = browser
  await browser.signIn('#/links')
  await page.waitForSelector('.things tbody tr')
  return page.locator('.things tbody .thing').allInnerTexts()
}
