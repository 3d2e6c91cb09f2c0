// Scenarios of the Access screen, of links to share, and of the second factor. `files` has a name and a link's token where a person signs
// in instead of the operator.
import { createHmac } from 'node:crypto'

const thing = (page, text) => page.locator('.things tr', { hasText: text })

/** Opens the menu of a row and chooses from it. */
async function choose(page, row, word) {
  await thing(page, row).locator('.acts button').click()
  await page.click(`.menu >> text="${word}"`)
}

const tab = async (page, word) => {
  const line = page.locator('.side .nav a', { hasText: new RegExp(`^${word}$`) })
  if (await line.count() === 0) {
    await page.click('.me button')
    await page.click(`.menu >> text=${word}`)
    return
  }
  if (!await line.isVisible()) await page.click('.fold')
  await line.click()
}

/** Reads the address or secret that is shown once, and closes the dialog. */
async function once(page) {
  const text = await page.textContent('dialog .command code')
  await page.click('dialog .buttons .primary')
  await page.locator('dialog').waitFor({ state: 'detached' })
  return text
}

/** Paints a week of bandwidth with mouse and keyboard, and writes a rule for metadata; what is wrong is said, and nothing is lost. */
async function weekAndRules(browser) {
  const { page } = browser
  const text = page.locator('dialog label:has-text("The same as text") input')
  await page.click('[aria-label="Upload bandwidth over the week"]')
  await page.fill('dialog label:has-text("Rate to paint") input', 'fast')
  await page.click('dialog [aria-label^="Monday 08:00"]')
  await page.waitForSelector('dialog >> text=/Write a rate first/')
  await page.fill('dialog label:has-text("Rate to paint") input', '512k')
  await page.click('dialog [aria-label^="Monday 08:00"]')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Space')
  await browser.check('a week of bandwidth')
  const painted = await text.inputValue()
  await text.fill('nonsense')
  await page.click('dialog >> text="Use it"')
  await page.waitForSelector('dialog .fault:not([hidden])')
  await text.fill(painted)
  await page.click('dialog >> text="Use it"')

  await page.click('text=Add a rule')
  await page.click('.limits-form >> text="Save"')
  await page.waitForSelector('.rule [aria-invalid]')
  await page.fill('.rule label:has-text("Key") input', 'project')
  await page.fill('.rule label:has-text("Pattern") input', '[A-Z]{3}')
  await browser.check('a rule for metadata')
  const [answer] = await Promise.all([
    page.waitForResponse((one) => one.request().method() === 'PUT'), page.click('.limits-form >> text="Save"')
  ])
  await page.waitForSelector('text=The limits are saved.')
  return answer.request().postDataJSON()
}

