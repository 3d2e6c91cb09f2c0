// A context of the headless Chromium on the service's console: signs in, collects complaints, drops files, checks accessibility.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { newContext, newProfile } from '../chromium.mjs'
import { watchBoxes } from './boxes.mjs'
import { faultsOfButtons } from './fits.mjs'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export class Console {
  complaints = []
  requests = []
  /** Breaks of the network that a test makes itself are no complaint. */
  mayBreak = false
  #opened

  /**
   * With keeps, the console keeps all of its parts, which costs up to a second: for scenarios in which the service is away. With restarts,
   * the browser can end and start again.
   */
  static async start(play, {
    width = 1280, height = 800, colorScheme = 'light', hasTouch = false, keeps = false, restarts = false
  } = {}) {
    const made = new Console()
    const { base, key, files = '' } = play.settings
    Object.assign(made, { base, key, files, keeps, say: play.say })
    made.options = { viewport: { width, height }, hasTouch, colorScheme, reducedMotion: 'reduce' }
    play.opened(() => made.close())
    await made.#use(await (restarts ? newProfile : newContext)(made.options))
    return made
  }

  async #use(opened) {
    this.#opened = opened
    const { context, page } = opened
    this.context = context
    // Pickers with handles are dialogs of the system; the console's other way is an input, which a test can fill.
    await context.addInitScript(() => { delete window.showOpenFilePicker; delete window.showDirectoryPicker })
    if (!this.keeps) await context.addInitScript(keepNothing)
    await context.addInitScript(watchBoxes)
    this.page = this.watch(page)
  }

  /** Closes the browser and opens it again with the same profile. */
  async restart() { await this.#use(await this.#opened.restart()) }

  async close() { await this.#opened?.close() }

  watch(page) {
    page.on('pageerror', (error) => this.complaints.push(`pageerror: ${error.stack}`))
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return
      // After a break the engine asks what is kept of a chunk, or whether a small file arrived; where nothing is, the answer is 404.
      // 409: the request before still runs.
      const asked = /status of (404|409)/.test(message.text()) && /\/chunks\/\d+$|\?format=json$/.test(message.location().url)
      const broken = asked || /net::ERR_|status of (503|504)/.test(message.text())
      if (!(this.mayBreak && broken)) this.complaints.push(`console: ${message.text()} ${message.location().url}`)
    })
    page.on('request', (request) => {
      const url = new URL(request.url())
      // The browser's own viewer of PDF is an extension.
      const local = ['blob:', 'data:', 'chrome:', 'chrome-extension:'].includes(url.protocol) || url.origin === new URL(this.base).origin
      if (!local) this.complaints.push(`request to ${url.origin}`)
      if (/\/api\/(sessions|tree)/.test(url.pathname)) this.requests.push(`${request.method()} ${url.pathname}`)
    })
    return page
  }

  async signIn(hash = '') {
    await this.page.goto(`${this.base}signin?return=${encodeURIComponent(`/console/${hash}`)}`)
    await this.page.waitForSelector('form:not([hidden])')
    if (!await this.page.isVisible('#key')) await this.page.click('#use-key')
    await this.page.fill('#key', this.key)
    await this.page.keyboard.press('Enter')
    await this.page.waitForSelector(
      '.drop, .files, .uploads, .tools, .access, .system, .tiles, .cluster, .connections, .transfers, .phases')
  }

  /** Closes a dialog. The step back in the history that follows would end the navigation of a script which does not wait for it. */
  async closeDialog() {
    await this.page.keyboard.press('Escape')
    await this.page.waitForFunction(() => !history.state?.over)
  }

  go(hash) { return this.page.goto(`${this.base}console/${hash}`) }

  /** Drags files and folders over the page and drops them, by input events. */
  async drop(paths = this.files.split(':')) {
    const session = await this.context.newCDPSession(this.page)
    const at = { x: this.page.viewportSize().width / 2, y: 300, data: { items: [], files: paths, dragOperationsMask: 1 } }
    for (const type of ['dragEnter', 'dragOver', 'drop']) await session.send('Input.dispatchDragEvent', { type, ...at })
  }

  /** Chooses files through the page's button. */
  async choose(button, paths) {
    const [chooser] = await Promise.all([this.page.waitForEvent('filechooser'), this.page.click(button)])
    await chooser.setFiles(paths)
  }

  /** The row of a file on the Upload page. */
  row(name) { return this.page.locator('.row', { has: this.page.locator(`.name[title="${name}"]`) }) }

  /** Waits until so many uploads are done. */
  done(count = 1) { return this.page.waitForFunction((count) => document.querySelectorAll('.row.done').length === count, count) }

  /** Notes what is too wide for the window, and what a blind person would meet. */
  async check(what) {
    const { page } = this
    const wide = await page.evaluate(() => [...document.querySelectorAll('body *')].filter((element) => {
      const box = element.getBoundingClientRect()
      return box.width > 0 && box.right > innerWidth + 1 && !element.closest('.only-heard, .skip, .ground, .command, pre')
        && getComputedStyle(element).position !== 'fixed'
    }).map((element) => `${element.tagName}.${element.className?.baseVal ?? element.className}`).slice(0, 3))
    const scrolls = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    if (wide.length > 0 || scrolls) this.complaints.push(`${what}: too wide: ${wide.join(', ')}`)
    this.complaints.push(...(await page.evaluate(faultsOfButtons)).map((fault) => `${what}: ${fault}`))
    // A policy of the page refuses scripts that a test adds; this one runs in a world of its own.
    if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axeSource())
    // What does not depend on the colours is looked at in the light scheme.
    const only = this.options.colorScheme === 'dark' ? { runOnly: ['color-contrast'] }
      : { rules: { 'label-content-name-mismatch': { enabled: true } } }
    const { violations } = await page.evaluate((only) => globalThis.axe.run({ resultTypes: ['violations'], ...only }), only)
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue
      this.complaints.push(`${what}: ${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`)
    }
  }
}

/** In the page: the service worker is not asked to keep the shell; it holds files as ever. */
function keepNothing() {
  // Only a secure origin has service workers.
  if (!globalThis.ServiceWorker) return
  const post = ServiceWorker.prototype.postMessage
  ServiceWorker.prototype.postMessage = function (message, ...rest) { if (message.type !== 'keep') post.call(this, message, ...rest) }
}

let axe = ''
function axeSource() {
  axe ||= readFileSync(axePath, 'utf8')
  return axe
}
