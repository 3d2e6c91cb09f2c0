// Runs one scenario of the console in a headless Chromium, and prints the result as one line of JSON: node console.mjs SCENARIO, with
// CONSOLE_BASE, CONSOLE_KEY, CONSOLE_FILES (paths separated by colons) and CONSOLE_BROWSER in the environment. To let the test act, a
// scenario prints a word and waits for a line.
import { Console } from './console/browser.mjs'
import * as access from './console/access.mjs'
import * as arrange from './console/arrange.mjs'
import * as device from './console/device.mjs'
import * as figures from './console/figures.mjs'
import * as first from './console/first.mjs'
import * as files from './console/files.mjs'
import * as frame from './console/frame.mjs'
import * as going from './console/going.mjs'
import * as hostile from './console/hostile-files.mjs'
import * as look from './console/look.mjs'
import * as operate from './console/operate.mjs'
import * as places from './console/places.mjs'
import * as preview from './console/preview.mjs'
import * as statistics from './console/statistics.mjs'
import * as system from './console/system.mjs'
import * as transfers from './console/transfers.mjs'
import * as upload from './console/upload.mjs'
import * as webhooks from './console/webhooks.mjs'

const scenarios = {
  ...access, ...arrange, ...device, ...upload, ...figures, ...files, ...first, ...frame, ...going, ...hostile, ...look, ...operate,
  ...places, ...preview, ...statistics, ...system, ...transfers, ...webhooks
}
let browser
try {
  const scenario = scenarios[process.argv[2]]
  browser = await Console.start(scenario.options)
  const result = await scenario(browser)
  process.stdout.write(`${JSON.stringify({ result: result ?? null, complaints: browser.complaints, requests: browser.requests })}\n`)
} catch (error) {
  // The cause first: a summary of all tests shows only the beginning.
  const text = await browser?.page.locator('body').innerText({ timeout: 2000 }).catch(() => '')
  process.stderr.write(`${error.stack}\nThe page says:\n${text}\n`)
  process.stderr.write(`${browser?.complaints.join('\n')}\n${browser?.requests.join(', ')}\n`)
  process.exitCode = 1
} finally {
  await browser?.close().catch(() => {})
  process.exit()
}
