// A program asks for a key, and a person confirms it. The first of the files is the token of an invitation.

const SECRET = 'correct horse battery staple'

async function ask(browser, path, fields) {
  const answer = await fetch(new URL(`oauth/${path}`, browser.base), { method: 'POST', body: new URLSearchParams(fields) })
  return answer.json()
}

const take = (browser, begun) =>
  ask(browser, 'token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: begun.device_code })

/** Looks at the page as it is on a desk and on a phone, light and dark. */
async function look(browser, what) {
  const { page } = browser
  const size = page.viewportSize()
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 })
      await browser.check(`${what}, ${width} px, ${colorScheme}`)
    }
  }
  await page.setViewportSize(size)
}

/** The person follows the address, signs in, compares the code, mistypes the password, confirms, and finds the key in the list. */
export async function device(browser) {
  const { page } = browser
  const begun = await ask(browser, 'device', { client_id: 'cu 1.4.0', device_name: 'laptop <b>', scope: 'upload list admin' })
  const address = new URL(begun.verification_uri_complete)
  await page.goto(`${browser.base}signin?return=${encodeURIComponent(`/console/${address.hash}`)}#link=${browser.files}`)
  await page.click('#by-link [type=submit]')
  await page.fill('#new-password', SECRET)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.device-code')
  const code = await page.textContent('.device-code output')
  const rights = await page.$$eval('.rights li', (all) => all.map((one) => one.textContent))
  await page.locator('.setting:has-text("Machine") >> text=laptop <b>').waitFor()
  await look(browser, 'a program asks')

  await page.fill('.device input[type=password]', 'not this one')
  await page.click('text=Give it a key')
  const said = await page.waitForSelector('.device .fault:not([hidden])').then((fault) => fault.textContent())
  const before = await take(browser, begun)
  await page.fill('.device input[type=password]', SECRET)
  await page.click('text=Give it a key')
  await page.waitForSelector('text=cu 1.4.0 gets its key')
  await look(browser, 'confirmed')
  const after = await take(browser, begun)
  await page.click('.device a.button')
  await page.locator('.things tr', { hasText: 'cu 1.4.0 on laptop <b>' }).waitFor()

  // Without the code in the address, the person types it; another one is refused.
  await browser.go('#/device')
  await page.waitForSelector('.device form')
  await look(browser, 'a code is asked for')
  await page.fill('.device input', 'BCDF-GHJK')
  await page.keyboard.press('Enter')
  await page.waitForSelector('text=No program waits with this code')
  const other = await ask(browser, 'device', { client_id: 'other' })
  await page.fill('.device input', other.user_code.toLowerCase())
  await page.keyboard.press('Enter')
  await page.waitForSelector('.device-code')
  await page.click('.device button >> text=Refuse')
  await page.waitForSelector('text=other gets no key')
  const refused = await take(browser, other)
  // The refusals themselves are answers that the browser reports.
  browser.complaints = browser.complaints.filter((text) => !/status of (400|404)/.test(text))
  return { shown: begun.user_code, code, rights, said, before: before.error, key: after.access_token, refused: refused.error }
}
