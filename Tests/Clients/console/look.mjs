// Scenarios about how the pages look and who may see them.

// What each screen has, whatever it shows.
const SIGN = {
  upload: '.drop', files: '.files', uploads: '.uploads .in-sight, .uploads .empty', jobs: '.jobs, .runs-table, .card .empty',
  system: '.system .figures dd', overview: '.chart', history: '.ended-list, .card .empty',
  connections: '.connections .empty, .connection-cards',
  transfers: '.transfers .empty, .transfer-rows, .wizard .addresses:not([hidden]), .wizard .node',
  device: '.device form', webhooks: '.webhooks .things, .webhooks .empty', networks: '.networks .empty, .networks .things',
  nodes: '.stores-table', more: '.more .own'
}

// Of the person whom the test has made.
const PASSWORD = 'correct horse battery staple'

const LISTS = ['people', 'keys', 'links', 'spaces', 'sessions', 'tenants', 'limits', 'audit']

const SCREENS = [
  '#/upload', '#/files', '#/files/look', '#/files/look?open=notes.txt', '#/files?view=trash', '#/files?search=nothing-is-called-so',
  '#/files?search=notes&in=all', '#/files/missing', '#/device', '#/uploads', '#/uploads?state=done', '#/connections', '#/transfers',
  '#/transfers?state=done', '#/transfers/new',
  '#/jobs', '#/jobs/trim-history', ...LISTS.map((id) => `#/${id}`), '#/limits?of=tenant', '#/more',
  '#/networks', '#/nodes', '#/webhooks', '#/system', '#/overview', '#/history', '#/history?range=24h&state=unfinished'
]

async function look(browser) {
  const { page } = browser
  await page.goto(`${browser.base}signin`)
  await page.waitForSelector('form:not([hidden])')
  await browser.check('sign in')
  await page.goto(`${browser.base}start.html`)
  await page.waitForSelector('#one-request')
  await browser.check('start page')
  // It asks whether the example pages were built.
  browser.complaints = browser.complaints.filter((text) => !text.includes('examples/lib'))
  await browser.signIn()
  for (const screen of SCREENS) {
    await browser.go(screen)
    // The page follows its new address by an event.
    await page.evaluate(() => new Promise((done) => { setTimeout(done) }))
    await page.waitForSelector(SIGN[/\w+/.exec(screen)[0]] ?? '.things, .access .empty')
    await page.waitForLoadState('networkidle')
    await browser.check(screen)
  }
  await browser.go('#/files/look')
  // A narrow bar has it in its menu.
  if (await page.isVisible('.bar-top >> text=New folder')) await page.click('.bar-top >> text=New folder')
  else {
    await page.click('.bar-top [aria-label="More"]')
    await page.click('.menu >> text=New folder')
  }
  await page.waitForSelector('dialog input')
  await browser.check('a dialog')
  await page.keyboard.press('Escape')
  await page.locator('tbody .check').first().check()
  await browser.check('a selection')
  await page.click('.picked >> text=Move')
  await page.waitForSelector('dialog .folders li')
  await browser.check('a choice of folders')
  await page.keyboard.press('Escape')
  await page.click('.picked [aria-label="Clear the selection"]')
  await page.click('.bar-top .primary')
  await page.waitForSelector('.menu')
  await browser.check('a menu')
  await page.keyboard.press('Escape')
  await browser.go('#/upload')
  await browser.page.waitForSelector('.drop.big')
  // Held back by the browser, so that the row and its map are seen while they are not finished.
  browser.mayBreak = true
  await browser.context.setOffline(true)
  await browser.drop()
  await page.click('.row [aria-expanded]')
  await page.waitForSelector('.row .map')
  await page.waitForSelector('.note >> text=This device is offline.')
  await browser.check('an upload without a connection')
  await browser.context.setOffline(false)
  await browser.done()
  await browser.check('a finished upload')
  // What lies in the tree is in no list of uploads.
  const id = browser.requests.map((request) => /sessions\/([0-9a-f]{32})/.exec(request)?.[1]).findLast(Boolean)
  await browser.go(`#/uploads/${id}`)
  await page.waitForSelector('.requests-table, .requests p.hint')
  await page.waitForLoadState('networkidle')
  await browser.check('the page of an upload')
  await browser.go('#/webhooks')
  await page.click('.things .thing a')
  await page.waitForSelector('.webhooks .head, .webhooks .note, .of-deliveries')
  await page.waitForLoadState('networkidle')
  await browser.check('the page of a webhook')
  await moving(browser)
  await limits(browser)
  await account(browser)
  // A folder that is not there is answered with 404, which the browser reports.
  browser.complaints = browser.complaints.filter((text) => !text.includes('/tree/missing/'))
}

