// Takes a picture of each screen of the demo, wide and narrow, light and dark: see tools/Demo/pictures. PICTURES_BASE is the service,
// PICTURES_NAME and PICTURES_PASSWORD sign in, PICTURES_FOLDER gets the pictures, PICTURES_BROWSER is Chromium, PICTURES_ONLY a part of
// their names.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const { PICTURES_BASE: base, PICTURES_NAME: name, PICTURES_PASSWORD: password, PICTURES_FOLDER: folder } = process.env
const { PICTURES_BROWSER: executablePath, PICTURES_ONLY: only = '' } = process.env
const SIZES = [{ width: 1280, height: 800 }, { width: 360, height: 740 }]
// So slow that files are under way when the picture is taken.
const SLOW = 900_000

const AWAY = /\/(api|health)\//

// Each variant makes a link for a file of its own: the list of links has all of them.
const LINKED = ['tender-lot-3_drawings.pdf', 'line-13_sonar.xtf', 'tide-gauge_2026-10.csv', 'tile-0416_classified.laz']

// The transfer that goes over a slow line.
const UNDER_WAY = '.transfer-row:has-text("Footage of the dives")'

const failed = []

/** Screens with their addresses and what must be there before the picture. */
const SCREENS = [
  ['overview', 'overview', '.chart'], ['overview-stale', 'overview', '.chart', (page) => leaveAlone(page)],
  ['uploads', 'uploads', '.in-sight .row'],
  ['upload-detail', 'uploads', '.in-sight .row', (page) => openUpload(page)],
  ['jobs', 'jobs', '.jobs tbody tr'], ['job', 'jobs/trim-history', '.runs-table'], ['history', 'history', '.ended-list'],
  ['networks', 'networks', '.networks .things'], ['nodes', 'nodes', '.stores-table'],
  ['files', 'files/Projects/Skagen', 'tbody tr[data-name="line-12_sonar.xtf"]', (page) => selectThree(page)],
  ['files-empty', 'files?space=TEAM', '.files .empty'],
  ['files-panel', 'files/Projects/Skagen?open=readme.md', '.panel'], ['trash', 'files?view=trash&space=SHARED', 'tbody tr'],
  ['files-share', 'files/Projects/Skagen?open=line-12_sonar.xtf', '.panel', (page) => share(page)],
  ['files-link', 'files/Projects/Skagen?open=LINKED', '.panel', (page) => makeLink(page)],
  ...['people', 'keys', 'links', 'spaces', 'sessions', 'tenants', 'limits', 'audit'].map((tab) =>
    [`access-${tab}`, tab, `.things[aria-label^="${tab === 'limits' ? 'Your limits' : titled(tab)}"] tbody tr`]),
  ['access-limits-edit', 'limits?of=tenant', '.limits-fields', (page) => scrollTo(page, '.card:has(.limits-form)')],
  ['access-limits-week', 'limits?of=tenant', '.limits-fields', (page) => openWeek(page)],
  ['access-account', 'account', '.access .setting'],
  ['connections', 'connections', '.connection'], ['transfers', 'transfers', UNDER_WAY, (page) => knowsSpeed(page, UNDER_WAY)],
  ['transfers-done', 'transfers?state=done', '.transfer-row'], ['transfer', 'transfers', UNDER_WAY, (page) => openTransfer(page)],
  ['projects', 'projects', '.project-card'], ['project', 'projects', '.project-card', (page) => openProject(page)],
  ['webhooks', 'webhooks', '.things tbody tr'], ['webhook', 'webhooks', '.things tbody tr', (page) => openWebhook(page)],
  ['system', 'system', '.system .things tbody tr']
]

function titled(word) { return word[0].toUpperCase() + word.slice(1) }

async function openUpload(page) {
  // Its link breaks now and then.
  await page.locator('.in-sight .row .name[title^="pg-nightly"]').first().click()
  await page.waitForSelector('.requests-table')
}

async function openProject(page) {
  await page.locator('.project-card a', { hasText: 'Skagen 2026' }).click()
  await page.locator('.asks .ask').first().waitFor()
}

async function openTransfer(page) {
  await page.locator(UNDER_WAY).first().locator('.name-place a').click()
  await knowsSpeed(page, '.figures > :has-text("Speed")')
}

/** The speed of now takes some looks. @param {string} where */
const knowsSpeed = (page, where) => page.locator(where, { hasText: /Speed[\d.]|left.*B\/s|B\/s.*left/ }).first().waitFor()

/** As while the service is away. */
async function leaveAlone(page) {
  await page.route(AWAY, (route) => route.abort())
  await page.waitForSelector('.note >> text=The service does not answer.')
}

async function share(page) {
  await page.click('.panel >> text="Share"')
  await page.waitForSelector('dialog[open]')
}

async function makeLink(page) {
  await share(page)
  await page.click('dialog[open] [type=submit]')
  await page.waitForSelector('dialog[open] .qr')
}

/** Three files, and on a wide window the details of a picture beside them. */
async function selectThree(page) {
  for (const name of ['harbour-north_2026-11-21_dji0416.mov', 'line-12_sonar.xtf', 'site-photos_2026-11-19.zip']) {
    await page.locator(`tr[data-name="${name}"] .check`).check()
  }
  if (page.viewportSize().width < 1000) return
  await page.click('tr[data-name="depth-contours_2m_v3.png"] .name')
  await page.waitForSelector('.panel .preview img')
}

