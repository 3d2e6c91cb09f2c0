// How long the packed console takes to show files over a slow line, with an empty cache: STAGE_BROWSER=/usr/bin/chromium node slow-line.mjs
// BASE KEY [RUNS [signs]]. With "signs" it begins on the page for signing in, where the key is typed at once. Prints the requests of the
// last run (seconds of begin, first and last byte; bytes; address), and the seconds of each run.
import { closeAll, newContext } from './chromium.mjs'

const LATENCY_MS = 400
const BYTES_PER_SECOND = 400_000 / 8

const [base, key, runs = '3', signs] = process.argv.slice(2)
const times = []
let asked
for (let run = 0; run < Number(runs); run++) {
  const { page, context, close } = await newContext()
  if (!signs) await context.request.post(`${base}signin`, { data: { key }, headers: { Origin: new URL(base).origin } })
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions',
    { offline: false, latency: LATENCY_MS, downloadThroughput: BYTES_PER_SECOND, uploadThroughput: BYTES_PER_SECOND })
  asked = new Map()
  let began
  session.on('Network.requestWillBeSent', ({ requestId, request: { url }, timestamp }) => {
    began ??= timestamp
    asked.set(requestId, { url: url.replace(base, '/'), times: [timestamp - began], bytes: '-' })
  })
  session.on('Network.responseReceived', ({ requestId, timestamp }) => asked.get(requestId)?.times.push(timestamp - began))
  session.on('Network.loadingFinished', ({ requestId, timestamp, encodedDataLength }) => {
    asked.get(requestId)?.times.push(timestamp - began)
    if (asked.has(requestId)) asked.get(requestId).bytes = encodedDataLength
  })
  const start = performance.now()
  const address = signs ? `signin?return=${encodeURIComponent('/console/#/files')}` : 'console/#/files'
  await page.goto(`${base}${address}`, { waitUntil: 'commit' })
  if (signs) {
    await page.waitForSelector('form:not([hidden])')
    if (!await page.isVisible('#key')) await page.click('#use-key')
    await page.fill('#key', key)
    await page.keyboard.press('Enter')
  }
  await page.waitForSelector('.files .empty, .files tbody tr')
  times.push(((performance.now() - start) / 1000).toFixed(2))
  await close()
}
for (const { url, times, bytes } of asked.values()) console.log(times.map((one) => one.toFixed(2)).join(' '), bytes, url)
console.log(times.join(' '))
await closeAll()
