// Scenarios of Connections and Transfers, against an emulated Google Drive. `files` is a refresh token. Between `say` and its answer
// the storage changes its mind.

const row = (page, name) => page.locator('.transfer-row', { has: page.locator(`.name[title="${name}"]`) })
const node = (page, side, name) => page.locator(`.end-card[aria-label="${side}"] .node`, { hasText: name }).first()

/** Not by the provider's page, which is what is proposed. */
async function byToken(page, text) {
  await page.selectOption('dialog label:has-text("Sign in by") select', 'refreshToken')
  await page.fill('dialog label:has-text("Refresh token") input[type=password]', text)
}

/** Adds the account of the token as a connection with a name. */
async function connect({ page, files: token }, name) {
  await page.locator('.pane-head >> text="Add a connection"').click()
  await page.fill('dialog label:has-text("Name") input', name)
  await byToken(page, token)
  await page.click('dialog [type=submit]')
  await page.locator('.connection', { hasText: name }).locator('text=Signed in').waitFor()
}

/** Ticks a folder here, chooses My Drive there, and starts. */
async function start(page, folder) {
  await node(page, 'From', folder).locator('.check').check()
  await page.locator('.end-card[aria-label="To"] .node.on', { hasText: 'My Drive' }).waitFor()
  await page.locator('.wizard-foot >> text="You may close this page."').first().waitFor()
  await page.click('.wizard-foot .start:not(:disabled)')
  await page.waitForURL(/transfers\/[0-9a-f]{32}$/)
  return /[0-9a-f]{32}$/.exec(page.url())[0]
}

/**
 * Connects an account, starts a transfer, closes the browser while the storage holds it back, and sees it done after coming back. Then a
 * sign-in that has ended: the transfer says why it waits, and its button leads to the dialog that mends it.
 */
export async function transfers(browser) {
  const { page } = browser
  await browser.signIn('#/connections')
  await page.waitForSelector('text=No storage is connected')
  await browser.check('no connections')
  await page.locator('.pane-head >> text="Add a connection"').click()
  await byToken(page, 'nobody gave this')
  await page.click('dialog [type=submit]')
  const refused = await page.locator('dialog .fault:not([hidden])').textContent()
  await browser.check('a new connection')
  await page.keyboard.press('Escape')
  await connect(browser, 'Drive <b>')
  await browser.check('connections')

  // 1. Start, close, come back.
  await page.click('.connection >> text="Use"')
  await page.waitForSelector('.end-card[aria-label="From"] .node')
  await browser.go('#/transfers')
  await page.waitForSelector('text=Nothing is on its way')
  await browser.check('no transfers')
  await page.click('.list-bar >> text="New transfer"')
  await node(page, 'From', 'tree').waitFor()
  await browser.check('a new transfer')
  const id = await start(page, 'tree')
  await page.waitForSelector('.phases')
  await browser.check('a transfer that runs')
  await browser.say('close')
  await browser.restart()
  await browser.go(`#/transfers/${id}`)
  await browser.page.locator('.about .state', { hasText: /^Done$/ }).waitFor()
  await look(browser, id)

  // 2. The sign-in ends.
  await browser.say('hold')
  await ended(browser)
  browser.complaints = browser.complaints.filter((text) => !/status of (400|409|502)/.test(text))
  return { refused }
}
transfers.options = { restarts: true }

async function look(browser, id) {
  const { page } = browser
  await page.locator('.items-table tbody tr').nth(2).waitFor()
  await page.locator('.timeline .story li', { hasText: 'Done' }).waitFor()
  await page.locator('.calls tbody tr').first().waitFor()
  await browser.check('a transfer that is done')
  await page.click('.items .seg >> text="Failed"')
  await page.waitForSelector('text=None has failed.')
  const report = await page.evaluate((address) => fetch(address).then((answer) => answer.text()),
    `${browser.base}api/transfers/${id}/report?format=csv`)
  if (!report.includes('tree/')) throw new Error(`The report has no files: ${report}`)
  await browser.go('#/transfers?state=done')
  await row(page, 'tree').locator('text=Done').waitFor()
  await browser.check('transfers that have ended')
}

async function ended(browser) {
  const { page } = browser
  // From Files, with what is selected there.
  await browser.go('#/files')
  await page.locator('tr[data-name="other"] .check').check()
  await page.click('.picked [aria-label="Send to…"], .picked >> text="Send to…"')
  await page.locator('.end-card[aria-label="From"] .node.on', { hasText: 'other' }).waitFor()
  await page.locator('.end-card[aria-label="To"] .node.on').waitFor()
  await page.click('.wizard-foot .start:not(:disabled)')
  await page.waitForURL(/transfers\/[0-9a-f]{32}$/)
  await browser.say('end')
  await page.locator('.note', { hasText: 'Waiting for sign-in since' }).waitFor()
  await browser.check('a transfer that waits')
  await browser.go('#/transfers?state=waiting')
  await row(page, 'other').locator('text="Waiting for sign-in"').waitFor()
  await browser.check('transfers that wait')
  await browser.say('again')
  await row(page, 'other').locator('text="Sign in again"').click()
  await byToken(page, browser.files)
  await page.click('dialog [type=submit]')
  await page.waitForSelector('.note >> text=/signed in again/')
  await browser.go('#/transfers?state=done')
  await row(page, 'other').locator('text=Done').waitFor()
  // Bulk: both are chosen, and nothing of them can be cancelled any more.
  await row(page, 'tree').locator('.check').check()
  await row(page, 'other').locator('.check').check()
  await page.waitForSelector('.list-bar.picked >> text="2 selected"')
  await browser.check('a selection of transfers')
}

