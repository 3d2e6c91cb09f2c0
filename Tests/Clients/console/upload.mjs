// Scenarios of the Upload page.

const namesOf = ({ files }) => files.split(':').map((path) => path.split('/').pop())

/** Files of any size, dropped; a folder that is chosen. */
export async function send(browser) {
  await browser.signIn()
  await browser.drop()
  await browser.done(namesOf(browser).length)
  return browser.page.$$eval('.row', (rows) => rows.map((row) => ({
    name: row.querySelector('.name').title, reason: row.querySelector('.line').textContent
  })))
}

/** In a LAN without https: no crypto.subtle, no handles, no locks, no service worker. */
export async function plain(browser) {
  await browser.signIn()
  await browser.page.waitForSelector('.note >> text=This address is not https.')
  if (await browser.page.evaluate(() => globalThis.isSecureContext || globalThis.crypto.subtle)) throw new Error('the origin is secure')
  await browser.drop()
  await browser.done(namesOf(browser).length)
}

export async function folder(browser) {
  await browser.signIn('#/upload/inbox')
  await browser.choose('text=Choose folder', browser.files)
  await browser.page.waitForSelector('.row')
  await browser.page.waitForFunction(() => !document.querySelector('.row:not(.done)'))
}

export async function dropFolder(browser) {
  await browser.signIn('#/upload/dropped')
  await browser.drop()
  await browser.page.waitForSelector('.row')
  await browser.page.waitForFunction(() => !document.querySelector('.row:not(.done)'))
}

/** The network breaks, and the service with it; then the page is loaded again. */
export async function broken(browser) {
  browser.mayBreak = true
  await browser.signIn()
  await browser.drop()
  await browser.page.waitForSelector('.row')
  await browser.say('uploading')
  await browser.page.waitForSelector('.state.warn >> text=No connection')
  await browser.say('away')
  await browser.page.waitForSelector('.row .state >> text=Uploading')
  await browser.say('again')
  await browser.page.reload()
  await browser.page.waitForSelector('.row')
  await browser.say('reloaded')
  await browser.done()
}
broken.options = { keeps: true }

/** A reload of the page in the middle. */
export async function reload(browser) {
  browser.mayBreak = true
  await browser.signIn()
  await browser.drop()
  await browser.page.waitForSelector('.row')
  await browser.say('uploading')
  await browser.page.reload()
  await browser.page.waitForSelector('.row')
  await browser.say('reloaded')
  await browser.done()
}
reload.options = { keeps: true }

/** The browser ends and is started again; a small file is kept by the browser, a large one is chosen again. */
export async function restart(browser) {
  browser.mayBreak = true
  await browser.signIn()
  await browser.choose('text=Choose files', browser.files)
  await browser.page.waitForSelector('.row')
  await browser.say('uploading')
  await browser.restart()
  await browser.go('')
  await browser.page.waitForSelector('.row')
  const again = browser.page.locator('.row button', { hasText: 'Choose' })
  await browser.page.waitForFunction(() => document.querySelector('.row.done') || document.querySelector('.state.warn'))
  const asked = await again.count() > 0
  await browser.say(asked ? 'asked' : 'kept')
  if (asked) {
    const other = browser.files.replace(/[^/]+$/, 'other.bin')
    await browser.choose('.row button:has-text("Choose")', other)
    await browser.page.waitForSelector('.note.bad')
    await browser.choose('.row button:has-text("Choose")', browser.files)
  }
  await browser.done()
}
restart.options = { keeps: true, restarts: true }

/** Pause, go on, and cancel another one. */
export async function pause(browser) {
  browser.mayBreak = true
  const [kept, cancelled] = namesOf(browser)
  await browser.signIn()
  await browser.drop()
  await browser.row(kept).locator('.bar:not([aria-valuenow="0"])').waitFor()
  await browser.row(kept).locator('[aria-label^="Pause"]').click()
  await browser.row(kept).locator('text=by you').waitFor()
  await browser.say('paused')
  await browser.row(cancelled).locator('[aria-label^="Cancel"]').click()
  await browser.page.click('text=Cancel and delete')
  await browser.row(cancelled).waitFor({ state: 'detached' })
  await browser.say('cancelled')
  await browser.row(kept).locator('[aria-label^="Resume"]').click()
  await browser.done()
}

/** The browser loses its network and has it again. */
export async function offline(browser) {
  browser.mayBreak = true
  await browser.signIn()
  await browser.drop()
  await browser.page.waitForSelector('.row')
  await browser.say('uploading')
  await browser.context.setOffline(true)
  await browser.page.waitForSelector('.note >> text=This device is offline.')
  // Requests that are under way may last; no rate is claimed of them.
  await browser.page.waitForSelector('.row .state >> text=No connection')
  const figures = await browser.page.locator('.sum .figure, .row .number').allInnerTexts()
  if (figures.some((figure) => figure.includes('/s'))) throw new Error(`a rate while offline: ${figures.join(', ')}`)
  await browser.say('offline')
  await browser.context.setOffline(false)
  await browser.done()
}
offline.options = { keeps: true }

