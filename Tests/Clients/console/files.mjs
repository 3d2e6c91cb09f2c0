// Scenarios of the Files page.
import { createReadStream } from 'node:fs'
import { createHash } from 'node:crypto'

const digestOf = async (path) => {
  const hash = createHash('sha256')
  for await (const block of createReadStream(path)) hash.update(block)
  return hash.digest('hex')
}

const entry = (page, name) => page.locator(`tbody tr[data-name="${name}"]`)

/** New folder, upload, details, download, rename, move, delete and undo, trash and restore, ZIP. */
export async function manage(browser) {
  const { page } = browser
  const name = browser.files.split('/').pop()
  await browser.signIn('#/files')

  await page.click('text=New folder')
  await page.fill('dialog input', 'Reports')
  await page.keyboard.press('Enter')
  await entry(page, 'Reports').locator('.name').click()
  await page.waitForSelector('text=Nothing here yet')

  await page.click('.bar-top >> text=Upload')
  await browser.choose('.menu >> text=Choose files', browser.files)
  await entry(page, name).locator('.name').click()
  await page.waitForSelector('.panel .digest')
  const shown = (await page.textContent('.panel .digest')).replaceAll(' ', '')
  const download = await Promise.all([page.waitForEvent('download'), page.click('.panel [aria-label="Download"]')])
  const downloaded = await digestOf(await download[0].path())
  await page.keyboard.press('Escape')
  await page.locator('.panel').waitFor({ state: 'detached' })

  await entry(page, name).locator('.check').check()
  await page.keyboard.press('F2')
  await page.fill('dialog input', 'final.bin')
  await page.keyboard.press('Enter')
  await entry(page, 'final.bin').waitFor()

  await entry(page, 'final.bin').locator('.check').check()
  await page.click('.bar-top >> text=Move')
  await page.click('dialog .way >> text=Files')
  await page.waitForSelector('dialog .folders >> text=Reports')
  await page.click('dialog >> text=Move here')
  await entry(page, 'final.bin').waitFor({ state: 'detached' })
  await page.click('.place >> text=Files')
  await entry(page, 'final.bin').waitFor()
  await entry(page, 'Reports').locator('.amount >> text=Empty').waitFor()

  await entry(page, 'final.bin').locator('.check').check()
  await page.keyboard.press('Delete')
  await entry(page, 'final.bin').waitFor({ state: 'detached' })
  await page.click('.note >> text=Undo')
  await entry(page, 'final.bin').waitFor()

  await entry(page, 'final.bin').locator('.check').check()
  await page.click('.bar-top >> text=Delete')
  await entry(page, 'final.bin').waitFor({ state: 'detached' })
  await page.click('.tree >> text=Trash')
  await page.locator('.trash tr', { hasText: 'final.bin' }).locator('text=Restore').click()
  await page.waitForSelector('text=The trash is empty')
  await page.click('.place >> text=Files')
  await entry(page, 'final.bin').waitFor()

  for (const one of ['Reports', 'final.bin']) await entry(page, one).locator('.check').check()
  const [archive] = await Promise.all([page.waitForEvent('download'), page.click('text=Download ZIP')])
  return { shown, downloaded, archive: await archive.path() ? archive.suggestedFilename() : null }
}

/** An earlier content is looked at and restored, another one is named, and one is deleted. */
export async function versions(browser) {
  const { page } = browser
  const version = (number) => page.locator(`.vers li[data-number="${number}"]`)
  const choose = async (number, word) => {
    await version(number).locator('[aria-haspopup="menu"]').click()
    await page.click(`.menu >> text="${word}"`)
  }
  await browser.signIn('#/files/kept')
  await entry(page, 'plan.txt').locator('.name').click()
  await page.click('.panel [data-tab="versions"]')
  await version(1).locator('[aria-pressed]').click()
  await page.waitForSelector('.compare-place .diff .minus >> text=/first/')
  await browser.check('versions of a file')
  await version(1).locator('text="Restore"').click()
  await version(3).waitFor()
  await choose(2, 'Name')
  await page.fill('dialog input', 'Sent to the client')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.vers li.named >> text=/Sent to the client/')
  await choose(1, 'Delete')
  await page.click('dialog .buttons >> text="Delete"')
  await version(1).waitFor({ state: 'detached' })
  await page.click('.keeps-line >> text="Change"')
}

