// Uppy on the service's own page /examples/uppy.html: base, key and files (paths separated by colons) are its settings.
import { newContext } from './chromium.mjs'

// Golden Retriever saves in the background, as long as it takes on a busy machine.
const PATIENCE = 100_000

const isRetrieved = () => new Promise((resolve, reject) => {
  const open = indexedDB.open('uppy-blobs')
  open.onerror = () => reject(open.error)
  open.onsuccess = () => {
    const database = open.result
    const answer = (there) => { database.close(); resolve(there) }
    if (!['files', 'metadata'].every((store) => database.objectStoreNames.contains(store))) return answer(false)
    const look = database.transaction(['files', 'metadata'])
    const blobs = look.objectStore('files').count()
    const known = look.objectStore('metadata').get('chunkupload')
    look.onerror = () => reject(look.error)
    look.oncomplete = () => answer(blobs.result > 0 && Object.keys(JSON.parse(known.result?.metadata ?? '{}').files ?? {}).length > 0)
  }
})

export async function run(name, play) {
  const { base, key, files } = play.settings
  const { context, page, close } = await newContext()
  play.opened(close)
  const requests = []
  const complaints = []
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname
    if (path.startsWith('/files')) requests.push(`${response.request().method()} ${response.status()}`)
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|is not a function|Uncaught/.test(message.text())) complaints.push(message.text())
  })

  // Until the page's script has set it, window.uppy is the element of that id.
  const ready = (files = 0) => page.waitForFunction((files) => window.uppy?.getFiles?.().length >= files, files)

  async function open(query = '') {
    await page.goto(`${base}examples/uppy.html${query}`)
    await page.fill('#key', key)
    await ready()
  }

  // Drags these files over the page and drops them, by input events.
  async function drop() {
    const area = await page.locator('.uppy-Dashboard-AddFiles').boundingBox()
    const session = await context.newCDPSession(page)
    const data = { items: [], files: files.split(':'), dragOperationsMask: 1 }
    const at = { x: area.x + area.width / 2, y: area.y + area.height / 2, data }
    for (const type of ['dragEnter', 'dragOver', 'drop']) await session.send('Input.dispatchDragEvent', { type, ...at })
    await page.waitForFunction((count) => window.uppy.getFiles().length === count, files.split(':').length)
  }

  // Golden Retriever saves the files and their content in the background. waitForFunction must not get a promise, as it counts as true.
  async function retrieved() {
    for (const end = Date.now() + PATIENCE; !await page.evaluate(isRetrieved); await page.waitForTimeout(50)) {
      if (Date.now() > end) throw new Error('the golden retriever has nothing')
    }
  }

  const upload = () => page.click('.uppy-StatusBar-actionBtn--upload')

  async function arrived() {
    const count = files.split(':').length
    await page.waitForFunction((count) => document.querySelectorAll('#arrived tr[data-url]').length === count, count)
    return page.$$eval('#arrived tr[data-url]', (rows) =>
      rows.map((row) => ({ url: row.dataset.url, name: row.cells[0].textContent, sha256: row.cells[2].textContent })))
  }

  const scenarios = {
    drop: async () => {
      await open()
      await drop()
      await upload()
    },

    chunks: async () => {
      await open('?chunk=300000')
      await drop()
      await upload()
    },

    key: async () => {
      const fault = () => page.waitForFunction(() => document.getElementById('key-fault').textContent).then((text) => text.jsonValue())
      await page.goto(`${base}examples/uppy.html`)
      await page.waitForFunction(() => window.uppy)
      await drop()
      // The service's answer to a page without a key may come after the first click.
      for (let text = ''; text === ''; await page.waitForTimeout(50)) {
        await upload()
        text = await page.textContent('#key-fault')
      }
      await play.say(await page.textContent('#key-fault'))
      await page.fill('#key', `${key}wrong`)
      await play.say(await fault())
      await page.fill('#key', key)
      await upload()
    },

    away: async () => {
      await open()
      await drop()
      // The page's own requests fail as without a listener.
      await page.route(/\/(files|health)(\/|$)/, (route) => route.abort('connectionrefused'))
      await upload()
      await page.waitForSelector('#away:not([hidden])')
      await play.say(await page.textContent('#away h2'))
      await page.unroute(/\/(files|health)(\/|$)/)
      await page.waitForSelector('#away', { state: 'hidden' })
    },

    pause: async () => {
      await open()
      await drop()
      await upload()
      await play.say('uploading')
      await page.click('.uppy-StatusBar-actionCircleBtn[aria-label="Pause"]')
      await play.say('paused')
      await page.click('.uppy-StatusBar-actionCircleBtn[aria-label="Resume"]')
    },

    reload: async () => {
      await open()
      await drop()
      await retrieved()
      await upload()
      await play.say('uploading')
      await page.reload()
      await ready(1)
      await play.say('reloaded')
      await upload()
    },

    offline: async () => {
      await open()
      await drop()
      await upload()
      await play.say('uploading')
      await context.setOffline(true)
      await page.waitForFunction(() => !navigator.onLine)
      await play.say('offline')
      await context.setOffline(false)
    },

    cut: async () => {
      await open()
      await drop()
      await upload()
    },
  }

  try {
    await scenarios[name]()
    return { files: await arrived(), requests, complaints }
  } catch (error) {
    throw Object.assign(error, { stack: `${error.stack}\n${[...requests, ...complaints].join(', ')}` })
  } finally {
    await close().catch(() => {})
  }
}