/** Two tabs of one browser: only the first one sends, the second shows it, and goes on when the first is closed. */
export async function tabs(browser) {
  browser.mayBreak = true
  await browser.signIn()
  await browser.drop()
  await browser.page.waitForSelector('.row')
  await browser.say('uploading')
  const second = browser.watch(await browser.context.newPage())
  await second.goto(`${browser.base}console/`)
  await second.waitForSelector('.row >> text=In another tab')
  await browser.say('second')
  await browser.page.close()
  browser.page = second
  await second.waitForSelector('.row >> text=/Uploading|Choose again|No connection|Verifying|Done/')
  await browser.say('alone')
  await browser.done()
}

/** A name that is taken: keep both, then replace. */
export async function taken(browser) {
  await browser.signIn()
  await browser.drop()
  await browser.done(1)
  await browser.drop()
  // Both are shown: what is there, and what comes.
  await browser.page.waitForSelector('dialog .both')
  const shown = await browser.page.locator('dialog .both .rival').allInnerTexts()
  if (!/There now\s+48\.8.KiB\s+today/.test(shown[0]) || !/New\s+48\.8.KiB\s+today/.test(shown[1])) {
    browser.complaints.push(`The dialog shows ${JSON.stringify(shown)}`)
  }
  if (await browser.page.locator('dialog .buttons .button').first().innerText() !== 'Skip') {
    browser.complaints.push('Where the content is the same, something is to be done.')
  }
  await browser.page.waitForSelector('dialog .both >> text=Both have the same content')
  if (await browser.page.locator('dialog .buttons .button').count() > 3) browser.complaints.push('The dialog has many buttons.')
  await browser.check('a name that is taken')
  await browser.page.click('dialog button:text-is("Keep both")')
  await browser.done(2)
  await browser.drop()
  await browser.page.click('dialog button:text-is("Replace")')
  await browser.done(3)
}

export const takenByPhone = Object.assign((browser) => taken(browser), { options: { width: 360, height: 740 } })

/** Names that are taken in a space of a team, each with an answer of its own. `files`: the space's id, and two files. */
export async function takenEach(browser) {
  const { page } = browser
  const [space, ...paths] = browser.files.split(':')
  await browser.signIn(`#/upload?space=${space}`)
  await page.waitForSelector('.drop .to >> text=Team')
  await browser.drop(paths)
  await browser.done(2)
  await browser.drop(paths)
  await page.selectOption('.each li:nth-child(1) select', 'replace')
  await page.selectOption('.each li:nth-child(2) select', 'skip')
  await browser.check('an answer for each name')
  await page.click('dialog >> text=Go on')
  await browser.done(3)
}

/** Without keys of the mouse: from the sign-in to the finished upload. */
export async function keyboard(browser) {
  const { page } = browser
  await browser.signIn()
  const chooser = page.waitForEvent('filechooser')
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => {
      const element = document.activeElement.closest('.find') ?? document.activeElement
      return { text: element.textContent, outline: getComputedStyle(element).outlineStyle }
    })
    if (at.outline === 'none') browser.complaints.push(`no focus is seen at ${at.text}`)
    if (at.text === 'Choose files') break
  }
  await page.keyboard.press('Enter')
  await (await chooser).setFiles(browser.files)
  await browser.done()
}

/** A folder of many small files over a network that breaks: they go together, and each arrives once. */
export async function manySmall(browser) {
  browser.mayBreak = true
  let packs = 0
  browser.page.on('request', (request) => { if (request.url().includes('unpack=tar')) packs++ })
  await browser.signIn('#/upload/many')
  await browser.choose('text=Choose folder', browser.files)
  await browser.page.waitForSelector('.row')
  await browser.page.waitForFunction(() => !document.querySelector('.row:not(.done)'))
  return packs
}

/** Signs out while an upload runs: first the person stays, then leaves by another tab. The row is there after the next sign-in. */
export async function signOut(browser) {
  browser.mayBreak = true
  const { page: first } = browser
  const [name] = namesOf(browser)
  await browser.signIn()
  await browser.drop()
  await browser.row(name).locator('.bar:not([aria-valuenow="0"])').waitFor()
  const running = await wordsOf(browser, 'Uploading')
  await leave(first)
  await first.waitForSelector('dialog >> text=1 file is not completely uploaded')
  await browser.check('signing out while an upload runs')
  await first.click('dialog >> text=Stay signed in')
  await wordsOf(browser, 'Uploading')

  browser.page = browser.watch(await browser.context.newPage())
  await browser.go('')
  await browser.page.waitForSelector('.row >> text=In another tab')
  await leave(browser.page)
  await browser.page.click('dialog >> text=Pause and sign out')
  for (const page of [first, browser.page]) await page.waitForSelector('form:not([hidden])')
  await browser.say('out')
  await first.close()

  await browser.signIn()
  await browser.row(name).locator('.state >> text=Paused').waitFor()
  const paused = await wordsOf(browser, 'Paused')
  await browser.go('#/upload')
  await browser.say('back')
  await browser.row(name).locator('[aria-label^="Resume"]').click()
  await browser.done()
  browser.complaints = browser.complaints.filter((text) => !text.includes('status of 401'))
  return { running, paused }
}
signOut.options = { keeps: true }

async function leave(page) {
  await page.click('.me button')
  await page.click('.menu >> text=Sign out')
}

/** The state that Files and the list of uploads show, once both have this one. */
async function wordsOf(browser, word) {
  const shown = []
  for (const [hash, place] of [['#/files', '.files tbody'], ['#/uploads', '.uploads .row']]) {
    await browser.go(hash)
    shown.push(await browser.page.locator(`${place} .state:visible`, { hasText: word }).first().innerText())
  }
  return shown
}
