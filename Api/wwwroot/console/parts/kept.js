// Lets the service worker keep everything of the screens, so that each opens while the service is away, also for the
// first time.

import { h } from '../dom.js'
import { partsOf } from '../where.js'

// Not while the first screen loads.
const SOON = 2_000

/** @param {import('../screens.js').Screen[]} own those that the person may open */
export function keepShell(own) {
  if (!navigator.serviceWorker) return
  /** @type {NodeListOf<HTMLLinkElement & HTMLScriptElement>} */
  const loaded = document.querySelectorAll('link[rel=stylesheet], script[src]')
  const page = [...loaded].map((part) => part.href ?? part.src)
  const parts = ['./', ...page, ...partsOf(own)]
  setTimeout(async () => {
    // For who installs the page; it costs two requests, and the browser complains where they fail.
    if (!navigator.onLine) return
    document.head.append(h('link', { rel: 'manifest', href: 'manifest.webmanifest' }))
    try {
      await navigator.serviceWorker.register('sw.js')
      const { active } = await navigator.serviceWorker.ready
      active.postMessage({ type: 'keep', parts: parts.map((part) => new URL(part, document.baseURI).href) })
    } catch {
      // Then screens are loaded when they are opened.
    }
  }, SOON)
}