/** A plan that is looked at and started, a template that is used, and a schedule that is run by hand and switched off. */
async function plans(browser) {
  const { page } = browser
  await browser.signIn('#/connections')
  await connect(browser, 'Drive')
  const wide = await page.evaluate(() => innerWidth > 900)
  const choose = async () => {
    await browser.go('#/transfers/new')
    await node(page, 'From', 'tree').locator('.check').check()
    if (!wide) await page.click('.wizard-foot >> text="Next: to where"')
    await page.locator('.end-card[aria-label="To"] .node.on', { hasText: 'My Drive' }).waitFor()
    if (!wide) await page.click('.wizard-foot >> text="Next: options"')
  }
  await choose()
  await page.click('.option >> text="Bandwidth and times"')
  await page.fill('.option label:has-text("Bytes a second") input', '00:00,20M 12:00,10M')
  await page.click('.wizard-foot >> text="Save as template"')
  await page.waitForSelector('.note >> text="It is among the templates."')
  await browser.check('options of a transfer')
  await page.click('.wizard-foot >> text="Make the plan"')
  await page.waitForURL(/transfers\/[0-9a-f]{32}$/)
  await page.locator('.plan-rows li').first().waitFor()
  await browser.check('a plan')
  await page.click('.head >> text="Start"')
  await page.locator('.about .state', { hasText: /^Done$/ }).waitFor()

  await choose()
  await page.click('.option summary:text-is("When")')
  await page.click('.choice >> text="every week"')
  await page.selectOption('.option label:has-text("Day") select', 'FRI')
  await page.fill('.option input[type=time]', '18:30')
  await browser.check('times')
  await page.click('.wizard-foot >> text="Schedule"')
  const kept = page.locator('.kept-row', { hasText: 'tree' })
  await kept.locator('text="FRI 18:30"').waitFor()
  await browser.check('schedules')
  await kept.locator('text="Run now"').click()
  await page.locator('.about .state', { hasText: /^Done$/ }).waitFor()
  await browser.go('#/transfers?state=scheduled')
  await kept.locator('a', { hasText: 'Done' }).waitFor()
  await kept.locator('.kept-on .check').uncheck()
  await kept.locator('text="does not begin"').waitFor()

  await browser.go('#/transfers?state=templates')
  await browser.check('templates')
  await page.locator('.template', { hasText: 'tree' }).locator('text="Start"').click()
  await page.locator('.about .state', { hasText: /^Done$/ }).waitFor()
  const { items } = await page.evaluate(() => fetch('../api/transfers').then((answer) => answer.json()))
  const { items: schedules } = await page.evaluate(() => fetch('../api/schedules').then((answer) => answer.json()))
  return { transfers: items.length, schedule: schedules[0] }
}

/** A schedule that is set off by what arrives: whose uploads, its page with what arrived, and a change of it. */
async function arrive(browser) {
  const { page } = browser
  await browser.signIn('#/connections')
  await connect(browser, 'Drive')
  await browser.go('#/transfers/new')
  const wide = await page.evaluate(() => innerWidth > 900)
  await node(page, 'From', 'tree').locator('.check').check()
  if (!wide) await page.click('.wizard-foot >> text="Next: to where"')
  await page.locator('.end-card[aria-label="To"] .node.on', { hasText: 'My Drive' }).waitFor()
  if (!wide) await page.click('.wizard-foot >> text="Next: options"')
  await page.click('.option summary:text-is("When")')
  await page.click('.choice >> text="when something arrives"')
  await page.locator('.whose label', { hasText: 'Guests' }).locator('.check').check()
  await browser.check('whose uploads')
  await page.click('.wizard-foot >> text="Schedule"')
  await page.locator('.kept-row', { hasText: 'below tree' }).locator('a.name').click()
  await page.waitForSelector('text="Nothing has arrived yet"')
  await browser.check('a schedule')
  await browser.say('arrive')
  await page.locator('.things tr', { hasText: 'new.bin' }).locator('a', { hasText: 'Went on' }).waitFor()
  await page.locator('.things tr', { hasText: 'new.bin' }).locator('text=link Guests').waitFor()
  await browser.check('what arrived')
  await page.click('.head >> text="Change"')
  await page.locator('.wizard-foot >> text="Save"').waitFor({ state: wide ? 'visible' : 'attached' })
  if (!wide) {
    await page.click('.wizard-foot >> text="Next: to where"')
    await page.click('.wizard-foot >> text="Next: options"')
  }
  await page.click('.option >> text="Count as equal"')
  await page.click('.choice >> text="same size"')
  await page.click('.option >> text="Trying again"')
  await page.fill('.option label:has-text("Attempts after a refusal") input', '5')
  await browser.check('a schedule that is changed')
  await page.click('.wizard-foot >> text="Save"')
  await page.waitForURL(/schedules\/[0-9a-f]{32}$/)
  const { items } = await page.evaluate(() => fetch('../api/schedules').then((answer) => answer.json()))
  return items[0]
}