/** What a folder of a space keeps of earlier contents is set, shown and removed in the list of spaces. */
export async function policies(browser) {
  const { page } = browser
  const open = async () => {
    await page.locator('.things tr', { hasText: 'Shared files' }).locator('.acts button').click()
    await page.click('.menu >> text="Versions"')
    await page.waitForSelector('dialog >> text="The newest ones"')
  }
  const set = (label, text) => page.fill(`dialog label:has-text("${label}") input`, text)
  const save = () => page.click('dialog .buttons >> text="Save"')
  await browser.signIn('#/spaces')
  await open()
  await save()
  await page.waitForSelector('dialog >> text=Enter whole numbers')
  await set('Only for this folder', '/kept/')
  await set('The newest ones', '5')
  await save()
  await page.waitForSelector('dialog', { state: 'detached' })
  await open()
  await page.waitForSelector('dialog >> text=kept: the last 5.')
  await set('Only for this folder', 'kept')
  await page.keyboard.press('Tab')
  const shown = await page.inputValue('dialog label:has-text("The newest ones") input')
  await browser.check('what a folder keeps')
  await browser.say('set')
  await page.click('dialog .buttons >> text="Remove the policy"')
  await page.waitForSelector('dialog', { state: 'detached' })
  await open()
  if (await page.isVisible('dialog >> text=kept: the last 5.')) throw new Error('the policy is still there')
  return shown
}

/** A name that wants to be HTML, and one that wants to look like another. */
export async function hostile(browser) {
  const { page } = browser
  await browser.signIn('#/files/hostile')
  await page.waitForSelector('tbody tr')
  const names = await page.$$eval('tbody .name', (all) => all.map((name) => name.textContent))
  const made = await page.evaluate(() => ({ images: document.querySelectorAll('main img').length, ran: globalThis.ran === true }))
  for (let i = 0; i < names.length; i++) {
    await page.locator('tbody .name').nth(i).click()
    await page.waitForSelector('.panel')
    await page.keyboard.press('Escape')
  }
  return { names, ...made }
}

/** A search below the folder, and its address. */
export async function search(browser) {
  const { page } = browser
  await browser.signIn('#/files')
  await page.waitForSelector('.bar-top')
  await page.keyboard.press('/')
  await page.keyboard.type('needle')
  await page.waitForSelector('text=/1 found for/')
  await page.reload()
  await page.waitForSelector('text=/1 found for/')
  const found = await page.$$eval('tbody .name', (all) => all.map((name) => name.title))
  const more = page.locator('text=Search uploads, too')
  await more.waitFor()
  await page.click('.tree >> text=Trash')
  await page.waitForSelector('text=The trash is empty')
  await more.waitFor({ state: 'hidden' })
  return found
}

/** Moving a file and a folder to another space. */
export async function moveAway(browser) {
  const { page } = browser
  await browser.signIn('#/files')
  await entry(page, 'trip').locator('.check').check()
  await entry(page, 'one.txt').locator('.check').check()
  await page.click('.bar-top >> text=Move')
  await page.selectOption('dialog .select', { label: 'Projects' })
  await page.waitForSelector('dialog .folders >> text=No folders in it.')
  await browser.check('moving to another space')
  await page.click('dialog >> text=Move here')
  await page.waitForSelector('.note >> text=/on the way to Projects/')
  await page.waitForSelector('text=Nothing here yet')
}

/** Moving onto a name that is taken. */
export async function moveTaken(browser) {
  const { page } = browser
  await browser.signIn('#/files/one')
  await entry(page, 'same.txt').locator('.check').check()
  await page.click('.bar-top >> text=Move')
  await page.click('dialog .way >> text=Files')
  await page.click('dialog .folders >> text=two')
  await page.waitForSelector('dialog .folders >> text=No folders in it.')
  await page.click('dialog >> text=Move here')
  await page.click('dialog >> text=Keep both')
  await page.waitForSelector('text=Nothing here yet')
}

/** Moving entries of one name that a search finds in two folders onto a third: each has its own answer. */
export async function moveFound(browser) {
  const { page } = browser
  await browser.signIn('#/files?search=same.txt')
  await page.waitForSelector('text=/3 found for/')
  for (const folder of ['one', 'two']) await page.locator('tbody tr', { hasText: `/${folder}` }).locator('.check').check()
  await page.click('.bar-top >> text=Move')
  await page.click('dialog .folders >> text=three')
  await page.waitForSelector('dialog .folders >> text=No folders in it.')
  await page.click('dialog >> text=Move here')
  await page.waitForSelector('dialog .each >> text=from /two')
  await page.selectOption('dialog .each li:has-text("from /one") .select', 'skip')
  await page.selectOption('dialog .each li:has-text("from /two") .select', 'rename')
  await browser.check('choosing for each')
  await page.click('dialog >> text=Go on')
  await page.waitForSelector('.note >> text=/moved to/')
}

