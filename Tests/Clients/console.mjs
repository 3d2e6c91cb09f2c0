// The scenarios of the console. Each takes a browser that is not signed in; its settings are base, key and files (paths separated by
// colons, or what the scenario says of them).
import { Console } from './console/browser.mjs'
import * as access from './console/access.mjs'
import * as arrange from './console/arrange.mjs'
import * as connections from './console/connections.mjs'
import * as device from './console/device.mjs'
import * as figures from './console/figures.mjs'
import * as first from './console/first.mjs'
import * as files from './console/files.mjs'
import * as frame from './console/frame.mjs'
import * as going from './console/going.mjs'
import * as hostile from './console/hostile-files.mjs'
import * as layers from './console/layers.mjs'
import * as look from './console/look.mjs'
import * as nodes from './console/nodes.mjs'
import * as operate from './console/operate.mjs'
import * as places from './console/places.mjs'
import * as preview from './console/preview.mjs'
import * as projects from './console/projects.mjs'
import * as statistics from './console/statistics.mjs'
import * as syncs from './console/syncs.mjs'
import * as system from './console/system.mjs'
import * as transfers from './console/transfers.mjs'
import * as upload from './console/upload.mjs'
import * as walk from './console/walk.mjs'
import * as webhooks from './console/webhooks.mjs'

const scenarios = {
  ...access, ...arrange, ...connections, ...device, ...upload, ...figures, ...files, ...first, ...frame, ...going, ...hostile, ...layers,
  ...look, ...nodes, ...operate, ...places, ...preview, ...projects, ...statistics, ...syncs, ...system, ...transfers, ...walk,
  ...webhooks
}

export async function run(name, play) {
  const scenario = scenarios[name]
  const browser = await Console.start(play, scenario.options)
  try {
    const result = await scenario(browser)
    return { result: result ?? null, complaints: browser.complaints, requests: browser.requests }
  } catch (error) {
    // The cause first: a summary of all tests shows only the beginning.
    const text = await browser.page.locator('body').innerText({ timeout: 2000 }).catch(() => '')
    const noted = [...browser.complaints, browser.requests.join(', ')].join('\n')
    throw Object.assign(error, { stack: `${error.stack}\nThe page says:\n${text}\n${noted}` })
  } finally {
    await browser.close().catch(() => {})
  }
}
