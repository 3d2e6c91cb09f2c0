// Scenarios of the Overview and the History page. Between `say` and its answer the test acts on the service.

const tile = (page, word) => page.locator('.fact-tile', { hasText: word })

/** The tiles follow what happens, a problem leads to its page, and what was true stays while the service is away. */
export async function overview(browser) {
  const { page } = browser
  await browser.signIn('#/overview')
  await page.locator('.problems >> text=trim-history').waitFor()
  await page.evaluate(() => { globalThis.loadedOnce = true })
  // A chart that is pointed at stays as it is until the pointer leaves it.
  await page.hover('.plot.tall')
  await browser.say('finish')
  await tile(page, 'Succeeded').locator('text=1 of 2').waitFor()
  await page.locator('.latest .name[title="done.bin"]').waitFor()
  await page.locator('.problems >> text=/1 upload did not finish/').waitFor()
  await page.locator('.as-table summary').click()
  await page.waitForSelector('.figures-table tbody tr')
  const table = await page.locator('.figures-table tbody tr').first().textContent()
  await browser.check('overview')

  browser.mayBreak = true
  await page.route(/\/(api|health)\//, (route) => route.abort())
  await page.waitForSelector('.note >> text=The service does not answer.')
  await page.waitForSelector('.stale .fact-tile')
  const kept = await tile(page, 'Succeeded').textContent()
  await browser.check('overview while the service is away')
  await page.unroute(/\/(api|health)\//)
  // The page may try by itself in this moment, and then there is nothing to click.
  await page.click('.note >> text=Try now', { timeout: 3_000 }).catch(() => {})
  await page.waitForSelector('.note >> text=The service does not answer.', { state: 'detached' })
  browser.mayBreak = false

  await page.click('.problems >> text=Show them')
  await page.waitForURL(/history\?.*state=unfinished/)
  await page.locator('.ended-list .name[title="bad.bin"]').waitFor()
  return { table, kept, loadedOnce: await page.evaluate(() => globalThis.loadedOnce === true) }
}

/** Range, state, protocol and name are in the address; the list goes on and is exported. */
export async function history(browser) {
  const { page } = browser
  const names = () => page.locator('.ended-list .name').evaluateAll((all) => all.map((one) => one.title))
  await browser.signIn('#/history')
  await page.waitForSelector('.ended-list')
  await page.waitForSelector('.charts .chart')
  await browser.check('history')
  const first = await names()
  await page.click('text=Show more')
  await page.waitForFunction((before) => document.querySelectorAll('.ended-list .name').length > before, first.length)
  const all = await names()

  await page.click('.list-filters >> text=Not finished')
  await page.waitForURL(/state=unfinished/)
  await page.waitForFunction(() => document.querySelectorAll('.ended-list .name').length === 1)
  const unfinished = await names()
  await page.click('.list-filters .seg >> text=All')
  await page.selectOption('.select', 'put')
  await page.waitForURL(/protocol=put/)
  await page.keyboard.press('/')
  await page.keyboard.type('number 7.')
  await page.waitForURL(/name=number/)
  await page.waitForFunction(() => document.querySelectorAll('.ended-list .name').length === 1)
  const found = await names()
  await page.click('.seg >> text=24')
  await page.waitForURL(/range=24h/)
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=List as CSV')])
  const csv = await download.createReadStream().then(async (stream) => {
    let text = ''
    for await (const part of stream) text += part
    return text
  })
  await page.reload()
  await page.waitForFunction(() => document.querySelectorAll('.ended-list .name').length === 1)
  return { first: first.length, all: all.length, unfinished, found, csv }
}

/** A member sees the own history and no figures. */
export async function ownHistory(browser) {
  const { page } = browser
  await page.route(/\/api\/me$/, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: { ...await answer.json(), isOperator: false, scopes: ['upload', 'read', 'list'] } })
  })
  await browser.signIn('#/upload')
  await browser.go('#/history')
  await page.waitForSelector('.ended-list')
  // Every screen says when what it shows may be out of date.
  browser.mayBreak = true
  await browser.context.setOffline(true)
  await page.waitForSelector('.shell-notes >> text=This page shows the state of')
  await browser.check('a history while the service is away')
  await browser.context.setOffline(false)
  await page.waitForSelector('.shell-notes >> text=This page shows the state of', { state: 'detached' })
  // What a person may not see is not asked for.
  browser.complaints.push(...browser.requests.filter((request) => request.includes('/api/stats')))
  return { figures: await page.locator('.charts .chart').count(), csv: await page.isVisible('text=Figures as CSV') }
}
ownHistory.options = { keeps: true }

/** The Overview and the History show the same range, and its list begins where its sums do. */
export async function sameRange(browser) {
  const { page } = browser
  const asked = (part) => page.waitForRequest((request) => request.url().includes(part)).then((request) => (
    new URL(request.url()).searchParams.get('from')))
  await browser.signIn('#/upload')
  const [overview] = await Promise.all([asked('step=10minutes'), browser.go('#/overview')])
  await tile(page, 'Succeeded').locator('text=/of/').waitFor()
  const shown = await tile(page, 'Succeeded').innerText()
  const [figures, list] = await Promise.all([asked('api/stats?from'), asked('api/history?'), browser.go('#/history?range=24h')])
  await page.locator('.figures >> text=Completed').waitFor()
  await page.waitForFunction(() => document.querySelector('.figures dd').textContent !== '–')
  const completed = await page.locator('.figures dd').first().innerText()
  const accepted = page.locator('.charts .card').nth(2)
  await accepted.locator('summary').click()
  await accepted.locator('tbody tr').first().waitFor()
  return { overview, figures, list, shown, completed, steps: await accepted.locator('tbody tr').allInnerTexts() }
}