/** An empty folder on a phone. */
export async function emptyOnPhone(browser) {
  const { page } = browser
  await browser.signIn('#/files')
  await page.waitForSelector('.empty')
  const told = await page.textContent('.empty p')
  await browser.check('an empty folder on a phone')
  await browser.choose('.empty button', browser.files)
  await entry(page, browser.files.split('/').pop()).waitFor()
  return told
}
emptyOnPhone.options = { width: 360, height: 740 }

/** Keys act on the row that has the focus; after Delete the next row has it, and Ctrl Z brings back what is gone. */
export async function keysOnRows(browser) {
  const { page } = browser
  const focused = (name) => page.waitForFunction((name) => document.activeElement?.closest('tr')?.dataset.name === name, name)
  await browser.signIn('#/files/keyed')
  await entry(page, 'b.txt').locator('.name').focus()
  await page.keyboard.press('Delete')
  await entry(page, 'b.txt').waitFor({ state: 'detached' })
  await focused('c.txt')
  await page.keyboard.press('Delete')
  await entry(page, 'c.txt').waitFor({ state: 'detached' })
  await focused('a.txt')
  await page.keyboard.press('Control+z')
  await entry(page, 'c.txt').waitFor()
  await entry(page, 'c.txt').locator('.name').focus()
  await page.keyboard.press('F2')
  await page.fill('dialog input', 'd.txt')
  await page.keyboard.press('Enter')
  await entry(page, 'd.txt').waitFor()

  await browser.go('#/files?search=d.txt')
  await entry(page, 'd.txt').locator('.of-row').click()
  await page.click('.menu >> text=Show in folder')
  await page.waitForSelector('.panel[aria-label="d.txt"]')
  await entry(page, 'a.txt').waitFor()
}

/** On a phone, what is selected is shared, copied and renamed, too. */
export async function selectionByPhone(browser) {
  const { page } = browser
  await browser.signIn('#/files/keyed')
  await entry(page, 'a.txt').locator('.check').check()
  await page.click('.picked [aria-haspopup="menu"]')
  const offered = await page.locator('.menu [role=menuitem]').allInnerTexts()
  await page.click('.menu >> text=Rename')
  await page.fill('dialog input', 'z.txt')
  await page.keyboard.press('Enter')
  await entry(page, 'z.txt').waitFor()
  return offered
}
selectionByPhone.options = { width: 360, height: 740, hasTouch: true }

/** Names as people sort them, how much lies below folders, and how much is selected. */
export async function sizes(browser) {
  const { page } = browser
  await browser.signIn('#/files/sized')
  await entry(page, 'b 10').locator('td.size >> text=/1.95.KiB/').waitFor()
  const names = () => page.$$eval('tbody tr', (rows) => rows.map((one) => one.dataset.name))
  const order = await names()
  await entry(page, 'b 10').locator('.check').check()
  await entry(page, 'part 9.txt').locator('.check').check()
  await page.locator('.bar-top .much >> text=/2.92.KiB/').waitFor()
  await page.keyboard.press('Escape')
  await page.click('thead >> text=Name')
  await page.waitForFunction(() => document.querySelector('tbody tr')?.dataset.name === 'part 10.txt')
  return { order, back: await names() }
}

/** The files of other people are one line of the tree until they are wanted. */
export async function others(browser) {
  const { page } = browser
  await browser.signIn('#/files')
  const fold = page.locator('.tree .fold button')
  await fold.waitFor()
  const lines = () => page.locator('.tree .fold ~ ul a').allInnerTexts()
  const shut = await lines()
  await fold.click()
  await page.waitForSelector('.tree a[title="Ann"]')
  const open = await lines()
  if (!await fold.evaluate((one) => one === document.activeElement)) throw new Error('the focus is lost')
  await page.click('.tree a[title="Ann"]')
  await page.waitForSelector('.tree a[title="Ann"][aria-current="page"]')
  await fold.click()
  await page.waitForFunction(() => document.querySelector('.tree .fold button').ariaExpanded === 'false')
  return { fold: await fold.innerText(), shut, open, kept: await lines() }
}

/** What arrives in a folder that is shown as pictures has a face, too. */
export async function arrivingTiles(browser) {
  const { page } = browser
  await page.goto(browser.base)
  await page.evaluate(() => localStorage.setItem('files-tiles', 'on'))
  await browser.signIn('#/files')
  await page.waitForSelector('.tiles tr.arriving')
  return page.locator('.tiles tr.arriving .tile-face .icon').count()
}