/** What goes to and comes from other storages: a transfer that is done, a schedule, a template, and the dialog for an account. */
async function moving(browser) {
  const { page } = browser
  await browser.go('#/transfers?state=done')
  await page.click('.transfer-row a.name')
  await page.waitForSelector('.items-table tbody tr')
  await page.waitForSelector('.calls tbody tr')
  await browser.check('the page of a transfer')
  await browser.go('#/transfers?state=templates')
  await page.waitForSelector('.template')
  await browser.check('templates')
  await browser.go('#/transfers?state=scheduled')
  await page.waitForSelector('.kept-row')
  await browser.check('schedules')
  await page.click('.kept-row a.name')
  await page.waitForSelector('.schedule-parts')
  await browser.check('the page of a schedule')
  await browser.go('#/connections')
  await page.click('.pane-head .primary')
  await page.waitForSelector('dialog[open]')
  await browser.check('a new connection')
  await browser.closeDialog()
}

/** The hours of a week, in which a bandwidth holds. */
async function limits(browser) {
  const { page } = browser
  await browser.go('#/limits?of=tenant')
  await page.locator('.field-act .button').first().click()
  await page.waitForSelector('dialog[open] .week')
  await browser.check('the hours of a week')
  await browser.closeDialog()
}

/** The pages of a person who has a password: the operator key has no account. */
async function account(browser) {
  const { page } = browser
  // The second sign-in sees the session of the first one, which can be ended.
  for (let times = 0; times < 2; times++) {
    // The page that is open must not ask for its numbers without a session.
    await page.goto('about:blank')
    await browser.context.clearCookies()
    await page.goto(`${browser.base}signin?return=${encodeURIComponent('/console/#/access/account')}`)
    await page.waitForSelector('form:not([hidden])')
    if (!await page.isVisible('#name')) await page.click('#use-password')
    await page.fill('#name', 'ann')
    await page.fill('#password', PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.access .setting')
  }
  await browser.check('the own account')
  for (const screen of ['#/people', '#/keys', '#/sessions']) {
    await browser.go(screen)
    await page.waitForSelector('.things tbody tr')
    await browser.check(`${screen} of an administrator`)
  }
}

const variant = (width, colorScheme) => Object.assign((browser) => look(browser), { options: { width, height: 740, colorScheme } })

export const lookWideLight = variant(1280, 'light')
export const lookWideDark = variant(1280, 'dark')
export const lookNarrowLight = variant(360, 'light')
export const lookNarrowDark = variant(360, 'dark')

/** A wrong key, then too many of them, then the right one. */
export async function wrong(browser) {
  const { page } = browser
  await page.goto(`${browser.base}signin`)
  await page.waitForSelector('form:not([hidden])')
  if (!await page.isVisible('#key')) await page.click('#use-key')
  await page.fill('#key', 'cu_op_wrong')
  await page.keyboard.press('Enter')
  const said = await page.waitForSelector('#fault:not([hidden])').then((fault) => fault.textContent())
  await page.fill('#key', browser.key)
  await page.keyboard.press('Enter')
  await page.waitForURL(/console/)
  // The refusal itself is an answer of 401, which the browser reports.
  browser.complaints = browser.complaints.filter((text) => !text.includes('status of 401'))
  return { said }
}

/** A session that ends while the page is open: uploads wait, and go on after the next sign-in. */
export async function expired(browser) {
  const { page } = browser
  await browser.signIn()
  await browser.context.clearCookies()
  await browser.drop()
  // Other calls of the page meet the end of the session too, perhaps before the upload does.
  await page.waitForSelector('.row >> text=Signed out')
  await page.waitForSelector('.note >> text=You are signed out.')
  await page.click('.note button:text-is("Sign in")')
  await page.waitForSelector('form:not([hidden])')
  await page.waitForSelector('#ended:not([hidden])')
  if (!await page.isVisible('#key')) await page.click('#use-key')
  await page.fill('#key', browser.key)
  await page.keyboard.press('Enter')
  await browser.done(browser.files.split(':').length)
  browser.complaints = browser.complaints.filter((text) => !text.includes('status of 401'))
}

/** The page opens while the service is away, says so, and goes on by itself. */
export async function away(browser) {
  const { page } = browser
  browser.mayBreak = true
  await browser.signIn()
  await page.evaluate(() => navigator.serviceWorker.ready)
  // What was loaded before the worker ran is kept with the next visit.
  await page.reload()
  await page.waitForSelector('.drop')
  await page.waitForLoadState('networkidle')
  await browser.say('away')
  await page.reload()
  await page.waitForSelector('text=The service does not answer')
  await browser.say('back')
  await page.waitForSelector('.drop')
}
away.options = { keeps: true }

/** A user opens the link of an invitation, chooses a password, and signs in with it the next time. `files` is the link's token. */
export async function invited(browser) {
  const { page } = browser
  await page.goto(`${browser.base}signin#link=${browser.files}`)
  await page.click('#by-link [type=submit]')
  await page.fill('#new-password', PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForURL(/console/)
  await page.waitForSelector('.me >> text=Member')
  const jobs = await page.locator('.nav >> text=Jobs').count()
  await page.click('.me button')
  await page.click('.menu >> text=Sign out')
  await page.waitForSelector('#by-password:not([hidden])')
  await page.fill('#name', 'ann')
  await page.fill('#password', 'wrong')
  await page.keyboard.press('Enter')
  const said = await page.waitForSelector('#fault:not([hidden])').then((fault) => fault.textContent())
  await page.fill('#password', PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.drop')
  // The refusals themselves are answers that the browser reports.
  browser.complaints = browser.complaints.filter((text) => !/status of (400|401|403|422)/.test(text))
  return { said, jobs }
}

/** Everything lies in a landmark, everything to press is large enough, and the tabulator goes as the eye does. */
async function orderly(browser) {
  const { page } = browser
  await browser.signIn('#/files/outer')
  await page.waitForSelector('.files .what')
  const rules = ['region', 'landmark-one-main', 'landmark-unique', 'landmark-no-duplicate-main', 'target-size', 'tabindex']
  await page.evaluate((await import('node:fs')).readFileSync(
    (await import('node:module')).createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  const faults = []
  for (const screen of ['#/files/outer', '#/upload', '#/links', '#/more']) {
    await page.evaluate((hash) => { location.hash = hash }, screen)
    await page.waitForSelector(SIGN[/\w+/.exec(screen)[0]] ?? '.things, .access .empty')
    await page.waitForLoadState('networkidle')
    const { violations } = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: 'rule', values } }), rules)
    faults.push(...violations.map(({ id, nodes }) => `${screen}: ${id}: ${nodes[0].html.slice(0, 100)}`))
  }
  await page.evaluate(() => { location.hash = '#/files/outer' })
  await page.waitForSelector('.files .what')
  const twigs = await page.$$eval('.tree .leaf > .button', (all) => all.filter((one) => one.checkVisibility())
    .map((one) => one.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height)))

  await page.evaluate(() => { location.hash = '#/upload' })
  await page.waitForSelector('.drop.big')
  await page.focus('.skip')
  await page.keyboard.press('Enter')
  const order = []
  for (;;) {
    await page.keyboard.press('Tab')
    const found = await page.evaluate(() => {
      const one = document.activeElement
      if (!one?.closest('main')) return null
      const { left, top, bottom } = one.getBoundingClientRect()
      // What gets the focus may scroll the page.
      const { top: from } = document.querySelector('.drop').getBoundingClientRect()
      return { word: one.textContent.trim().slice(0, 30), left, top: top - from, bottom: bottom - from }
    })
    if (!found || order.length > 30) break
    order.push(found)
  }
  const back = order.slice(1).filter((one, at) => {
    const before = order[at]
    const lower = (one.top + one.bottom) / 2 > before.bottom - 1
    return !(lower || (one.bottom > before.top && one.left >= before.left))
  }).map(({ word }) => word)
  return { faults, twigs, order: order.map(({ word }) => word), back }
}
export const orderlyWide = (browser) => orderly(browser)
export const orderlyNarrow = Object.assign((browser) => orderly(browser), { options: { width: 360, height: 740, hasTouch: true } })
