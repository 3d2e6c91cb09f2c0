// The screens. A new one is a module with an `open` function and one line here; it is loaded when it is opened.
import { t } from './texts.js'

/**
 * @typedef {object} Screen
 * @property {string} id the first part of its address
 * @property {string} icon
 * @property {string} word
 * @property {string} group an id of `groups`
 * @property {string[]} [styles] style sheets of its own
 * @property {boolean} [operator] only operators may use it
 * @property {() => Promise<{open: (shell: import('./shell.js').Shell, route: import('./router.js').Route) => any}>} load
 */

/** @type {Screen[]} */
export const screens = [
  { id: 'upload', icon: 'upload', word: t.nav.upload, group: 'work', load: () => import('./upload/screen.js') },
  {
    id: 'files', icon: 'folder', word: t.nav.files, group: 'work', styles: ['css/files.css'], load: () => import('./files/screen.js')
  },
  {
    id: 'overview', icon: 'tiles', word: t.nav.overview, group: 'operate', styles: ['css/operate.css', 'css/statistics.css'],
    operator: true, load: () => import('./overview/screen.js')
  },
  {
    id: 'uploads', icon: 'list', word: t.nav.uploads, group: 'operate', styles: ['css/operate.css'],
    load: () => import('./uploads/screen.js')
  },
  {
    id: 'jobs', icon: 'jobs', word: t.nav.jobs, group: 'operate', styles: ['css/operate.css'], operator: true,
    load: () => import('./jobs/screen.js')
  },
  {
    id: 'history', icon: 'bars', word: t.nav.history, group: 'operate', styles: ['css/operate.css', 'css/statistics.css'],
    load: () => import('./history/screen.js')
  },
  {
    id: 'access', icon: 'person', word: t.nav.access, group: 'service', styles: ['css/operate.css', 'css/access.css'],
    load: () => import('./access/screen.js')
  },
  {
    id: 'system', icon: 'pulse', word: t.nav.system, group: 'service', styles: ['css/operate.css', 'css/access.css'], operator: true,
    load: () => import('./system/screen.js')
  }
]

export const groups = [{ id: 'work', word: '' }, { id: 'operate', word: t.nav.operate }, { id: 'service', word: t.nav.service }]

/** Pages of the service outside of the console. */
export const links = [
  { icon: 'terminal', word: t.nav.terminal, href: '../start.html', group: 'service' },
  { icon: 'code', word: t.nav.api, href: '../swagger', group: 'service' }
]
