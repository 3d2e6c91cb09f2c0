// Runs scenarios of pages, many beside each other: one process of node and one Chromium, with a context for each. It reads lines of JSON:
// {"id":1,"script":"console","scenario":"send","settings":{"base":"http://127.0.0.1:1/","key":"…","files":"/a:/b"}} begins one,
// {"id":1,"line":"…"} answers a word that it said, {"id":1,"end":true} gives it up. It prints {"id":1,"line":"…"} for such a word, and
// {"id":1,"result":…} or {"id":1,"error":"…"} at the end. The browser ends with the input, however that ends.
import { createInterface } from 'node:readline'
import { closeAll } from './chromium.mjs'
import * as console from './console.mjs'
import * as docs from './docs.mjs'
import * as link from './link.mjs'
import * as uppy from './uppy.mjs'

const scripts = { console, docs, link, uppy }

/** One scenario that runs: what a script needs of the test. */
class Play {
  #lines = []
  #waiting = null
  #close = null

  constructor(id, settings) {
    this.id = id
    this.settings = settings
  }

  /** Prints a word and waits for a line, so that the test can act. */
  say = async (word) => {
    print({ id: this.id, line: String(word) })
    return this.#lines.shift() ?? await new Promise((resolve) => { this.#waiting = resolve })
  }

  hear(line) {
    if (this.#waiting) this.#waiting(line)
    else this.#lines.push(line)
    this.#waiting = null
  }

  /** @param {() => Promise<void>} close what to do when the test gives up; the script then fails. */
  opened(close) { this.#close = close }

  end() { return this.#close?.() }
}

const print = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

const plays = new Map()

async function run({ id, script, scenario, settings }) {
  const play = new Play(id, settings)
  plays.set(id, play)
  try {
    print({ id, result: await scripts[script].run(scenario, play) ?? null })
  } catch (error) {
    print({ id, error: error.stack })
  } finally {
    plays.delete(id)
  }
}

// What a scenario has left behind fails when its context is closed; it has its result by then.
process.on('unhandledRejection', (error) => process.stderr.write(`${error?.stack ?? error}\n`))

for await (const text of createInterface({ input: process.stdin })) {
  const message = JSON.parse(text)
  if (message.script) run(message)
  else if (message.end) plays.get(message.id)?.end()?.catch(() => {})
  else plays.get(message.id)?.hear(message.line)
}
await closeAll()
process.exit()
