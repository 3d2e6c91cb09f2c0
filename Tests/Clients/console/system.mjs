// Scenarios of the System page, of changes that others make in Files, of another space, and of another tenant.

/** Version, health, verification, and the settings with their sources. */
export async function system(browser) {
  const { page } = browser
  await page.route(/\/api\/system$/, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: { ...await answer.json(), certificateEndsAt: '2031-05-06T07:08:00Z' } })
  })
  await browser.signIn('#/system')
  await page.locator('.system .figures div:has-text("Certificate ends") >> dd[title*="2031"]').waitFor()
  await page.locator('.setting:has-text("Database") >> text="Healthy"').waitFor()
  await page.waitForSelector('text=scrub-files')
  await page.click('.seg >> text=All')
  await page.waitForURL(/show=all/)
  await browser.check('system')
  await page.keyboard.press('/')
  await page.keyboard.type('Data:Directory')
  await page.waitForURL(/search=/)
  await page.waitForFunction(() => document.querySelectorAll('.system .things .value').length === 1)
  const directory = await page.textContent('.system .things .value')
  await browser.go('#/system?show=all&search=ConnectionStrings%3ALedger')
  await page.waitForSelector('.system .things .value')
  return { directory, secret: await page.textContent('.system .things .value') }
}

const entry = (page, name) => page.locator(`tbody tr[data-name="${name}"]`)

/** What others do shows without a reload. */
export async function changes(browser) {
  const { page } = browser
  await browser.signIn('#/files')
  await page.waitForSelector('text=Nothing here yet')
  await page.waitForSelector('.live:has-text("Live")')
  await browser.say('put')
  await entry(page, 'from-elsewhere.txt').waitFor()
  await browser.say('remove')
  await entry(page, 'from-elsewhere.txt').waitFor({ state: 'detached' })
}

/** A folder with an empty one and a large file, dropped into a space that is not the default one. `files`: its id, and the folder. */
export async function space(browser) {
  const { page } = browser
  const [id, folder] = browser.files.split(':')
  await browser.signIn(`#/files?space=${id}`)
  await page.waitForSelector('text=Nothing here yet')
  await browser.drop([folder])
  await entry(page, 'dropped').waitFor()
  await entry(page, 'dropped').locator('.name').click()
  await entry(page, 'empty').waitFor()
  await entry(page, 'large.bin').waitFor()
}

/** A person of two tenants changes from one to the other. `files` is the password. */
export async function tenants(browser) {
  const { page } = browser
  const live = new Promise((resolve) => { page.on('websocket', (socket) => socket.on('framereceived', resolve)) })
  await page.goto(`${browser.base}signin?return=${encodeURIComponent('/console/#/files')}`)
  await page.waitForSelector('form:not([hidden])')
  if (!await page.isVisible('#name')) await page.click('#use-password')
  await page.fill('#name', 'ann')
  await page.fill('#password', browser.files)
  await page.keyboard.press('Enter')
  // A person begins in a space of their own.
  await page.click('.tree >> text=Shared files')
  await entry(page, 'of-acme.txt').waitFor()
  await page.click('.tenant')
  await browser.check('tenants')
  // A connection that begins during the change is refused with 403, because its token is one of the tenant before.
  await live
  await page.click('.menu >> text=default')
  await page.click('.tenant:has-text("default")', { trial: true })
  await page.click('.tree >> text=Shared files')
  await entry(page, 'of-default.txt').waitFor()
  return page.textContent('.tenant')
}
