// The screens and their places in the navigation. A new screen needs a folder with screen.js and a line here.
import { addressOf } from './router.js'
import { t } from './texts/shell.js'
import { screenIn } from './where.js'

/**
 * @typedef {import('./router.js').Route} Route
 * @typedef {{id: string, icon: import('./dom.js').IconName, word: string, group: string, styles: string[],
 *   may: (me: any) => boolean, within: string, tab: string | undefined, folder: string,
 *   load: () => Promise<{open: (shell: import('./shell.js').Shell, route: Route) => any}>}} Screen
 * `id` is the first part of its address; `within` is the screen whose line of the navigation is also its own; `tab`
 * is its word there.
 */

/**
 * @param {string | ((me: any) => boolean)} right a required scope, or a function that decides; '' if everyone may use
 *   the screen
 */
const mayOf = (right) => (typeof right === 'function' ? right
  : (me) => !right || (right === 'operate' ? me.isOperator : me.scopes.includes(right)))

/**
 * @param {string} group @param {string} id @param {import('./dom.js').IconName} icon @param {string[]} [styles]
 * @param {string | ((me: any) => boolean)} [right] @param {{within?: string, tab?: string, folder?: string}} [other]
 * @returns {Screen}
 */
const screen = (group, id, icon, styles = [], right = '', { within = id, tab = undefined, folder = id } = {}) => {
  return {
    id, icon, word: t.nav[id], group, within, tab, folder, may: mayOf(right),
    styles: styles.map((name) => `css/${name}.css`),
    load: () => screenIn(folder)
  }
}

// Dialogs and fields have one style sheet.
const FIGURES = ['dialogs', 'operate', 'statistics']
const LISTS = ['dialogs', 'operate', 'access']
const access = { folder: 'access' }
const linker = ({ scopes }) => scopes.includes('upload') || scopes.includes('read')
const signedIn = ({ credential }) => credential === 'session'

/** @type {Screen[]} */
export const screens = [
  screen('work', 'upload', 'upload', [], 'upload', { tab: t.tabs.here }),
  screen('work', 'uploads', 'list', FIGURES, 'upload', { within: 'upload', tab: t.tabs.all }),
  screen('work', 'history', 'bars', FIGURES, 'upload', { within: 'upload', tab: t.tabs.history }),
  screen('work', 'files', 'folder', ['dialogs', 'files']),
  screen('work', 'spaces', 'folder', LISTS, 'list', { within: 'files', ...access }),
  screen('work', 'transfers', 'transfer', [...LISTS, 'transfers', 'transfer'], 'transfers'),
  screen('work', 'syncs', 'swap', [...LISTS, 'transfers', 'transfer', 'versions', 'syncs'], 'transfers'),
  screen('work', 'projects', 'case', [...LISTS, 'transfers', 'projects'], 'projects'),
  screen('work', 'links', 'link', LISTS, linker, access),
  screen('accounts', 'connections', 'plug', [...LISTS, 'transfers'], 'transfers'),
  screen('accounts', 'devices', 'laptop', LISTS, (me) => Boolean(me.id) && me.scopes.includes('projects'), access),
  screen('manage', 'people', 'person', LISTS, 'admin', access),
  screen('manage', 'keys', 'lock', LISTS, '', access),
  screen('me', 'device', 'lock', LISTS, signedIn, { within: 'keys', ...access }),
  screen('manage', 'limits', 'gauge', LISTS, '', access),
  screen('manage', 'webhooks', 'hook', [...LISTS, 'webhooks'], 'admin'),
  screen('manage', 'audit', 'list', LISTS, 'admin', access),
  screen('operate', 'overview', 'tiles', FIGURES, 'operate'),
  screen('operate', 'jobs', 'jobs', ['dialogs', 'operate'], 'operate'),
  screen('operate', 'networks', 'net', [...LISTS, 'statistics'], 'operate'),
  screen('operate', 'nodes', 'nodes', [...FIGURES, 'transfers', 'nodes'], 'operate'),
  screen('operate', 'tenants', 'tenant', LISTS, 'operate', access),
  screen('operate', 'system', 'pulse', LISTS, 'operate'),
  screen('me', 'account', 'person', LISTS, (me) => Boolean(me.id) && signedIn(me), access),
  screen('me', 'sessions', 'clock', LISTS, signedIn, access),
  screen('more', 'more', 'more', ['more'])
]

/**
 * The groups of the navigation. Screens of other groups are opened from elsewhere. A group may contain screens for
 * everyone, such as the user's own keys.
 */
export const groups = [
  { id: 'work', word: '', may: mayOf('') },
  { id: 'accounts', word: t.nav.accounts, may: mayOf('') },
  { id: 'manage', word: t.nav.manage, may: mayOf('admin') },
  { id: 'operate', word: t.nav.operate, may: mayOf('operate'), folds: true }
]

/** The screens that get a tab of their own on a phone, in order of priority. */
export const TABS = ['upload', 'files', 'transfers', 'projects', 'links']

/** Returns the entries of a group. @param {Screen[]} own @param {string} group */
export const linesOf = (own, group) => own.filter((one) => one.group === group && one.within === one.id)

/**
 * Returns the current address of a screen that was moved, or null.
 * @param {Route} route
 * @param {any} me
 * @returns {string | null}
 */
export function moved({ screen: id, path: [tab, ...path], query }, me) {
  if (id !== 'access') return null
  const usual = me.scopes.includes('admin') ? 'people' : me.id ? 'account' : 'keys'
  return addressOf(tab ?? usual, path, Object.fromEntries(query))
}
