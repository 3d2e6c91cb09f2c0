// Measures the page's memory after live updates: MINUTES (60) of the list of uploads, in which two uploads run slowly and a file comes each
// half second. Prints the heap, and the nodes of the document, after collections: the first time when a tenth has passed.
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { address, print, withPage } from './browser.mjs'

const minutes = Number(process.env.MINUTES ?? 60)
const SAMPLES = 10
const PIECE = 64 << 10
const agent = new Agent({ keepAlive: true, maxSockets: 8 })
let ended = false
let sent = 0

/** @param {number} pieces how many; more than one go out four a second @returns {Promise<void>} */
const put = (pieces) => new Promise((resolve, reject) => {
  const headers = { 'Content-Length': pieces * PIECE }
  const upload = request(`${address}api/files/line-${sent++}_sonar.xtf`, { method: 'PUT', agent, headers }, (answer) => {
    answer.resume().on('end', () => {
      if (answer.statusCode < 300) resolve()
      else reject(new Error(`PUT was answered with ${answer.statusCode}`))
    })
  })
  upload.on('error', reject)
  const write = async () => {
    for (let piece = 0; piece < pieces; piece++) {
      upload.write(Buffer.alloc(PIECE, piece))
      if (pieces > 1) await wait(250)
    }
    upload.end()
  }
  write()
})

const repeat = async (work) => { while (!ended) await work() }

await withPage(async (page) => {
  const devtools = await page.context().newCDPSession(page)
  await page.goto(`${address}console/#/uploads`)
  const load = [
    repeat(() => put(120)), repeat(() => put(80)),
    repeat(async () => { await put(1); await wait(500) }),
  ]
  await page.waitForSelector('.in-sight .row')
  const heaps = []
  const nodes = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    await wait(minutes * 60_000 / SAMPLES)
    await devtools.send('HeapProfiler.collectGarbage')
    heaps.push((await devtools.send('Runtime.getHeapUsage')).usedSize / (1 << 20))
    nodes.push((await devtools.send('Memory.getDOMCounters')).nodes)
  }
  ended = true
  await Promise.all(load)
  print(`the heap in ${minutes} minutes with ${sent} uploads`, heaps, 'MiB')
  print('nodes of the document', nodes, 'nodes')
})
agent.destroy()
