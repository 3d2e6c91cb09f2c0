// How long the console's first screen takes to its first paint and to its content, each time in a fresh browser: RUNS (7).
import { address, print, withPage } from './browser.mjs'

const runs = Number(process.env.RUNS ?? 7)

function measure() {
  return withPage(async (page) => {
    // The browser has rendered something before, so that its own start is not counted.
    await page.goto('about:blank')
    await page.goto(`${address}console/#/upload`)
    await page.waitForSelector('.drop')
    return page.evaluate(async () => {
      const dropped = performance.now()
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
      const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? dropped
      const asked = performance.getEntriesByType('resource').filter(({ transferSize }) => transferSize > 0)
      return { paint, requests: asked.length + 1, sent: asked.reduce((sum, { transferSize }) => sum + transferSize, 0) }
    })
  })
}

const found = []
for (let run = 0; run <= runs; run++) found.push(await measure())
// The first one warms the service up.
found.shift()
print('first contentful paint', found.map(({ paint }) => paint), 'ms')
print('requests', found.map(({ requests }) => requests), 'with the document')
print('what the browser fetched', found.map(({ sent }) => sent / 1024), 'KiB')