const scrollTo = (page, what) => page.locator(what).evaluate((element) => element.scrollIntoView({ block: 'start' }))

async function openWeek(page) {
  await scrollTo(page, '.limits-fields')
  await page.locator('.field-act .button').first().click()
  await page.waitForSelector('dialog[open] .week')
  await page.locator('dialog[open] input').last().fill('08:00,512k 18:00,10M 23:00,off Sat-08:00,2M')
}

async function openWebhook(page) {
  await page.click('.things >> text=Mail to the office')
  await page.waitForSelector('.note')
  await page.waitForSelector('.things tbody tr')
}

async function pictures(size, colorScheme, files, linked) {
  const profile = mkdtempSync(join(tmpdir(), 'chunkupload-pictures-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'], viewport: size, colorScheme, reducedMotion: 'reduce',
    timezoneId: 'UTC', hasTouch: size.width < 600
  })
  const page = context.pages()[0]
  const take = async (what) => {
    // What lies below the mouse looks chosen.
    if (!what.startsWith('upload')) await page.mouse.move(1, 1)
    await page.waitForLoadState('networkidle').catch(() => {})
    await page.waitForTimeout(400)
    await page.screenshot({ path: join(folder, `${what}-${colorScheme}-${size.width}.png`) })
  }
  const wanted = (what) => what.includes(only)
  try {
    await page.goto(`${base}signin?return=${encodeURIComponent('/console/#/upload')}`)
    await page.waitForSelector('form:not([hidden])')
    if (!await page.isVisible('#name')) await page.click('#use-password')
    if (wanted('sign-in')) await take('sign-in')
    if (wanted('sign-in-error')) {
      await page.fill('#name', name)
      await page.fill('#password', `not ${password}`)
      await page.keyboard.press('Enter')
      await page.waitForSelector('#fault:not([hidden])')
      await take('sign-in-error')
    }
    await page.fill('#name', name)
    await page.fill('#password', password)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.drop')
    if (wanted('upload-empty')) await take('upload-empty')
    const { items } = await page.evaluate(() => fetch('../api/spaces').then((answer) => answer.json()))
    const [team, shared] = ['team', 'shared'].map((kind) => items.find((space) => space.kind === kind)?.id)
    for (const [what, address, sign, act] of SCREENS.filter(([one]) => wanted(one))) {
      try {
        await page.goto(`${base}console/#/${address.replace('TEAM', team).replace('SHARED', shared).replace('LINKED', linked)}`)
        await page.waitForSelector(sign)
        await act?.(page)
        await take(what)
      } catch (error) {
        failed.push(`${what}-${colorScheme}-${size.width}: ${error.message.split('\n')[0]}`)
      }
      await page.unroute(AWAY)
      await page.keyboard.press('Escape')
      // One that shows what is shown once stays open.
      await page.evaluate(() => document.querySelector('dialog[open]')?.close())
    }
    if (wanted('upload') || wanted('upload-offline')) await takeUpload(page, take, files)
  } finally {
    await context.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

/** The Upload page while files are under way; what was sent is cancelled afterwards. */
async function takeUpload(page, take, files) {
  await page.goto(`${base}console/#/upload`)
  await page.waitForSelector('.drop')
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  const at = { x: page.viewportSize().width / 2, y: 300 }
  const drop = async (paths) => {
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await session.send('Input.dispatchDragEvent', { type, ...at, data: { items: [], files: paths, dragOperationsMask: 1 } })
    }
  }
  const link = (uploadThroughput) =>
    session.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: -1, uploadThroughput })
  await link(4 * SLOW)
  await drop(files.slice(0, 1))
  await page.waitForSelector('.row.done')
  await link(SLOW)
  await drop(files.slice(1))
  // Its map of chunks is shown, and some of it is safe.
  await page.locator('.row [aria-expanded]').nth(1).click()
  await page.waitForTimeout(12_000)
  await take('upload')
  await page.context().setOffline(true)
  await page.waitForSelector('.note >> text=This device is offline.')
  await page.waitForTimeout(3_000)
  await take('upload-offline')
  await page.context().setOffline(false)
  for (const cancel of await page.locator('.row button[aria-label^="Cancel"]').all()) {
    await cancel.click().catch(() => {})
    await page.click('dialog .danger', { timeout: 3_000 }).catch(() => {})
  }
}

// Each sign-in sends files of its own: the names of those before are taken.
function filesIn(source, number) {
  const made = [
    [`harbour_2026-11-02_08${20 + number}.jpg`, 3], [`line-${15 + number}_sonar.xtf`, 14], [`dive-${10 + number}_deck-camera.mov`, 38],
    [`mosaic_north-${number}.tif`, 9]
  ]
  return made.map(([file, mebibytes]) => {
    const path = join(source, file)
    writeFileSync(path, randomBytes(mebibytes << 20))
    return path
  })
}

const source = mkdtempSync(join(tmpdir(), 'chunkupload-pictures-'))
try {
  mkdirSync(folder, { recursive: true })
  let number = Math.floor(Math.random() * 10)
  for (const size of SIZES) {
    for (const scheme of ['light', 'dark']) await pictures(size, scheme, filesIn(source, ++number), LINKED.shift())
  }
} finally {
  rmSync(source, { recursive: true, force: true })
}
if (failed.length > 0) {
  process.stderr.write(`${failed.join('\n')}\n`)
  process.exitCode = 1
}
