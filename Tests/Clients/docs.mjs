// The documents in Chromium: the search, at an address and in a folder. Its setting is url, the address of the first page.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { newContext } from './chromium.mjs'

const sizes = { wide: { viewport: { width: 1280, height: 800 } }, narrow: { viewport: { width: 360, height: 740 }, hasTouch: true } }

/** @param {'wide' | 'narrow'} name */
export async function run(name, play) {
  const { page, close } = await newContext({ ...sizes[name], reducedMotion: 'reduce' })
  play.opened(close)
  const complaints = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => { if (message.type() !== 'log') complaints.push(message.text()) })

  /** What a blind person would meet, and what is too wide. In a folder, axe may read no style sheet by itself. */
  async function check(what) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
      const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'], preload: false }))
      complaints.push(...violations.map(({ id, nodes }) => `${what}, ${colorScheme}: ${id}: ${nodes[0].html}`))
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) complaints.push(`${what}: too wide`)
    }
  }

  /** Types words into the search, and returns the sentence about what was found. */
  async function search(words) {
    await page.evaluate(() => { document.querySelector('[role=status]').textContent = '' })
    await page.fill('input[type=search]', words)
    await page.waitForFunction(() => !document.querySelector('.found').hidden && document.querySelector('[role=status]').textContent)
    return page.innerText('[role=status]')
  }

  await page.goto(play.settings.url)
  await check('the first page')
  const nothing = await search('xylophone')
  const some = await search('standard webhooks signature')
  await check('what was found')
  const best = await page.innerText('.found b >> nth=0')
  await page.click('.found a >> nth=0')
  await page.waitForFunction(() => document.querySelector('h1').textContent === 'Webhooks')
  const anchor = new URL(page.url()).hash
  await check('a page')
  await search('verify')
  await page.keyboard.press('Escape')
  const closed = !await page.isVisible('.found')
  // One level deeper, the same files are found.
  await page.click('nav >> text=The tree')
  await page.waitForFunction(() => document.querySelector('nav [aria-current]')?.textContent === 'The tree')
  await search('versions policy week')
  await page.click('.found a >> nth=0')
  await page.waitForFunction(() => document.querySelector('h1').textContent === 'Versions of files')
  await page.goto(new URL('comparison.html', play.settings.url).href)
  await check('tables')
  await close()
  return { complaints, nothing, some, best, anchor, closed }
}
