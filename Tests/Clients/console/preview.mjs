// Scenarios of previews: files on the whole screen, one after the other, and the list as tiles with pictures.
const row = (page, name) => page.locator(`tbody tr[data-name="${name}"]`)

/** A narrow bar has it in its menu. */
async function turn(page, word) {
  await page.waitForSelector('.bar-top [aria-label="More"]')
  if (await page.isVisible(`.bar-top [aria-label="${word}"]`)) await page.click(`.bar-top [aria-label="${word}"]`)
  else {
    await page.click('.bar-top [aria-label="More"]')
    await page.click(`.menu >> text="${word}"`)
  }
}

/** What the viewer shows now: the kind of its part, or its sentence. */
const shownNow = (page) => page.waitForFunction(() => {
  const part = document.querySelector('.viewer .stage > *')
  if (!part || part.textContent === 'Loading') return null
  const name = document.querySelector('.viewer h2').textContent
  if (part.tagName === 'IMG' && !part.naturalWidth || part.tagName === 'VIDEO' && !part.readyState) return null
  return { name, kind: part.tagName, text: part.className === 'hint' ? part.textContent : part.querySelector('pre')?.textContent ?? '' }
}).then((found) => found.jsonValue())

async function lookAtAll(browser) {
  const { page } = browser
  // What a hostile file would do is heard here.
  browser.mayBreak = true
  await browser.signIn('#/files/show')
  await row(page, 'a.png').locator('.name').click()
  await page.waitForSelector('.panel .previewed img')
  await page.click('.panel >> text=Show large')
  await page.waitForSelector('.viewer[open]')
  const seen = []
  const count = Number((await page.textContent('.viewer .of')).split(' of ')[1])
  for (let at = 1; at <= count; at++) {
    await page.waitForSelector(`.viewer .of:text-is("${at} of ${count}")`)
    seen.push(await shownNow(page))
    if (at === 1) await browser.check('a picture on the whole screen')
    if (at === count) await browser.check('a text on the whole screen')
    else await page.click('.viewer [aria-label="Next file"]')
  }
  const last = await page.isDisabled('.viewer [aria-label="Next file"]')
  await page.click('.viewer [aria-label="Previous file"]')
  await page.waitForSelector(`.viewer .of:text-is("${count - 1} of ${count}")`)
  await page.keyboard.press('Escape')
  await page.locator('.viewer').waitFor({ state: 'detached' })
  // The panel is at the one that was seen last.
  await page.waitForSelector(`.panel[aria-label="${seen.at(-2).name}"]`)
  await page.keyboard.press('Escape')
  await page.locator('.panel').waitFor({ state: 'detached' })

  await turn(page, 'Show as pictures')
  await page.waitForFunction(() => document.querySelectorAll('.tiles canvas[data-drawn]').length === 3)
  // Red, as the film's first frames are; what is no film has no picture.
  const film = await page.$eval('tr[data-name="e.webm"] canvas', (canvas) => [...canvas.getContext('2d').getImageData(8, 8, 1, 1).data])
  if (!(film[0] > 200 && film[1] < 50 && film[3] === 255)) throw new Error(`the film's picture is ${film}`)
  await page.locator('tr[data-name="e.mp4"] canvas').waitFor({ state: 'detached' })
  await browser.check('tiles')
  await page.reload()
  await page.waitForFunction(() => document.querySelectorAll('.tiles canvas[data-drawn]').length === 3)
  await row(page, 'b.png').locator('.tile-face').click()
  await page.waitForSelector('.viewer h2:text-is("b.png")')
  await page.keyboard.press('ArrowLeft')
  await page.waitForSelector('.viewer h2:text-is("a.png")')
  await page.keyboard.press('Escape')
  await page.locator('.viewer').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await row(page, 'b.png').locator('.check').check()
  await page.waitForSelector('.bar-top >> text=1 selected')
  await page.keyboard.press('Escape')
  await turn(page, 'Show as a list')
  await page.locator('.tiles').waitFor({ state: 'detached' })
  const pdf = await page.evaluate(() => navigator.pdfViewerEnabled)
  return { seen, last, pdf, ran: await page.evaluate(() => globalThis.ran === true) }
}

export const lookWide = (browser) => lookAtAll(browser)
export const lookByPhone = Object.assign((browser) => lookAtAll(browser), { options: { width: 360, height: 740, hasTouch: true } })
