// A list of ROWS (10,000) unfinished uploads: the time of one page of it at the service, and the frames of the browser while it scrolls.
import { Agent, request } from 'node:http'
import { address, print, withPage } from './browser.mjs'

const rows = Number(process.env.ROWS ?? 10_000)
const runs = Number(process.env.RUNS ?? 200)
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

const ask = (method, path, body) => new Promise((resolve, reject) => {
  const text = body && JSON.stringify(body)
  const headers = text ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) } : {}
  const sent = request(`${address}${path}`, { method, agent, headers }, (answer) => {
    answer.resume().on('end', () => {
      if (answer.statusCode < 300) resolve()
      else reject(new Error(`${path} was answered with ${answer.statusCode}`))
    })
  })
  sent.on('error', reject).end(text)
})

let next = 0
const make = async () => {
  while (next < rows) await ask('POST', 'api/sessions', { fileName: `line-${next++}_sonar.xtf`, size: 1 << 20 })
}
await Promise.all(Array.from({ length: 8 }, make))
const took = []
for (let run = 0; run < runs; run++) {
  const began = performance.now()
  await ask('GET', 'api/sessions?state=open&limit=200&sort=-createdAt')
  took.push(performance.now() - began)
}
took.sort((a, b) => a - b)
print(`a page of 200 of ${rows} uploads, p95 of ${runs}`, [took[Math.floor(runs * 0.95)]], 'ms')
await withPage(async (page) => {
  await page.goto(`${address}console/#/uploads`)
  await page.waitForSelector('.in-sight .row')
  await page.waitForFunction((rows) => document.querySelector('.in-sight .row').ariaSetSize >= rows, rows, { timeout: 120_000 })
  const frames = await page.evaluate(async () => {
    const place = document.querySelector('.uploads')
    const frames = []
    let before = await new Promise(requestAnimationFrame)
    for (let i = 0; i < 240; i++) {
      place.scrollTop += 400
      const now = await new Promise(requestAnimationFrame)
      frames.push(now - before)
      before = now
    }
    return frames
  })
  frames.sort((a, b) => a - b)
  const late = frames.filter((frame) => frame > 25).length
  print('a frame while it scrolls by 400 pixels a frame', [frames[120]], 'ms',
    `p95 ${frames[228].toFixed(1)} ms, ${late} of 240 above 25 ms`)
})
agent.destroy()
