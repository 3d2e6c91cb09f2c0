// A person makes a project, sees what a device serves there, says who gets its files, and archives it. Between `say` and its answer a
// device of the person's own serves a folder. `files` is the link of an invitation.

const card = (page, name) => page.locator('.project-card', { hasText: name })

async function choose(page, opener, word) {
  await opener.click()
  await page.click(`.menu >> text="${word}"`)
}

async function project(browser) {
  const { page } = browser
  await page.goto(`${browser.base}signin#link=${browser.files}`)
  await page.click('#by-link [type=submit]')
  await page.fill('#new-password', 'correct horse battery staple')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.drop')
  browser.complaints = browser.complaints.filter((text) => !/status of 400/.test(text))
  await browser.go('#/projects')
  await page.waitForSelector('text=You are in no project')
  await browser.check('no projects')
  if (await page.locator('.pane-head >> text="Rules"').count() > 0) throw new Error('a member is offered the rules of the tenant')
  await page.click('.pane-head >> text="New project"')
  await page.fill('dialog label:has-text("Name") input', 'Skagen <b>')
  await page.click('dialog >> text="Make the project"')
  await page.waitForURL(/projects\/[0-9a-f-]{36}$/)
  await page.waitForSelector('text=Nothing is here yet')
  await browser.check('an empty project')

  await browser.say(page.url())
  const row = page.locator('.project-table tr', { hasText: 'sonar.xtf' })
  await row.waitFor()
  const where = await row.locator('.where').textContent()
  await browser.check('a project')

  // Another member asks, and the person answers; then the person asks for a file, too, and saves it.
  await browser.say('asked')
  await page.locator('.asks .ask', { hasText: 'Ines' }).waitFor()
  await browser.check('a request')
  await page.click('.asks >> text="Send it"')
  await page.click('dialog >> text="Send it"')
  await page.locator('.asks').waitFor({ state: 'hidden' })
  await row.locator('text="Ask for it"').click()
  const coming = page.locator('.coming', { hasText: 'sonar.xtf' })
  await coming.locator('text=/waits for the device/').waitFor()
  await browser.say('sent')
  await coming.locator('text="Save"').waitFor()
  await browser.check('a file that is there')
  const [saved] = await Promise.all([page.waitForEvent('download'), coming.locator('text="Save"').click()])
  if ((await saved.failure()) !== null) throw new Error('the file was not saved')
  await coming.waitFor({ state: 'detached' })
  const folder = page.locator('.project-people li', { hasText: 'asks you' })
  await choose(page, folder.locator('button'), 'Who gets the files')
  await page.selectOption('dialog select', 'always')
  await page.fill('dialog label:has-text("MiB a day") input', 'many')
  await page.click('dialog [type=submit]')
  await page.waitForSelector('dialog .fault:not([hidden])')
  await page.fill('dialog label:has-text("MiB a day") input', '100')
  await browser.check('who gets the files')
  await page.click('dialog [type=submit]')
  await page.locator('.project-people li', { hasText: 'always sends' }).waitFor()
  await browser.say('changed')
  await page.locator('.project-table tr', { hasText: 'second.xtf' }).waitFor()
  await page.click('.seg >> text="On the service"')
  await page.waitForSelector('text=Nothing is here yet')

  await browser.go('#/projects')
  await card(page, 'Skagen <b>').locator('text=/online/').waitFor()
  await browser.check('projects')
  await choose(page, card(page, 'Skagen <b>').locator('.project-head button'), 'Archive')
  await page.click('dialog >> text="Archive"')
  await card(page, 'Skagen <b>').locator('text=Read only').waitFor()
  await page.click('text="Bring it back"')
  await card(page, 'Skagen <b>').locator('text=No device serves it').waitFor()

  await browser.go('#/devices')
  await page.locator('.things tr', { hasText: 'laptop' }).locator('text=Online').waitFor()
  await browser.check('devices')
  await choose(page, page.locator('.things tr', { hasText: 'laptop' }).locator('.acts button'), 'Revoke')
  await page.click('dialog >> text="Revoke"')
  await page.locator('.things tr', { hasText: 'laptop' }).locator('text=Revoked').waitFor()
  return { where }
}

// An administrator forbids that devices send files to each other, and allows it again.
async function rules(browser) {
  const { page } = browser
  await browser.signIn()
  await browser.go('#/projects')
  const allowed = page.locator('dialog label:has-text("directly to other devices") input')
  const open = async () => {
    await page.click('.pane-head >> text="Rules"')
    await allowed.waitFor()
    return allowed.isChecked()
  }
  const save = async () => {
    await page.click('dialog >> text="Save"')
    await page.waitForSelector('text=The rules are saved')
    await page.click('.notes >> text="Close"')
  }
  if (!await open()) throw new Error('straight is not allowed at first')
  await browser.check('the rules of a tenant')
  await allowed.uncheck()
  await save()
  await browser.say('forbidden')
  if (await open()) throw new Error('straight is still allowed')
  await allowed.check()
  await save()
  return {}
}

const variant = (scenario, width, colorScheme) =>
  Object.assign((browser) => scenario(browser), { options: { width, height: 740, colorScheme } })

export const projectWide = variant(project, 1280, 'light')
export const projectNarrow = variant(project, 360, 'dark')
export const projectRulesWide = variant(rules, 1280, 'light')
export const projectRulesNarrow = variant(rules, 360, 'dark')
