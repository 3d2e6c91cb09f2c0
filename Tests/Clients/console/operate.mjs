// Scenarios of the Jobs page, the Uploads page and an upload's page. Between `say` and its answer the test acts on the service: what then
// shows came without a reload.

const job = (page) => page.locator('.jobs tr[data-name="trim-history"]')

/** Runs a job by hand, sees its progress, its failure, pauses and resumes it, looks at its runs, and sees a run that others begin. */
export async function jobs(browser) {
  const { page } = browser
  await browser.signIn('#/jobs')
  await job(page).waitFor()
  await page.evaluate(() => { globalThis.loadedOnce = true })
  await job(page).locator('button:has-text("Run now")').click()
  await job(page).locator('.state:has-text("Running")').waitFor()
  await browser.say('running')
  await job(page).locator('text=/3 of 10, holiday\\.mp4/').waitFor()
  await browser.say('fail')
  await job(page).locator('.state:has-text("Failed")').waitFor()
  await page.locator('.nav .count.bad', { hasText: '1 failed' }).waitFor()
  const why = await page.textContent('.jobs .why p')
  await browser.check('failed job')

  await job(page).locator('[aria-label="Pause trim-history"]').click()
  await job(page).locator('.state:has-text("Paused")').waitFor()
  await page.click('.seg >> text=Paused')
  await page.waitForURL(/state=paused/)
  await job(page).locator('[aria-label="Resume trim-history"]').click()
  await page.waitForSelector('text=No job is paused')
  await page.click('.seg >> text=All')

  await page.click('.jobs .why >> text=See the runs')
  await page.waitForSelector('.runs-table >> text=by hand')
  await browser.check('runs of a job')
  await page.click('.place >> text=Jobs')
  await job(page).waitFor()
  await browser.say('elsewhere')
  await job(page).locator('.state:has-text("Succeeded")').waitFor()
  return { why, loadedOnce: await page.evaluate(() => globalThis.loadedOnce === true) }
}

/** A service with jobs switched off says so. */
export async function jobsOff(browser) {
  const { page } = browser
  await browser.signIn('#/jobs')
  await job(page).waitFor()
  const off = await page.textContent('.note.warn')
  await browser.check('jobs that are off')
  return { off }
}

const upload = (page, name) => page.locator('.in-sight .row', { has: page.locator(`.name[title="${name}"]`) })

/** Uploads come, move and end by themselves; pause, filters with addresses, the page of one, cancel. */
export async function uploads(browser) {
  const { page } = browser
  await browser.signIn('#/uploads')
  await upload(page, 'one.bin').waitFor()
  await page.evaluate(() => { globalThis.loadedOnce = true })
  await browser.say('send')
  await upload(page, 'one.bin').locator('text=/1\\.00 of.2\\.00.MiB safe/').waitFor()
  await upload(page, 'later.bin').waitFor()
  await browser.check('uploads')

  await upload(page, 'two.bin').locator('[aria-label="Pause two.bin"]').click()
  await upload(page, 'two.bin').locator('.state:has-text("Paused")').waitFor()
  await page.click('.seg >> text=Paused')
  await page.waitForURL(/state=paused/)
  await upload(page, 'later.bin').waitFor({ state: 'detached' })
  await upload(page, 'two.bin').locator('[aria-label="Resume two.bin"]').click()
  await page.click('.seg >> text=Unfinished')
  await page.keyboard.press('/')
  await page.keyboard.type('ONE')
  await page.waitForURL(/name=ONE/)
  await upload(page, 'two.bin').waitFor({ state: 'detached' })
  await browser.go('#/upload')
  await page.waitForSelector('.drop')
  if (await page.inputValue('.find input')) throw new Error('What was sought on another screen stays.')
  await browser.go('#/uploads')
  await upload(page, 'two.bin').waitFor()
  const loadedOnce = await page.evaluate(() => globalThis.loadedOnce === true)

  await browser.go('#/uploads')
  await upload(page, 'one.bin').locator('.name').click()
  await page.waitForSelector('.figures')
  await page.waitForFunction(() => document.querySelector('canvas.map')?.width > 100)
  await page.focus('canvas.map')
  await page.keyboard.press('ArrowRight')
  const cell = await page.waitForSelector('.inspect:not(:empty)').then((line) => line.textContent())
  await page.click('.seg >> text=Tries')
  await page.click('.seg >> text=State')
  await browser.check('page of an upload')
  await page.waitForSelector('.network dd >> text=curl')
  const [changed] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === 'PATCH'), page.selectOption('[aria-label="Priority"]', 'high')
  ])
  const { priority } = await changed.json()
  // As if each chunk had taken a minute.
  await page.route(/\/chunks\?/, async (route) => {
    const answer = await route.fetch()
    const body = await answer.json()
    const at = (minute) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()
    body.items.forEach((chunk, i) => Object.assign(chunk, { startedAt: at(i), receivedAt: at(i + 1) }))
    await route.fulfill({ response: answer, json: body })
  })
  await browser.say('finish')
  await page.waitForSelector('.about .state:has-text("Done")')
  await page.waitForSelector('.speeds .chart path.c-step', { state: 'attached' })
  await page.click('.speeds .as-table summary')
  await page.waitForSelector('.speeds tbody tr')
  await browser.check('speed of an upload')

  await browser.go('#/uploads?state=done')
  await upload(page, 'one.bin').locator('.state:has-text("Done")').waitFor()
  await upload(page, 'filed.bin').locator('.state:has-text("Done")').waitFor()
  await browser.go('#/uploads')
  await upload(page, 'two.bin').locator('[aria-label="Cancel two.bin"]').click()
  await page.click('dialog >> text=Cancel and delete')
  await upload(page, 'two.bin').locator('.state:has-text("Cancelled")').waitFor()
  return { cell, loadedOnce, priority }
}

