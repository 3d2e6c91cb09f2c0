// Ways to connect a storage whose provider does not send the browser back, and transfers where nothing is connected. What a person does
// at a provider, on another device, is done by requests of the test's own.

const card = (page, name) => page.locator('.connection', { hasText: name })
const openDialog = (page) => page.locator('.pane-head >> text="Add a connection"').click()
const kind = (page, value) => page.selectOption('dialog label:has-text("Storage") select', value)
const by = (page, way) => page.selectOption('dialog label:has-text("Sign in by") select', way)
const name = (page, text) => page.fill('dialog label:has-text("Name") input', text)

/** What a person enters on the provider's page. */
async function enter(page, account, decision) {
  const code = await page.locator('dialog output').textContent()
  const address = await page.locator('dialog a.button').getAttribute('href')
  const answer = await page.request.post(address, { form: { user_code: code, account, decision } })
  if (!answer.ok()) throw new Error(`${address}: ${answer.status()}`)
}

/** Allows the access on the provider's page, and returns the address at which a browser ends. */
async function allow(page) {
  const address = await page.locator('dialog a.button').getAttribute('href')
  const shown = await (await page.request.get(address)).text()
  const form = {
    request: /name="request" value="([^"]+)"/.exec(shown)[1], account: 'ann@example.test', decision: 'allow',
    scope: new URL(address).searchParams.get('scope')
  }
  const answer = await page.request.post(address.split('?')[0], { form, maxRedirects: 0 })
  return answer.headers().location
}

/** A code, entered and refused; an address that is brought back; and the key of a bucket. `files` is the bucket's address and key. */
async function ways(browser) {
  const { page, files } = browser
  const [endpoint, id, secret] = files.split('|')
  await browser.signIn('#/connections')

  // 1. A code.
  await openDialog(page)
  await kind(page, 'onedrive')
  await name(page, 'Office')
  await by(page, 'device')
  await browser.check('a sign-in by a code')
  await page.click('dialog [type=submit]')
  await page.locator('dialog output').waitFor()
  await browser.check('a code')
  await enter(page, 'ben@example.test', 'allow')
  await page.waitForSelector('.note >> text="Office is connected."')
  await card(page, 'Office').locator('text=ben@example.test').waitFor()
  await openDialog(page)
  await kind(page, 'onedrive')
  await by(page, 'device')
  await page.click('dialog [type=submit]')
  await page.locator('dialog output').waitFor()
  await enter(page, 'ben@example.test', 'deny')
  await page.waitForSelector('.note >> text="You did not allow the access."')

  // 2. An address.
  await openDialog(page)
  await kind(page, 'google-drive')
  await name(page, 'Photos')
  await by(page, 'pasted')
  await page.click('dialog [type=submit]')
  await page.locator('dialog label:has-text("Address") input').waitFor()
  await browser.check('an address to bring back')
  const back = await allow(page)
  await page.fill('dialog label:has-text("Address") input', back.split('?')[0])
  await page.click('dialog [type=submit]')
  await page.locator('dialog .fault:not([hidden])', { hasText: 'This is not the address' }).waitFor()
  await page.fill('dialog label:has-text("Address") input', back)
  await page.click('dialog [type=submit]')
  await page.waitForSelector('.note >> text="Photos is connected."')

  // 3. A key.
  await openDialog(page)
  await kind(page, 's3')
  await name(page, 'Archive')
  await browser.check('a bucket')
  const fill = (label, text) => page.fill(`dialog label:has-text("${label}") input`, text)
  await fill('Access key id', id)
  await fill('Secret access key', 'not-the-secret')
  // Without an address it is Amazon's, which has regions.
  await page.click('dialog [type=submit]')
  if (await page.locator('dialog label:has-text("Region") input:invalid').count() !== 1) throw new Error('A region is needed.')
  await fill('Address of the storage', endpoint)
  await fill('Region', 'us-east-1')
  await fill('Bucket', 'box')
  await fill('Folder in it', 'in')
  await page.click('dialog [type=submit]')
  await page.locator('dialog .fault:not([hidden])').waitFor()
  const refused = await page.locator('dialog .fault').textContent()
  await fill('Secret access key', secret)
  await page.click('dialog [type=submit]')
  await card(page, 'Archive').locator('text=Signed in').waitFor()
  await browser.check('connections of all kinds')
  await card(page, 'Archive').locator('text="Use"').click()
  await page.locator('.end-card[aria-label="From"] .node', { hasText: 'seen.txt' }).waitFor()
  const shown = await page.locator('.end-card[aria-label="From"] .node').allInnerTexts()
  browser.complaints = browser.complaints.filter((text) => !/status of (400|409)/.test(text))
  return { refused, shown: shown.join('\n') }
}

/** Files go from one space to another where nothing is connected; the page says so, and leads to Connections. */
async function own(browser) {
  const { page } = browser
  const node = (side, text) => page.locator(`.end-card[aria-label="${side}"] .node:not(.come)`, { hasText: text }).first()
  const wide = await page.evaluate(() => innerWidth > 900)
  if (wide) {
    await browser.signIn('#/files')
    await page.locator('tr[data-name="tree"] .check').check()
    await page.click('.picked [aria-label="Send to…"], .picked >> text="Send to…"')
  } else {
    await browser.signIn('#/transfers')
    await browser.go('#/transfers/new?from=own')
    await node('From', 'tree').locator('.check').check()
  }
  await node('From', 'tree').and(page.locator('.on')).waitFor()
  await page.locator('.note', { hasText: 'No storage that accepts files is connected' }).locator('text="Connections"').waitFor()
  if (!wide) await page.click('.wizard-foot >> text="Next: to where"')
  // Not where it is, and not into itself.
  await page.locator('.end-card[aria-label="To"] .node.on').waitFor()
  if (wide) await page.waitForSelector('.wizard-foot >> text="Choose another folder than the one the files are in."')
  await node('To', 'tree').locator('.to-pick').click()
  if (wide) await page.waitForSelector('.wizard-foot >> text="Choose a folder that is not inside the chosen items."')
  await browser.check('from here to here')
  await node('To', 'other').locator('.to-pick').click()
  if (!wide) await page.click('.wizard-foot >> text="Next: options"')
  await page.click('.wizard-foot .start:not(:disabled)')
  await page.waitForURL(/transfers\/[0-9a-f]{32}$/)
  await page.locator('.about .state', { hasText: /^Done$/ }).waitFor()
  await browser.go('#/transfers/new')
  await page.locator('.note', { hasText: 'No storage that accepts files is connected' }).locator('text="Connections"').click()
  await page.waitForSelector('text=No storage is connected')
}

const variant = (scenario, width, colorScheme) =>
  Object.assign((browser) => scenario(browser), { options: { width, height: 740, colorScheme } })

export const connectionWaysWide = variant(ways, 1280, 'light')
export const connectionWaysNarrow = variant(ways, 360, 'dark')
export const ownTransferWide = variant(own, 1280, 'dark')
export const ownTransferNarrow = variant(own, 360, 'light')
