// Two people and an agent: the owner makes a project and an invitation, another person joins by it and asks for a folder, the owner looks
// at it and approves, the files arrive, and the owner revokes the device. `files` has both people's links for signing in. Between `say` and
// its answer, an agent serves a folder. With SHARING_PICTURES, a picture of each step lies there.

async function enter(page, base, link) {
  await page.goto(`${base}signin#link=${link}`)
  await page.click('#by-link [type=submit]')
  await page.fill('#new-password', 'correct horse battery staple')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.drop')
}

async function share(browser) {
  const [first, second] = browser.files.split(':')
  const own = browser.page
  const context = await browser.context.browser().newContext(browser.options)
  context.setDefaultTimeout(60_000)
  const other = browser.watch(await context.newPage())
  const picture = async (page, name) => {
    const folder = process.env.SHARING_PICTURES
    if (folder) await page.screenshot({ path: `${folder}/${name}-${browser.options.viewport.width}.png` })
  }
  const check = async (page, name) => {
    const before = browser.page
    browser.page = page
    await browser.check(name)
    browser.page = before
    await picture(page, name.replaceAll(' ', '-'))
  }

  await enter(own, browser.base, first)
  await enter(other, browser.base, second)
  browser.complaints = browser.complaints.filter((text) => !/status of 400/.test(text))
  await own.goto(`${browser.base}console/#/projects`)
  await own.click('.pane-head >> text="New project"')
  await own.fill('dialog label:has-text("Name") input', 'Skagen 2026')
  await own.click('dialog >> text="Make the project"')
  await own.waitForURL(/projects\/[0-9a-f-]{36}$/)
  await own.waitForSelector('text=Nothing is here yet')
  await browser.say(own.url())
  await own.locator('.project-table tr', { hasText: 'sonar.xtf' }).waitFor()

  // An invitation, shown once.
  await own.locator('.project-side section', { hasText: 'Invitation links' }).locator('text="Invite"').click()
  await check(own, 'making an invitation')
  await own.click('dialog >> text="Make the link"')
  await own.locator('dialog .command').waitFor()
  const link = await own.locator('dialog .command code').textContent()
  await check(own, 'an invitation')
  await own.keyboard.press('Escape')
  if (await own.locator('dialog[open]').count() > 0) await own.click('dialog >> text="Close"')
  await own.locator('.project-side li', { hasText: 'Used 0 of 1 time' }).waitFor()

  // The page of the invitation names the project and who invites.
  await other.goto(link)
  await other.locator('text=/invites you to Skagen 2026/').waitFor()
  await check(other, 'an offer')
  await other.click('text="Join"')
  const row = other.locator('.project-table tr', { hasText: 'sonar.xtf' })
  await row.waitFor()
  await check(other, 'a project joined')

  // A folder, asked for as a whole.
  await row.locator('p a').click()
  await other.locator('.below-bar', { hasText: '/line-14/raw' }).waitFor()
  await check(other, 'a folder')
  await other.click('.below-bar >> text="Ask for the folder"')
  await check(other, 'asking for a folder')
  await other.click('dialog [type=submit], dialog .primary')
  await other.locator('dialog[open]').waitFor({ state: 'detached' })
  await other.goto(`${other.url().split('?')[0]}?where=coming`)
  const coming = other.locator('.coming', { hasText: '/line-14/raw/' })
  await coming.locator('text=/wait for the answer/').waitFor()
  await check(other, 'a folder that waits')

  await own.reload()
  const asked = own.locator('.asks .ask', { hasText: '/line-14/raw/' })
  await asked.locator('summary').click()
  await asked.locator('.asked-files li', { hasText: 'sonar.xtf' }).waitFor()
  await check(own, 'a request for a folder')
  await asked.locator('text="Send it"').click()
  await own.click('dialog >> text="Send it"')
  await own.locator('.asks').waitFor({ state: 'hidden' })

  // It comes; each file is saved by itself.
  await coming.locator('a').click()
  const files = other.locator('.coming')
  await files.locator('text="Save"').nth(1).waitFor()
  await check(other, 'a folder that has come')
  for (const name of ['sonar.xtf', 'stills.zip']) {
    const one = other.locator('.coming', { hasText: name })
    const [saved] = await Promise.all([other.waitForEvent('download'), one.locator('text="Save"').click()])
    if ((await saved.failure()) !== null) throw new Error(`${name} was not saved`)
  }
  await other.goto(`${other.url().split('?')[0]}?where=coming`)
  await other.locator('text=Nothing is coming').waitFor()

  await own.goto(`${browser.base}console/#/devices`)
  const device = own.locator('.things tr', { hasText: 'Online' })
  await device.locator('.acts button').click()
  await own.click('.menu >> text="Revoke"')
  await own.click('dialog >> text="Revoke"')
  await own.locator('.things tr', { hasText: 'Revoked' }).waitFor()
  await other.goto(`${other.url().split('?')[0]}`)
  await other.locator('.project-side .lamp.off').waitFor()
  await context.close()
  return { joined: true }
}

const variant = (width, colorScheme) =>
  Object.assign((browser) => share(browser), { options: { width, height: width < 600 ? 740 : 860, colorScheme } })

export const shareWide = variant(1280, 'light')
export const shareNarrow = variant(360, 'dark')
