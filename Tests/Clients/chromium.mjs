// The Chromium that all scenarios share, and one of its own with a profile where a scenario starts it again.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

// Ends a hanging step with a message; a browser is slow on a busy machine.
const timeout = 100_000
// A browser with windows grants it to the page that a person uses.
const permissions = ['clipboard-write']
const executablePath = process.env.STAGE_BROWSER
// The sandbox does not work for root; the pages are the service's own. A name that is not this machine's is no secure origin.
const args = ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP lan.example 127.0.0.1']

let shared = null

/** The shared browser; a new one after the last has ended in any way. */
function browser() {
  shared ??= chromium.launch({ executablePath, timeout, args }).then((launched) => {
    launched.on('disconnected', () => { shared = null })
    return launched
  }).catch((error) => {
    shared = null
    throw error
  })
  return shared
}

/** A context that knows nothing of the others, with one page. @param {object} options as of Playwright */
export async function newContext(options = {}) {
  const context = await (await browser()).newContext({ permissions, ...options })
  context.setDefaultTimeout(timeout)
  return { context, page: await context.newPage(), close: () => context.close() }
}

/** A browser of its own, which may end and start again with what it has stored. */
export async function newProfile(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'chunkupload-browser-'))
  let context
  const open = async () => {
    context = await chromium.launchPersistentContext(profile, { executablePath, timeout, args, permissions, ...options })
    context.setDefaultTimeout(timeout)
    return { context, page: context.pages()[0], restart, close }
  }
  const restart = async () => {
    await context.close()
    return open()
  }
  const close = async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
  return open()
}

export async function closeAll() {
  await (await shared?.catch(() => null))?.close().catch(() => {})
}
