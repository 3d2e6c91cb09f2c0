// The screens. A new one is a folder with screen.js and one line here; it is loaded when it is opened.
import { t } from './texts/shell.js'

/**
 * @typedef {{id: string, icon: string, word: string, group: string, styles: string[], right: string,
 *   load: () => Promise<{open: (shell: import('./shell.js').Shell, route: import('./router.js').Route) => any}>}} Screen
 * `id` is the first part of its address, and its folder; `right` is what a person needs.
 */

/** @returns {Screen} */
const screen = (group, id, icon, styles = [], right = '') => ({
  id, icon, word: t.nav[id], group, right, styles: styles.map((name) => `css/${name}.css`), load: () => import(`./${id}/screen.js`)
})

/** @type {Screen[]} */
export const screens = [
  screen('work', 'upload', 'upload', [], 'upload'),
  screen('work', 'files', 'folder', ['files']),
  screen('operate', 'overview', 'tiles', ['operate', 'statistics'], 'operate'),
  screen('operate', 'uploads', 'list', ['operate', 'statistics'], 'upload'),
  screen('operate', 'jobs', 'jobs', ['operate'], 'operate'),
  screen('operate', 'history', 'bars', ['operate', 'statistics']),
  screen('operate', 'networks', 'net', ['operate', 'access', 'statistics'], 'operate'),
  screen('service', 'access', 'person', ['operate', 'access']),
  screen('service', 'webhooks', 'hook', ['operate', 'access', 'webhooks'], 'admin'),
  screen('service', 'system', 'pulse', ['operate', 'access'], 'operate')
]

// Not while the first screen loads.
const SOON = 2_000

/**
 * Lets the service worker keep everything of these screens, so that each opens while the service is away, also for the first time.
 * @param {Screen[]} own
 */
export function keepShell(own) {
  if (!navigator.serviceWorker) return
  const page = [...document.querySelectorAll('link[rel=stylesheet], script[src]')].map((part) => part.href ?? part.src)
  const parts = ['./', ...page, ...own.flatMap(({ id, styles }) => [`${id}/screen.js`, ...styles])]
  setTimeout(async () => {
    try {
      await navigator.serviceWorker.register('sw.js')
      const { active } = await navigator.serviceWorker.ready
      active.postMessage({ type: 'keep', parts: parts.map((part) => new URL(part, document.baseURI).href) })
    } catch {
      // Then screens are loaded when they are opened.
    }
  }, SOON)
}

export const groups = [{ id: 'work', word: '' }, { id: 'operate', word: t.nav.operate }, { id: 'service', word: t.nav.service }]

/** Pages of the service outside of the console. */
export const links = [
  { icon: 'terminal', word: t.nav.terminal, href: '../start.html', group: 'service' },
  { icon: 'code', word: t.nav.api, href: '../swagger', group: 'service' }
]