/** The same screens on a phone, with one step after the other, and by the keyboard. */
async function narrow(browser) {
  const { page } = browser
  await browser.signIn('#/connections')
  await connect(browser, 'Drive')
  await browser.check('connections')
  await browser.go('#/transfers/new')
  await node(page, 'From', 'tree').waitFor()
  await node(page, 'From', 'tree').locator('.twig').focus()
  await page.keyboard.press('ArrowRight')
  await node(page, 'From', 'inner').waitFor()
  await page.keyboard.press('ArrowDown')
  await browser.check('from where')
  await node(page, 'From', 'tree').locator('.check').focus()
  await page.keyboard.press('Space')
  // What is inside of a chosen folder can be left out.
  await node(page, 'From', 'inner').locator('.check').uncheck()
  await page.waitForSelector('.end-foot >> text=/without 1/')
  const wide = await page.evaluate(() => innerWidth > 900)
  if (!wide) await page.click('.wizard-foot >> text="Next: to where"')
  await page.locator('.end-card[aria-label="To"] .node.on', { hasText: 'My Drive' }).waitFor()
  await browser.check('to where')
  if (!wide) await page.click('.wizard-foot >> text="Next: options"')
  await page.click('.option >> text="When a name is taken"')
  await page.click('.choice >> text="replace if newer"')
  await browser.check('options')
  await page.click('.wizard-foot .start:not(:disabled)')
  await page.waitForURL(/transfers\/[0-9a-f]{32}$/)
  await page.locator('.about .state', { hasText: /^Done$/ }).waitFor()
  await page.locator('.timeline .story li', { hasText: 'Done' }).waitFor()
  await browser.check('a transfer')
  await browser.go('#/transfers?state=done')
  await row(page, 'tree').waitFor()
  await browser.check('transfers')
  const { items } = await page.evaluate(() => fetch('../api/transfers').then((answer) => answer.json()))
  return { options: items[0].options }
}

const variant = (width, colorScheme, scenario = narrow) =>
  Object.assign((browser) => scenario(browser), { options: { width, height: 740, colorScheme } })

export const transfersWideDark = variant(1280, 'dark')
export const transfersNarrowLight = variant(360, 'light')
export const transfersNarrowDark = variant(360, 'dark')
export const arrivalsWide = variant(1280, 'dark', arrive)
export const arrivalsNarrow = variant(360, 'light', arrive)
export const transferPlansWide = variant(1280, 'light', plans)
export const transferPlansNarrow = variant(360, 'dark', plans)

/** Addresses of the web are written, looked at and moved, without any connection; then what the operator gives is seen. */
async function fromWeb(browser) {
  const { page, files: web } = browser
  await browser.signIn('#/transfers')
  await browser.go('#/transfers/new')
  await page.fill('.addresses textarea', `${web}/film.mp4?signature=canary\n${web}/notes my notes.txt\n${web}/gone\nfilm.mp4`)
  const found = (name) => page.locator('.node.found', { has: page.locator(`.name[title="${name}"]`) })
  await found('film.mp4').first().locator('.much', { hasText: 'KiB' }).waitFor()
  await found('my notes.txt').locator('text=/cannot be resumed/').waitFor()
  await found('gone').locator('text=/no such file/').waitFor()
  await page.locator('.end-foot >> text=/^3 files/').first().waitFor()
  await browser.check('addresses of the web')
  if (!await page.evaluate(() => innerWidth > 900)) {
    await page.click('.wizard-foot >> text="Next: to where"')
    await browser.check('to where from the web')
    await page.click('.wizard-foot >> text="Next: options"')
  }
  await page.click('.wizard-foot .start:not(:disabled)')
  await page.waitForURL(/transfers\/[0-9a-f]{32}$/)
  await page.locator('.about .state', { hasText: /^Partly done$/ }).waitFor()
  await page.locator('.items-table tbody tr').nth(2).waitFor()
  await browser.check('a transfer from the web')
  const shown = await page.locator('body').innerText()
  await browser.go('#/connections')
  await page.locator('.connection', { hasText: 'Photos' }).locator('text="Given by the operator"').waitFor()
  await browser.check('a folder of the machine')
  await page.click('.connection .connection-head button')
  const acts = await page.locator('[role=menu] [role=menuitem]').allInnerTexts()
  await page.keyboard.press('Escape')
  return { shown, acts }
}

const web = (width, colorScheme) => Object.assign((browser) => fromWeb(browser), { options: { width, height: 740, colorScheme } })

export const webWideLight = web(1280, 'light')
export const webNarrowDark = web(360, 'dark')
