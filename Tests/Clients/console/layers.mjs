// Opens each dialog, panel and menu that one or two presses reach. The page measures its boxes by itself (boxes.mjs).

const PEOPLE = ['people', 'keys', 'links', 'spaces', 'sessions', 'tenants', 'limits', 'audit']
const SCREENS = [
  '#/upload', '#/files/layers', '#/files/layers?open=notes.txt', '#/files/layers?open=inner', '#/files?view=trash',
  '#/files?search=notes&in=all', '#/uploads', '#/history', '#/connections', '#/transfers', '#/transfers/new', '#/jobs', '#/webhooks',
  '#/networks', '#/nodes', '#/system', '#/overview', '#/more', ...PEOPLE.map((id) => `#/${id}`), '#/limits?of=tenant'
]
// They leave the page, call the system's dialogs, or change what the other presses need.
const SKIPPED = new RegExp('sign out|download|choose f|upload f|take a picture|run now|light or dark|terminal and apps|^api$|csv|refresh'
  + '|empty the trash|pictures|resume|pause|suspend|disable|delete|restore|undo', 'i')
// Where buttons that open something are.
const BUTTONS = 'main button:visible:not(:disabled), .top button:visible'
const ITEM = '.menu:popover-open [role=menuitem]'
const PATIENCE_MS = 1_000
const LAYER = 'dialog[open], [popover]:popover-open'

/** Files that the screens show. */
async function prepare({ base, key }) {
  const put = (path, body) => fetch(new URL(`api/tree/layers/${path}?parents=true`, base), {
    method: 'PUT', headers: { Authorization: `Bearer ${key}` }, body
  })
  const name = 'a-file-whose-name-is-much-longer-than-any-column-of-a-table-could-be_2026.json'
  for (const [path, text] of [['notes.txt', 'hello'], [name, '{}'], ['inner/x.txt', 'x'], ['gone.txt', 'gone']]) await put(path, text)
  await fetch(new URL('api/tree/layers/gone.txt', base), { method: 'DELETE', headers: { Authorization: `Bearer ${key}` } })
}

async function layers(browser) {
  const { page } = browser
  browser.mayBreak = true
  await prepare(browser)
  await browser.signIn()
  const opened = new Set()
  // Boxes are measured two frames after a change.
  const settle = () => page.evaluate(() => new Promise((done) => {
    let frames = 6
    const next = () => { if (--frames > 0) requestAnimationFrame(next); else done() }
    next()
  }))
  const isOpen = async () => (await page.locator(LAYER).count()) > 0

  async function close() {
    for (let presses = 0; presses < 5 && await isOpen(); presses++) {
      await page.keyboard.press('Escape')
      await settle()
    }
    // Some must be answered.
    if (await isOpen()) await page.locator('dialog[open] .buttons button').last().click()
    await settle()
  }

  async function enter(screen) {
    if (new URL(page.url()).hash !== screen) {
      await browser.go(screen)
      await page.waitForLoadState('networkidle')
      await settle()
    }
  }

  /** Presses a button, and tells whether something opened over the page. */
  async function press(screen, label) {
    await enter(screen)
    const button = page.locator(BUTTONS).and(page.getByRole('button', { name: label, exact: true }))
    // Some are gone by then, because the service has news.
    if (!await button.first().click({ timeout: PATIENCE_MS }).then(() => true, () => false)) return false
    await settle()
    if (!await isOpen()) return false
    opened.add(`${screen} ${label}`)
    return true
  }

  for (const [i, screen] of SCREENS.entries()) {
    // A slow machine needs longer than the test waits for one word.
    if (i > 0 && i % 5 === 0) await browser.say(`screen ${i}`)
    await enter(screen)
    const labels = await page.locator(BUTTONS).evaluateAll((all) => all.map((one) => (
      one.getAttribute('aria-label') ?? one.textContent.trim())))
    for (const label of new Set(labels.filter((one) => one && !SKIPPED.test(one)))) {
      if (!await press(screen, label)) { await enter(screen); continue }
      const items = await page.locator(ITEM).allInnerTexts()
      await close()
      for (const item of items) {
        if (SKIPPED.test(item) || !await press(screen, label)) continue
        await page.locator(ITEM).getByText(item, { exact: true }).click({ timeout: PATIENCE_MS }).catch(() => {})
        await settle()
        if (await isOpen()) opened.add(`${screen} ${label}: ${item}`)
        await close()
      }
    }
  }
  return { opened: [...opened].sort() }
}

export const layersWide = Object.assign((browser) => layers(browser), { options: { width: 1280, height: 800 } })
export const layersNarrow = Object.assign((browser) => layers(browser), { options: { width: 360, height: 740, hasTouch: true } })
