// Every figure of an upload that really broke, on its page and in the list, against what the API says at the same moment.
import * as format from '../../../Api/wwwroot/console/format.js'

const none = '–'

async function sessionOf({ base, key, files }, id = '') {
  const states = 'open,paused,completing,completed'
  const answer = await fetch(`${base}api/sessions${id ? `/${id}` : `?state=${states}`}`, { headers: { Authorization: `Bearer ${key}` } })
  const body = await answer.json()
  if (!answer.ok) throw new Error(body.detail)
  return id ? body : body.items.find(({ fileName }) => fileName === files.split('/').pop())
}

/** What the page of an upload has to show. */
function pageOf({ state, size, receivedBytes, speed, etaSeconds, failures, attemptCount }) {
  const moving = state === 'open' && speed.current > 0
  return {
    safe: receivedBytes === size ? format.bytes(size) : format.bytesOf(receivedBytes, size),
    share: receivedBytes === size ? 'all of it' : format.percent(receivedBytes, size),
    speed: moving ? format.speed(speed.current) : none,
    left: moving && etaSeconds !== null ? format.duration(etaSeconds) : none,
    broke: format.number(failures.count), lost: format.bytes(failures.lostBytes), saved: format.bytes(failures.keptBytes),
    requests: `${format.number(attemptCount)}${failures.count > 0 ? `, ${format.number(failures.count)} broke off` : ''}`
  }
}

const rowOf = ({ size, receivedBytes }) => ({
  safe: receivedBytes === size ? `${format.bytes(size)} all safe` : `${format.bytesOf(receivedBytes, size)} safe`,
  percent: format.percent(receivedBytes, size)
})

/** Waits until both are equal: the page follows the service within seconds. */
async function equal(page, read, expected) {
  let shown
  let told
  for (let left = 60; left > 0; left--) {
    [shown, told] = [JSON.stringify(await page.evaluate(read)), JSON.stringify(await expected())]
    if (shown === told) return shown
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(`The page shows ${shown}, and the API says ${told}.`)
}

const readPage = () => {
  const values = [...document.querySelectorAll('.figures > div')].map((one) => one.querySelector('dd span').textContent)
  const [safe, speed, left, broke, lost, saved] = values
  return {
    safe, share: document.querySelector('.figures small')?.textContent, speed, left, broke, lost, saved,
    requests: document.querySelector('.requests .card-head .hint')?.textContent
  }
}
const readRow = () => {
  const row = document.querySelector('.row .bar p')
  return { safe: row?.firstChild.textContent, percent: row?.lastChild.textContent }
}

/** The network cuts the upload several times; then it is paused, goes on and ends. */
export async function figures(browser) {
  const { page } = browser
  browser.mayBreak = true
  await browser.signIn()
  await browser.drop()
  await page.waitForSelector('.row')
  await browser.say('cut')
  await page.click('[aria-label^="Pause"]')
  await page.locator('.row >> text=by you').waitFor()
  const { id } = await sessionOf(browser)
  const now = () => sessionOf(browser, id)
  const tries = await page.locator('.row .line').innerText()
  const own = await equal(page, readRow, async () => rowOf(await now()))
  await browser.go(`#/uploads/${id}`)
  const paused = await equal(page, readPage, async () => pageOf(await now()))
  await browser.go('#/uploads')
  const listed = await equal(page, readRow, async () => rowOf(await now()))
  await browser.go('#/upload')
  await page.click('[aria-label^="Resume"]')
  await browser.done()
  const { failures } = await now()
  const ended = await page.locator('.row .line').innerText()
  if (!ended.includes(failures.count === 1 ? '1 retry' : `${failures.count} retries`)) {
    throw new Error(`The row says ${ended}, and the API has ${failures.count} breaks.`)
  }
  await browser.go(`#/uploads/${id}`)
  const done = await equal(page, readPage, async () => pageOf(await now()))
  return { tries, own, paused, listed, done, session: await now() }
}
