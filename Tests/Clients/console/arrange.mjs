// Scenarios of arranging: copies beside moves, the way back from both, dragging onto the tree and the way above, people found by name, and
// one row for a folder that is sent.

const PASSWORD = 'correct horse battery staple'
const row = (page, name) => page.locator(`tbody tr[data-name="${name}"]`)

/** Copies and moves by menu, keys and mouse, and takes moves and new names back. */
export async function arrange(browser) {
  const { page } = browser
  await browser.signIn('#/files/work')
  await row(page, 'a.txt').waitFor()

  // Beside itself a copy gets another name; elsewhere it keeps its own.
  await row(page, 'a.txt').locator('td.amount').click({ button: 'right' })
  await page.click('.menu >> text=Copy')
  await page.waitForSelector('dialog .folders >> text=done')
  await page.click('dialog >> text=Copy here')
  await row(page, 'a (2).txt').waitFor()
  await page.waitForSelector('.note >> text=/copied to/')
  await row(page, 'a.txt').locator('.check').check()
  await page.keyboard.press('Control+c')
  await page.waitForSelector('.note >> text=/to copy/')
  await row(page, 'done').locator('a.name').click()
  await page.waitForSelector('.empty')
  await page.keyboard.press('Control+v')
  await row(page, 'a.txt').waitFor()
  await page.locator('.note >> text=/to copy/').waitFor({ state: 'detached' })

  // A move is taken back, by its note; so is a new name.
  await page.goBack()
  await row(page, 'b.txt').locator('.check').check()
  await page.keyboard.press('Control+x')
  await page.waitForSelector('.note >> text=/to move/')
  await row(page, 'done').locator('a.name').click()
  await row(page, 'a.txt').waitFor()
  await page.click('.note >> text=Into this folder')
  await row(page, 'b.txt').waitFor()
  await page.click('.note >> text=Undo')
  await row(page, 'b.txt').waitFor({ state: 'detached' })
  await page.goBack()
  await row(page, 'b.txt').locator('.check').check()
  await page.keyboard.press('F2')
  await page.fill('dialog input', 'c.txt')
  await page.keyboard.press('Enter')
  await row(page, 'c.txt').waitFor()
  await page.click('.note >> text=Undo')
  await row(page, 'b.txt').waitFor()

  // A note of undo stays in its folder.
  await page.keyboard.press('Escape')
  await row(page, 'a (2).txt').locator('.check').check()
  await page.keyboard.press('Delete')
  await page.waitForSelector('.note >> text=Undo')
  await row(page, 'done').locator('a.name').click()
  await row(page, 'a.txt').waitFor()
  const followed = await page.locator('.note').count()
  await page.goBack()

  // Onto the way above, onto the tree, and with Ctrl as a copy.
  await row(page, 'b.txt').dragTo(page.locator('.place a:not(.back)').first())
  await row(page, 'b.txt').waitFor({ state: 'detached' })
  await page.locator('.place a:not(.back)').first().click()
  await row(page, 'b.txt').waitFor()
  await row(page, 'b.txt').dragTo(page.locator('.tree a', { hasText: 'other' }))
  await row(page, 'b.txt').waitFor({ state: 'detached' })
  await page.locator('.tree a', { hasText: 'other' }).click()
  await row(page, 'b.txt').waitFor()
  await page.keyboard.down('Control')
  await row(page, 'b.txt').dragTo(page.locator('.place a:not(.back)').first())
  await page.keyboard.up('Control')
  await page.waitForSelector('.note >> text=/copied to/')
  return { followed, left: await page.$$eval('tbody tr', (rows) => rows.map((one) => one.dataset.name)) }
}

/** The owner of a space, who is no administrator, lets a person in by name. `files`: the space. */
export async function letIn(browser) {
  const { page } = browser
  await page.goto(`${browser.base}signin?return=${encodeURIComponent(`/console/#/spaces?space=${browser.files}`)}`)
  await page.waitForSelector('form:not([hidden])')
  if (!await page.isVisible('#name')) await page.click('#use-password')
  await page.fill('#name', 'ann')
  await page.fill('#password', PASSWORD)
  await page.keyboard.press('Enter')
  await page.click('text=Add a member')
  await page.fill('dialog input[type=search]', 'zzz')
  await page.waitForSelector('dialog >> text=/Nobody else in this tenant/')
  await page.fill('dialog input[type=search]', 'lee')
  await page.waitForSelector('dialog .found label')
  await browser.check('finding a person')
  const found = await page.locator('dialog .found label').allInnerTexts()
  // None of two is meant until one is chosen.
  await page.click('dialog .buttons >> text=Add a member')
  await page.waitForSelector('dialog >> text=Choose a person from the list.')
  await page.locator('dialog .found label', { hasText: 'Bob Lee' }).click()
  await page.locator('dialog .tick').click()
  await page.click('dialog .buttons >> text=Add a member')
  await page.waitForSelector('.things >> text=Bob Lee')
  return { found: found.map((name) => name.trim()) }
}
export const letInByPhone = Object.assign((browser) => letIn(browser), { options: { width: 360, height: 740, hasTouch: true } })

/** Two folders and a file alone: three rows, which tell how far each is. `files`: those. */
export async function folders(browser) {
  const { page } = browser
  browser.mayBreak = true
  await browser.signIn('#/upload/into')
  await browser.drop()
  const album = page.locator('.of-folder', { has: page.locator('.name[title="album"]') })
  await album.waitFor()
  await page.waitForFunction(() => document.querySelectorAll('.card > ul > .row').length === 3)
  await page.waitForFunction(() => /of 12 files/.test(document.querySelector('.of-folder .line').textContent))
  await browser.check('a folder that is sent')
  const place = await album.locator('.line').innerText()
  await browser.say('sending')
  // After a reload it is still one row.
  await page.reload()
  await page.waitForFunction(() => document.querySelectorAll('.card > ul > .of-folder').length >= 1)
  const loose = await page.locator('.card > ul > .row:not(.of-folder)').count()
  await browser.say('again')
  await page.waitForFunction(() => !document.querySelector('.card > ul > .row:not(.done)'))
  const last = page.locator('.of-folder').last()
  await last.locator('[aria-label^="Files of"]').click()
  const inner = await last.locator('.inner .row').count()
  await browser.check('the files of a folder')
  const [href] = await last.locator('.ended a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  return { place, loose, inner, href }
}
export const foldersByPhone = Object.assign((browser) => folders(browser), { options: { width: 360, height: 740, hasTouch: true } })
