// The screens, loaded when they are opened.
import { t } from './texts/shell.js'

/**
 * @typedef {{id: string, icon: string, word: string, group: string, styles: string[], right: string,
 *   load: () => Promise<{open: (shell: import('./shell.js').Shell, route: import('./router.js').Route) => any}>}} Screen
 * `id` begins its address and names its folder; `right` is what a person needs.
 */

/** @returns {Screen} */
const screen = (group, id, icon, styles = [], right = '') => ({
  id, icon, word: t.nav[id], group, right, styles: styles.map((name) => `css/${name}.css`), load: () => import(`./${id}/screen.js`)
})

/** @type {Screen[]} */
export const screens = [
  screen('work', 'upload', 'upload', [], 'upload'),
  screen('work', 'files', 'folder', ['files']),
  screen('work', 'transfers', 'transfer', ['operate', 'transfers', 'transfer'], 'transfers'),
  screen('operate', 'overview', 'tiles', ['operate', 'statistics'], 'operate'),
  screen('operate', 'uploads', 'list', ['operate', 'statistics'], 'upload'),
  screen('operate', 'jobs', 'jobs', ['operate'], 'operate'),
  screen('operate', 'history', 'bars', ['operate', 'statistics']),
  screen('operate', 'networks', 'net', ['operate', 'access', 'statistics'], 'operate'),
  screen('service', 'connections', 'plug', ['operate', 'access', 'transfers'], 'transfers'),
  screen('service', 'access', 'person', ['operate', 'access']),
  screen('service', 'webhooks', 'hook', ['operate', 'access', 'webhooks'], 'admin'),
  screen('service', 'system', 'pulse', ['operate', 'access'], 'operate')
]

export const groups = [{ id: 'work', word: '' }, { id: 'operate', word: t.nav.operate }, { id: 'service', word: t.nav.service }]

/** Pages outside of the console. */
export const links = [
  { icon: 'terminal', word: t.nav.terminal, href: '../start.html', group: 'service' },
  { icon: 'code', word: t.nav.api, href: '../swagger', group: 'service' }
]