/** The operator's main path through every tab. */
export async function access(browser) {
  const { page } = browser
  await browser.signIn('#/access/people')
  await page.waitForSelector('text=There are no accounts yet')
  await browser.check('no people')
  await page.click('text=Invite')
  await page.fill('dialog label:has-text("Name for signing in") input', 'ann')
  await page.fill('dialog label:has-text("Name for others") input', 'Ann <b>Lee</b>')
  await browser.check('invite')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog .qr')
  await browser.check('an invitation')
  const invitation = await once(page)
  await thing(page, 'Ann <b>Lee</b>').locator('text=Invited').waitFor()
  await choose(page, 'Ann', 'Change the role')
  await page.selectOption('dialog select', 'admin')
  await page.click('dialog >> text="Save"')
  await thing(page, 'Ann').locator('text=Administrator').waitFor()
  await choose(page, 'Ann', 'Disable')
  await thing(page, 'Ann').locator('text=Disabled').waitFor()
  await choose(page, 'Ann', 'Enable')
  await thing(page, 'Ann').locator('text=Invited').waitFor()

  await tab(page, 'Keys')
  await page.click('text=New key')
  await page.fill('dialog input', 'backup of the office')
  await browser.check('a new key')
  await page.keyboard.press('Enter')
  const first = await once(page)
  await choose(page, 'backup of the office', 'New secret')
  await page.click('dialog .primary')
  await page.waitForSelector('dialog >> text=Secret of backup of the office')
  const second = await once(page)
  await choose(page, 'backup of the office', 'Revoke')
  await page.click('dialog .danger')
  await thing(page, 'backup').locator('text=Revoked').waitFor()

  await tab(page, 'Links')
  await page.click('button:has-text("Ask for files")')
  await page.click('dialog >> text=Into this folder')
  await page.fill('dialog label:has-text("Title") input', 'Photos of the site')
  await page.fill('dialog label:has-text("Files at most") input', '20')
  await browser.check('ask for files')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog .qr')
  const link = await once(page)
  await thing(page, 'Photos of the site').locator('text=/0 of 20 files/').waitFor()
  await choose(page, 'Photos', 'Change')
  await page.fill('dialog label:has-text("Title") input', 'Photos of May')
  await page.keyboard.press('Enter')
  await choose(page, 'Photos of May', 'Revoke')
  await page.click('dialog .danger')
  await thing(page, 'Photos of May').locator('text=Revoked').waitFor()

  await tab(page, 'Files')
  await page.click('.tree >> text=Manage spaces')
  await page.click('text=New space')
  await page.fill('dialog input', 'Projects')
  await page.keyboard.press('Enter')
  await page.click('text=Add a member')
  await page.fill('dialog input[type=search]', 'Ann')
  await page.locator('dialog .found label', { hasText: 'Ann' }).first().click()
  await page.check('dialog .check')
  await page.click('dialog .primary')
  await thing(page, 'Ann').locator('text="read and change"').waitFor()
  await choose(page, 'Ann', 'Let only read')
  await thing(page, 'Ann').locator('text="read"').waitFor()
  await browser.check('members of a space')
  await choose(page, 'Ann', 'Remove')
  await thing(page, 'Ann').waitFor({ state: 'detached' })
  await page.click('.place >> text=Spaces')
  await thing(page, 'Projects').waitFor()

  await tab(page, 'Sessions')
  await thing(page, 'Chrome').locator('text=This browser').waitFor()

  await tab(page, 'Tenants')
  await page.click('text=New tenant')
  await page.fill('dialog input >> nth=0', 'acme')
  await page.fill('dialog input >> nth=1', 'Acme Ltd')
  await page.keyboard.press('Enter')
  await thing(page, 'Acme Ltd').locator('text=Active').waitFor()
  await choose(page, 'Acme', 'Suspend')
  await thing(page, 'Acme').locator('text=Suspended').waitFor()
  await choose(page, 'Acme', 'Delete with all data')
  await page.fill('dialog input', 'acne')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog >> text=This is not acme.')
  await page.fill('dialog input', 'acme')
  await page.keyboard.press('Enter')
  await page.waitForSelector('text=/Acme Ltd is being deleted/')

  await tab(page, 'Limits')
  await page.waitForSelector('.limits-fields')
  await page.fill('label:has-text("Stored bytes") input', '2 TiB')
  await page.fill('label:has-text("Files") input >> nth=0', 'many')
  await page.click('.limits-form >> text="Save"')
  await page.waitForSelector('.limits-fields [aria-invalid]')
  await page.fill('label:has-text("Files") input >> nth=0', '1000')
  await page.fill('label:has-text("Types of files") input', 'image/*, application/pdf')
  await page.click('.limits-form >> text="Save"')
  await page.waitForSelector('text=The limits are saved.')
  await thing(page, 'Stored bytes').locator('text=/2\\.00.TiB/').first().waitFor()
  await browser.check('limits')
  const set = await weekAndRules(browser)

  await tab(page, 'Audit')
  await thing(page, 'Limits set').first().waitFor()
  await page.selectOption('.filters select >> nth=0', 'key')
  await page.waitForURL(/kind=key/)
  await thing(page, 'Limits set').first().waitFor({ state: 'detached' })
  await thing(page, 'Key revoked').first().waitFor()
  await page.click('text=Verify')
  await page.waitForSelector('text=/The audit log is intact/')
  const [csv] = await Promise.all([page.waitForEvent('download'), page.click('text=CSV')])
  await browser.check('audit')
  return { invitation, first, second, link, set, csv: csv.suggestedFilename() }
}

