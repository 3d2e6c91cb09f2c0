// Measures the cost of listeners of live events: LISTENERS (2,000) server-sent streams on connections of their own. Prints the memory of
// each, the service's CPU while nothing happens, and while UPLOADS (200) files are sent, with and without them; and how late they are.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { address, cpuOf, median, service } from './browser.mjs'

const count = Number(process.env.LISTENERS ?? 2000)
const uploads = Number(process.env.UPLOADS ?? 200)
const REST = 20_000
const OPENING = 50

/** The memory of the service's process in KiB. */
const memory = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${service}/status`, 'utf8'))[1])

/** The CPU seconds of the service, its database included. */
const cpu = () => cpuOf(Number(service))

const { hostname, port } = new URL(address)
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
const content = Buffer.alloc(1 << 20)
let heard = []

/** A stream; resolves at its welcome. */
const listen = () => new Promise((resolve, reject) => {
  const socket = connect(Number(port), hostname)
  socket.on('error', reject)
  socket.on('data', (text) => {
    if (text.includes('event: welcome')) resolve(socket)
    if (text.includes('event: completed')) heard.push(performance.now())
  })
  socket.write(`GET /api/events HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAccept: text/event-stream\r\n\r\n`)
})

const put = (name) => new Promise((resolve, reject) => {
  const sent = request(`${address}api/tree/${name}`, { method: 'PUT', agent, headers: { 'Content-Length': content.length } }, (answer) => {
    answer.resume().on('end', () => {
      if (answer.statusCode < 300) resolve()
      else reject(new Error(`PUT was answered with ${answer.statusCode}`))
    })
  })
  sent.on('error', reject).end(content)
})

/** Sends the files, four at a time. @returns {Promise<number>} CPU seconds of the service */
async function load(name) {
  const began = cpu()
  let next = 0
  await Promise.all([1, 2, 3, 4].map(async () => { while (next < uploads) await put(`${name}-${next++}.bin`) }))
  await wait(3_000)
  return cpu() - began
}

async function idle() {
  const began = cpu()
  await wait(REST)
  return (cpu() - began) * 60_000 / REST
}

await load('warm')
const alone = await load('alone')
const quiet = await idle()
const before = memory()
const sockets = []
while (sockets.length < count) {
  sockets.push(...await Promise.all(Array.from({ length: Math.min(OPENING, count - sockets.length) }, listen)))
}
await wait(2_000)
const after = memory()
const held = await idle()
heard = []
const late = []
for (let i = 0; i < 5; i++) {
  heard = []
  const began = performance.now()
  await put(`late-${i}.bin`)
  while (heard.length < count) await wait(5)
  late.push(heard.at(-1) - began)
}
const together = await load('together')
const most = memory()
for (const socket of sockets) socket.destroy()
const lines = [
  `${count} listeners: ${((after - before) / count).toFixed(1)} KiB each, ${((most - before) / count).toFixed(1)} KiB each after the load`,
  `CPU while nothing happens: ${quiet.toFixed(2)} s a minute without, ${held.toFixed(2)} s a minute with them`,
  `an event at all of them after: ${median(late).toFixed(0)} ms (${late.map((ms) => ms.toFixed(0)).join(', ')})`,
  `CPU for ${uploads} files of 1 MiB: ${alone.toFixed(2)} s without, ${together.toFixed(2)} s with them`
]
process.stdout.write(`${lines.join('\n')}\n`)
agent.destroy()
