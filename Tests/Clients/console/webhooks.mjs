// Scenarios of the Webhooks page. Between `say` and its answer the receiver changes its mind.

const thing = (page, text) => page.locator('.things tr', { hasText: text })

async function choose(page, row, word) {
  await thing(page, row).locator('.acts button').click()
  await page.click(`.menu >> text="${word}"`)
}

/**
 * Makes a webhook, tests it, sees it paused and why, resumes it, sends a delivery again, changes and deletes it. `files` is its URL.
 */
export async function webhooks(browser) {
  const { page } = browser
  await browser.signIn('#/webhooks')
  await page.waitForSelector('text=There is no webhook yet')
  await browser.check('no webhooks')

  await page.click('text=New webhook')
  await page.fill('dialog label:has-text("What it is for") input', 'Shop <b>')
  await page.fill('dialog label:has-text("Address") input', 'ftp://example.org/hook')
  await page.keyboard.press('Enter')
  const refused = await page.locator('dialog .fault:not([hidden])').textContent()
  await page.fill('dialog label:has-text("Address") input', browser.files)
  await page.selectOption('dialog label:has-text("Which events") select', 'some')
  await page.click('dialog >> text="Make the webhook"')
  await page.waitForSelector('dialog .fault >> text=/at least one event/')
  const kept = await page.inputValue('dialog label:has-text("Address") input')
  await page.check('dialog label:has-text("Upload completed") input')
  await browser.check('a new webhook')
  await page.click('dialog >> text="Make the webhook"')
  await page.waitForSelector('dialog >> text=/Secret of Shop <b>/')
  const secret = await page.textContent('dialog .command code')
  await page.click('dialog .buttons .primary')

  await page.waitForSelector('text=Nothing was sent yet')
  await page.focus('text="Send a test"')
  await page.keyboard.press('Enter')
  await thing(page, 'Test').locator('text=Delivered').waitFor()
  await browser.check('a webhook')

  await browser.say('fail')
  await page.locator('.note:has-text("Paused.") >> text=/New events are not sent/').waitFor()
  await thing(page, 'Upload completed').locator('text=/503/').first().waitFor()
  await browser.check('a paused webhook')
  await thing(page, 'Upload completed').locator('button.to').click()
  const answer = await page.locator('dialog pre').first().textContent()
  await browser.check('a delivery')
  await page.keyboard.press('Escape')

  await browser.say('mend')
  await page.click('.note >> text="Resume"')
  await thing(page, 'Upload completed').locator('text=Delivered').waitFor()
  await page.locator('.note:has-text("Paused.")').waitFor({ state: 'detached' })
  await page.click('[aria-label^="Send again: Upload completed"]')
  await browser.say('again')
  await page.click('.seg >> text=Failed')
  await page.waitForURL(/state=failed/)
  await page.waitForSelector('text=Nothing has failed')

  await page.click('.place >> text=Webhooks')
  await thing(page, 'Shop <b>').locator('text=Active').waitFor()
  await choose(page, 'Shop <b>', 'Disable')
  await thing(page, 'Shop <b>').locator('text=Disabled').waitFor()
  await choose(page, 'Shop <b>', 'Change')
  await page.fill('dialog label:has-text("What it is for") input', 'Warehouse')
  await page.keyboard.press('Enter')
  await thing(page, 'Warehouse').waitFor()
  await choose(page, 'Warehouse', 'New secret')
  await page.click('dialog .primary')
  await page.waitForSelector('dialog >> text=/Secret of Warehouse/')
  const second = await page.textContent('dialog .command code')
  await page.click('dialog .buttons .primary')
  await choose(page, 'Warehouse', 'Delete')
  await page.click('dialog .danger')
  await page.waitForSelector('text=There is no webhook yet')
  await browser.go('#/webhooks/00000000000000000000000000000000')
  await page.waitForSelector('text=There is no such webhook')
  // One that is not there is answered with 404, and a bad form with 400, which the browser reports.
  browser.complaints = browser.complaints.filter((text) => !/status of (400|404)/.test(text))
  return { refused, kept, secret, answer, second }
}

/** The same screen on a phone: a webhook that fails, its log, and a dialog. */
export const webhooksNarrow = Object.assign(async (browser) => {
  const { page } = browser
  await browser.signIn('#/webhooks')
  await thing(page, 'Narrow').locator('a').click()
  await thing(page, 'Upload completed').first().waitFor()
  await browser.check('a webhook on a phone')
  await thing(page, 'Upload completed').first().locator('button.to').click()
  await page.waitForSelector('dialog pre')
  await browser.check('a delivery on a phone')
}, { options: { width: 360, height: 740, colorScheme: 'dark' } })