/** Six digits of now, as an app computes them from the secret (RFC 6238). */
function codeOf(secret, now = Date.now()) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)))
  const digest = createHmac('sha1', key).update(counter).digest()
  const at = digest.at(-1) & 15
  return String((digest.readUInt32BE(at) & 0x7FFFFFFF) % 1e6).padStart(6, '0')
}

/** Makes a key and gives it a new secret: each time the dialog asks for the password and a code. @param {string[]} codes */
async function ownKey(browser, password, codes) {
  const { page } = browser
  await tab(page, 'My keys')
  await page.click('text=New key')
  await page.fill('dialog input', 'laptop')
  await page.fill('dialog input[type=password]', 'not this one')
  await page.fill('dialog label:has-text("recovery code") input', codes[0])
  await browser.check('a new key with a proof')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog >> text=The current password is wrong.')
  await page.fill('dialog input[type=password]', password)
  await page.keyboard.press('Enter')
  const first = await once(page)
  await choose(page, 'laptop', 'New secret')
  await page.fill('dialog input[type=password]', password)
  await page.fill('dialog label:has-text("recovery code") input', codes[1])
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog >> text=Secret of laptop')
  return [first, await once(page)]
}

/** Makes a key for a drive; returns the key and the address of the drive. */
async function driveKey(browser, password, code) {
  const { page } = browser
  await page.click('text="For a drive on my computer"')
  await page.fill('dialog input', 'desk')
  await page.fill('dialog input[type=password]', password)
  await page.fill('dialog label:has-text("recovery code") input', code)
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog >> text=/Map network drive/')
  await browser.check('a key for a drive')
  const shown = await page.$$eval('dialog .command code', (all) => all.map((one) => one.textContent))
  await once(page)
  return { key: shown[0], address: shown[1] }
}

/** A member: own account only, a second factor, a key, and signing in. `files` is the token of the invitation. */
export async function account(browser) {
  const { page } = browser
  const secret = 'correct horse battery staple'
  await page.goto(`${browser.base}signin?return=${encodeURIComponent('/console/#/access')}#link=${browser.files}`)
  await page.click('#by-link [type=submit]')
  await page.fill('#new-password', secret)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.access .setting')
  await browser.check('own account')

  await page.click('[aria-label="Change: Name for others"]')
  await page.fill('dialog input', 'Ann Lee')
  await page.keyboard.press('Enter')
  await page.locator('.setting >> text=Ann Lee').waitFor()

  await page.click('text=Set up a second factor')
  await page.fill('dialog input[type=password]', secret)
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog .qr')
  await browser.check('a second factor')
  const shared = await page.textContent('dialog .command code')
  await page.fill('dialog input', '000000')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog .fault:not([hidden])')
  await page.fill('dialog input', codeOf(shared))
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog .codes')
  const codes = await page.$$eval('dialog .codes code', (all) => all.map((code) => code.textContent))
  await browser.check('recovery codes')
  await page.click('dialog .primary')
  await page.locator('.setting:has-text("Second factor") >> text="On"').waitFor()
  const keys = await ownKey(browser, secret, codes.slice(1))
  const drive = await driveKey(browser, secret, codes[3])

  await page.click('.me button')
  await page.click('.menu >> text=Sign out')
  await page.waitForSelector('#by-password:not([hidden])')
  await page.fill('#name', 'ann')
  await page.fill('#password', secret)
  await page.keyboard.press('Enter')
  await page.waitForSelector('#code-field:not([hidden])')
  await browser.check('a code is needed')
  await page.fill('#code', 'wrong-code')
  await page.keyboard.press('Enter')
  const said = await page.waitForSelector('#fault:not([hidden])').then((fault) => fault.textContent())
  await page.fill('#code', codes[0])
  await page.keyboard.press('Enter')
  await page.waitForURL(/console/)
  await page.waitForSelector('.me >> text=Ann Lee')
  // The refusals themselves are answers that the browser reports.
  browser.complaints = browser.complaints.filter((text) => !/status of (400|401|403|422)/.test(text))
  return { codes: codes.length, keys, drive, said }
}

