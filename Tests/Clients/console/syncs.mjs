// A person keeps a folder of the machine in sync with a folder of the service, answers what the pair asks, pauses it, and ends it. Between
// `say` and its answer both folders change.

const node = (page, side, name) => page.locator(`.end-card[aria-label="${side}"] .node`, { hasText: name }).first()
const pair = (page) => page.locator('.sync-table tbody', { hasText: 'Photos <b>' })
const state = (page, word) => page.locator('.about .state', { hasText: word }).waitFor()

async function syncs(browser) {
  const { page } = browser
  const wide = await page.evaluate(() => innerWidth > 900)
  const step = (word) => (wide ? null : page.click(`.wizard-foot >> text="${word}"`))
  await browser.signIn('#/files')
  await browser.go('#/syncs')
  await page.waitForSelector('text=No folders are kept in sync')
  await browser.check('no pairs')

  // 1. A new pair.
  await page.click('.list-bar >> text="New pair"')
  await node(page, 'Left', 'photos').locator('.to-pick').click()
  await browser.check('a new pair')
  await step('Next: target folder')
  await page.locator('.end-card[aria-label="Right"] .node.on').waitFor()
  await step('Next: rules')
  await page.fill('label:has-text("Name of the pair") input', 'Photos <b>')
  await page.fill('label:has-text("Bytes a second") input', 'fast')
  await page.click('.wizard-foot .start:not(:disabled)')
  const refused = await page.locator('.note.bad').textContent()
  await page.fill('label:has-text("Bytes a second") input', '')
  await page.fill('label:has-text("Not these") input', '*.tmp')
  await browser.check('the rules of a pair')
  await page.click('.wizard-foot .start:not(:disabled)')
  await page.waitForURL(/syncs\/[0-9a-f]{32}$/)
  await state(page, 'In sync')
  await page.locator('.sync-changes tr', { hasText: '7.txt' }).locator('text=Copied').waitFor()
  await browser.check('a pair in sync')

  // 2. What it asks, and the answer.
  await browser.say('remove')
  await page.click('.head >> text="Scan now"')
  await state(page, 'Needs you')
  await page.locator('.sync-question li', { hasText: '2.txt' }).locator('text=gone from the left').waitFor()
  await browser.check('a pair that asks')
  await browser.go('#/syncs')
  await pair(page).locator('.need-box').waitFor()
  const counted = await page.locator('[data-count="syncs"]').first().textContent()
  await browser.check('pairs that ask')
  await pair(page).locator('text="Remove them too"').click()
  await pair(page).locator('.state', { hasText: 'In sync' }).waitFor()

  // 3. Pause, dry run, resume, end.
  await pair(page).locator('[aria-label^="Pause"]').click()
  await pair(page).locator('.state', { hasText: 'Paused' }).waitFor()
  await browser.say('change')
  await pair(page).locator('.pair-of a').click()
  await state(page, 'Paused')
  await page.click('.head >> text="Dry run"')
  await page.locator('dialog li', { hasText: 'new.txt' }).waitFor()
  await browser.check('a dry run')
  await page.click('dialog >> text="Close"')
  await page.click('.head >> text="Resume"')
  await page.locator('.sync-changes tr', { hasText: 'new.txt' }).locator('text=Copied').waitFor()
  await page.click('.head [aria-haspopup=menu]')
  await page.click('.menu >> text="End the pair"')
  await page.click('dialog >> text="End the pair"')
  await page.waitForSelector('text=No folders are kept in sync')

  // 4. From Files and from a transfer.
  await browser.go('#/files/photos')
  await page.click('.files .bar [aria-label="More"], .files [aria-label="More"]')
  await page.click('.menu >> text="Keep in sync…"')
  await node(page, 'Left', 'photos').and(page.locator('.on')).waitFor()

  // 5. What was chosen in a transfer is followed alone, and once.
  if (wide) {
    const ids = await page.evaluate(async () => (await (await fetch('../api/tree/photos/')).json()).items
      .filter(({ kind }) => kind === 'file').slice(0, 2).map(({ id }) => id).join(','))
    await browser.go(`#/transfers/new?from=own&folder=photos&items=${ids}`)
    await page.click('button:has-text("Keep in sync")')
    await page.locator('.note', { hasText: '2 items in photos are followed' }).waitFor()
    await page.locator('.end-card[aria-label="Right"] .node.on').waitFor()
    await page.selectOption('label:has-text("When it looks") select', 'once')
    await browser.check('a pair of chosen items')
    await page.click('.wizard-foot .start:not(:disabled)')
    await page.waitForURL(/syncs\/[0-9a-f]{32}$/)
    await state(page, 'Paused')
    await page.locator('text="once"').first().waitFor()
  }
  // Bad input is answered with 400, and what the page asks about a pair while it ends with 404, which the browser reports.
  browser.complaints = browser.complaints.filter((text) => !/status of (400|404)/.test(text))
  return { refused, counted }
}

// A person compares two files, decides about them one by one, and takes the other one of the first afterwards.
async function conflicts(browser) {
  const { page } = browser
  const row = (name) => page.locator('.sync-conflicts li', { hasText: name })
  await browser.signIn('#/syncs')
  await page.locator('.sync-table .question a').click()
  await state(page, 'Needs you')
  await row('plan.csv').locator('[aria-label^="Compare"]').click()
  await row('plan.csv').locator('.diff .add', { hasText: 'right' }).first().waitFor()
  await browser.check('a conflict compared')
  await row('plan.csv').locator('text="Keep left"').click()
  await row('plan.csv').waitFor({ state: 'detached' })
  await row('notes.txt').locator('text="Keep both"').click()
  const decision = page.locator('.sync-decisions li', { hasText: 'plan.csv' })
  await decision.locator('text=Kept the left, by you').waitFor()
  await state(page, 'In sync')
  await decision.locator('text="Take the other one"').waitFor()
  await browser.check('decisions')
  await decision.locator('text="Take the other one"').click()
  await decision.locator('text=taken back').waitFor()
  return {}
}

const variant = (scenario, width, colorScheme) =>
  Object.assign((browser) => scenario(browser), { options: { width, height: 740, colorScheme } })

export const syncsWide = variant(syncs, 1280, 'light')
export const syncsNarrow = variant(syncs, 360, 'dark')
export const conflictsWide = variant(conflicts, 1280, 'light')
export const conflictsNarrow = variant(conflicts, 360, 'dark')
