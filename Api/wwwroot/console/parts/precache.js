// Lets the service worker cache all screens, so that each opens while the service is unreachable, even for the first
// time.

import { h } from '../dom.js'
import { partsOf } from '../where.js'

// Caching starts this long after the first screen, so as not to delay it.
const SOON = 2_000

/** @param {import('../screens.js').Screen[]} own the screens that the user may open */
export function cacheScreens(own) {
  if (!navigator.serviceWorker) return
  /** @type {NodeListOf<HTMLLinkElement & HTMLScriptElement>} */
  const loaded = document.querySelectorAll('link[rel=stylesheet], script[src]')
  const page = [...loaded].map((part) => part.href ?? part.src)
  const parts = ['./', ...page, ...partsOf(own)]
  setTimeout(async () => {
    // Icons for installing the page. They cost two requests, and browsers report an error if these fail.
    if (!navigator.onLine) return
    document.head.append(h('link', { rel: 'manifest', href: 'manifest.webmanifest' }))
    try {
      await navigator.serviceWorker.register('sw.js')
      const { active } = await navigator.serviceWorker.ready
      active.postMessage({ type: 'keep', parts: parts.map((part) => new URL(part, document.baseURI).href) })
    } catch {
      // If there is no service worker, each screen is loaded when it is opened.
    }
  }, SOON)
}