/** A link to a file from its details, with its QR code; its password; and a link into a folder. */
export async function shares(browser) {
  const { page } = browser
  await browser.signIn('#/files/shared?open=notes.txt')
  await page.click('.panel >> text="Share"')
  await page.fill('dialog label:has-text("Downloads at most") input', '20')
  await page.fill('dialog input[type=password]', 'horse battery')
  await browser.check('share a file')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog .qr')
  await browser.check('a link')
  const link = await once(page)
  await page.waitForSelector('.panel .qr')
  await page.waitForSelector('.panel >> text=0 of 20')
  await browser.check('a shared file')
  await page.click('.panel .share >> text="Revoke"')
  await page.click('dialog .danger')
  await page.locator('.panel .share').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await page.click('.bar-top [aria-label="More"]')
  await page.click('.menu >> text=Ask for files')
  await page.focus('dialog input')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog .qr')
  return { link, upload: await once(page) }
}

/** Links an account of the issuer, and signs in with it. `files` is the token of an invitation. */
export async function issuer(browser) {
  const { page } = browser
  await page.goto(`${browser.base}signin?return=${encodeURIComponent('/console/#/access')}#link=${browser.files}`)
  await page.locator('#use-issuer >> text=Continue with Example Login').waitFor()
  await browser.check('an invitation and an issuer')
  await page.click('#by-link [type=submit]')
  await page.fill('#new-password', 'correct horse battery staple')
  await page.keyboard.press('Enter')
  await page.click('text=Link an account')
  await page.fill('dialog input[type=password]', 'correct horse battery staple')
  await page.keyboard.press('Enter')
  await page.click('#approve')
  await page.locator('.setting .linked >> text=ann@example.org').waitFor()
  await browser.check('a linked account')
  await page.click('.me button')
  await page.click('.menu >> text=Sign out')
  await page.waitForSelector('#by-password:not([hidden])')
  await browser.check('sign in with an issuer')

  await page.click('#use-issuer')
  await page.click('#approve')
  await page.waitForURL(/console/)
  await page.waitForSelector('.me >> text=ann')

  // Back at the issuer's answer, a used state says so in a sentence.
  await page.goto(`${browser.base}signin?fault=ended`)
  await page.locator('#signed-in:not([hidden])').waitFor()
  const said = await page.waitForSelector('#fault:not([hidden])').then((fault) => fault.textContent())
  // The issuer's own page is the one foreign address.
  const foreign = [...new Set(browser.complaints.filter((text) => text.startsWith('request to ')))]
  // The first refusal of the invitation only says that a password is needed; what runs while the person signs out is refused.
  browser.complaints = browser.complaints.filter((text) => !text.startsWith('request to ') && !/status of (400|401)/.test(text))
  return { said, foreign }
}

/** Which way to sign in is offered first, before there are people and afterwards. */
export async function firstWay(browser) {
  const { page } = browser
  const offered = async () => {
    await page.goto(`${browser.base}signin`)
    await page.waitForSelector('form:not([hidden])')
    return page.getAttribute('form:not([hidden])', 'id')
  }
  const before = await offered()
  await browser.say('invite')
  return [before, await offered()]
}

/** Whose the keys are that are listed with the sessions. */
export async function owners(browser) {
  const { page } = browser
  await browser.signIn('#/sessions')
  await thing(page, 'mine').waitFor()
  return page.locator('.things tbody tr', { hasText: 'mine' }).locator('td').nth(1).innerText()
}