/** Ten thousand uploads: few rows exist, and the last one is reached. */
export async function many(browser) {
  const { page } = browser
  const pageFrom = (from) => Array.from({ length: 2_000 }, (_, i) => ({
    id: String(from + i).padStart(32, '0'), state: 'open', stateAt: '2026-01-01T00:00:00Z', stateReason: null, protocol: 'session',
    fileName: `upload-${from + i}.bin`, contentType: 'application/octet-stream', size: 1e9, receivedBytes: from * 1e5, chunkCount: 1,
    attemptCount: 1, speed: { current: 0, average: null, peak: null }, etaSeconds: null, failures: { count: 0, consecutive: 0 },
    metadata: {}, createdAt: '2026-01-01T00:00:00Z', firstByteAt: null, lastByteAt: null, completedAt: null, expiresAt: null
  }))
  await page.route(/\/api\/sessions\?/, (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0)
    route.fulfill({ json: { items: pageFrom(from), nextCursor: from < 8_000 ? String(from + 2_000) : null } })
  })
  await browser.signIn('#/uploads')
  await page.waitForSelector('text=/10,000 uploads/')
  const rows = await page.locator('.in-sight .row').count()
  await page.evaluate(async () => {
    const scroller = document.querySelector('.uploads')
    for (let i = 0; i < 120; i++) {
      scroller.scrollTop += 400
      await new Promise(requestAnimationFrame)
    }
    scroller.scrollTop = scroller.scrollHeight
  })
  await upload(page, 'upload-9999.bin').waitFor()
  return { rows }
}

/** Two tabs share one WebSocket; when the tab that has it is closed, the other one goes on. */
export async function shared(browser) {
  const { page } = browser
  const sockets = []
  page.on('websocket', () => sockets.push('first'))
  await browser.signIn('#/uploads')
  await upload(page, 'one.bin').waitFor()
  const second = browser.watch(await browser.context.newPage())
  second.on('websocket', () => sockets.push('second'))
  await second.goto(page.url())
  await upload(second, 'one.bin').waitFor()
  await second.waitForSelector('.live:has-text("Live")')
  const together = sockets.length
  await page.close()
  const taken = await second.waitForEvent('websocket', { predicate: () => true }).then(() => true)
  await second.waitForTimeout(500)
  browser.page = second
  await browser.say('send')
  await upload(second, 'one.bin').locator('text=/1\\.00 of.2\\.00.MiB safe/').waitFor()
  return { together, taken, sockets }
}

/** Networks by class and one by one: a class and a search are in the address. */
export async function networks(browser) {
  const { page } = browser
  await browser.signIn('#/networks')
  await page.waitForSelector('text=No network is known yet')
  await browser.check('no networks')
  await browser.say('know')
  await page.reload()
  const rows = page.locator('section[aria-label="All networks"] tbody tr')
  await rows.nth(2).waitFor()
  await browser.check('networks')
  const first = await page.locator('section[aria-label="By class"] tbody tr').first().textContent()
  await page.click('section[aria-label="By class"] >> text=Slow, unstable')
  await page.waitForURL(/class=slow/)
  await rows.nth(1).waitFor({ state: 'detached' })
  await page.selectOption('select', '')
  await rows.nth(2).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('198.51.100')
  await page.waitForURL(/search=198/)
  await rows.nth(1).waitFor({ state: 'detached' })
  const found = await rows.textContent()
  await page.setViewportSize({ width: 360, height: 740 })
  await browser.check('networks on a phone')
  return { first, found }
}
