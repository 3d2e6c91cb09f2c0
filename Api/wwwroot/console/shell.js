import { button, h, icon, mark, style } from './dom.js'
import { live } from './live.js'
import { Nav } from './nav.js'
import { addressOf, go, here, homeOf } from './router.js'
import { moved, screens } from './screens.js'
import { Notes } from './parts/notes.js'
import { t } from './texts/shell.js'

const SOON = 2_000

/** The frame around each screen: the navigation, the top bar, and notes that concern all screens. */
export class Shell {
  #screen = null
  #opening = 0
  #place = h('div', { class: 'place' })
  #find
  #live = h('span', { class: 'live', role: 'status' })
  news = h('span', { role: 'status' })
  #body = h('div', { class: 'stack' })
  #main
  #me

  /** The tenants between which the user can change. @type {string[]} */
  tenants = []

  /** @param {import('./app.js').Me} me @param {boolean} signedIn @param {() => string} signInAddress */
  constructor(me, signedIn, signInAddress) {
    this.#me = me
    this.signedIn = signedIn
    /**
     * Opens the menu of tenants beside an element; `null` if the user has one tenant.
     * @type {((anchor: HTMLElement) => void) | null}
     */
    this.switchTenant = null
    /** The screens that the user may open. */
    this.screens = screens.filter(({ may }) => may(me))
    this.signInAddress = signInAddress
    this.notes = new Notes('shell-notes notes')
    this.nav = new Nav(this)
    this.#find = this.#search()
    this.#main = h('main', { class: 'main', id: 'main', tabindex: '-1' }, this.notes.element, this.#body)
    this.element = h('div', { class: 'shell' },
      h('a', { class: 'skip', href: '#main',
        on: { click: (event) => { event.preventDefault(); this.#main.focus() } } }, t.skip),
      this.nav.side, this.#top(), this.nav.within, this.#main, this.nav.tabs)
  }

  /** The signed-in user with the rights in the current tenant. */
  get me() { return this.#me }

  /** What the menus of the frame may offer. */
  get may() {
    return { make: this.#me.scopes.includes('upload') || this.screens.some(({ id }) => id === 'transfers') }
  }

  /** The name and the role of the signed-in user as text. */
  get person() {
    const { displayName, name, isOperator, role } = this.#me
    return {
      name: displayName ?? name ?? (this.signedIn ? t.me.key : t.me.nobody),
      role: this.signedIn ? t.me.roles[isOperator ? 'operator' : role] ?? t.me.signedIn : t.me.open
    }
  }

  /** The places below the entries of the navigation, which their screens fill. */
  get below() { return this.nav.below }

  /**
   * The target of new files and folders: the open folder, or the root of the user's own space.
   * @returns {{space: string | null, path: string}}
   */
  get at() { return this.#screen?.at?.() ?? { space: homeOf(this.#me), path: '' } }

  /**
   * The key under which the browser stores unfinished uploads. It contains the tenant, because another tenant does
   * not know the upload and it would start again.
   */
  get owner() { return this.ownerIn(this.#me.tenant) }

  /** @param {string} tenant */
  ownerIn(tenant) { return `${this.#me.subject} ${tenant}` }

  start() {
    addEventListener('hashchange', () => this.#open())
    live.on('state', (now) => this.#showLive(now))
    document.addEventListener('keydown', (event) => this.#key(event))
    this.#showLive(live.now)
    this.#open()
    if (this.#me.isOperator || this.#me.memberships.length > 1) {
      import('./frame/tenants.js').then(({ tenantSwitch }) => tenantSwitch(this, this.nav.tenant))
    }
    import('./parts/counters.js').then(({ keepCounts }) => keepCounts(this))
    if (this.#me.scopes.includes('transfers')) {
      import('./parts/notices.js').then(({ keepNotices }) => keepNotices(this))
    }
    import('./parts/stale.js').then(({ followAway }) => followAway(this), () => {})
    import('./frame/signout.js').then(({ followSignOut }) => followSignOut(this))
    // Uploads continue on every screen. The engine is loaded after the first screen.
    if (this.#me.scopes.includes('upload')) {
      setTimeout(() => import('./upload/engine.js').then(({ engineOf }) => engineOf(this)).catch(() => {}), SOON)
    }
    import('./parts/precache.js').then(({ cacheScreens }) => cacheScreens(this.screens))
  }

  /**
   * Shows the title of a screen, or the path that leads to it.
   * @param {string} title
   * @param {{word: string, address: string}[]} [way]
   * @param {string} [back]
   */
  place(title, way = [], back = null) {
    document.title = `${title} · ChunkUpload`
    this.#place.replaceChildren(
      ...(back ? [h('a', { class: 'back button plain square', href: back, 'aria-label': t.back }, icon('back'))]
        : []),
      ...way.flatMap(({ word, address }) => [h('a', { href: address }, word), icon('right')]),
      h('h1', { title }, title))
  }

  /** Sets the search field of this screen. @param {((text: string) => void) | null} search @param {string} [text]
   * @param {string} [hint] */
  search(search, text = '', hint = t.find.hint) {
    const field = this.#find.querySelector('input')
    // The user continues typing while the address changes. The search text of another screen is removed.
    if (document.activeElement !== field || !search || !this.onSearch) field.value = text
    this.onSearch = search
    field.placeholder = hint
    field.setAttribute('aria-label', hint)
  }

  /** Shows that the session has ended. Bytes that were already stored are kept. */
  signedOut() {
    this.notes.show('signed-out', {
      kind: 'warn', glyph: 'lock', lead: t.signedOut.lead, text: t.signedOut.text,
      actions: [{ word: t.signedOut.act, act: () => location.assign(`${this.signInAddress()}&ended`) }]
    })
  }

  async #open() {
    const route = here()
    const found = this.screens.find(({ id }) => id === route.screen)
    if (!found) { go(moved(route, this.#me) ?? addressOf(this.screens[0].id), { replace: true }); return }
    leaveDialogs()
    this.nav.mark(found, route)
    // The open screen decides whether it can show another address without being opened again.
    const opening = ++this.#opening
    if (this.#screen?.id === found.id && this.#screen.go?.(route)) { this.notes.hide('screen'); return }
    let opened
    try {
      if (!this.#screen && found.id === 'files') {
        import('./files/address.js').then(({ foresee }) => foresee(this.#me, route), () => {})
      }
      const [module] = await Promise.all([found.load(), ...found.styles.map(style)])
      if (opening !== this.#opening) return
      this.#screen?.close?.()
      this.search(null)
      opened = module.open(this, route)
    } catch (error) {
      if (opening !== this.#opening) return
      this.#showFault(found, error)
      return
    }
    this.notes.hide('screen')
    this.#screen = { id: found.id, ...opened }
    this.#main.classList.toggle('flush', opened.flush === true)
    this.#body.className = opened.flush ? 'fill' : 'stack'
    this.#body.replaceChildren(opened.element)
    this.#main.scrollTop = 0
  }

  /** Shows the error in place of the screen, so that no other screen appears under this title. */
  #showFault(found, error) {
    this.#screen?.close?.()
    this.#screen = null
    this.search(null)
    this.place(found.word)
    this.#main.classList.remove('flush')
    this.#body.className = 'stack'
    this.#body.replaceChildren()
    this.notes.show('screen', { kind: 'bad', glyph: 'fail', lead: t.screenFault,
      text: error instanceof TypeError ? t.screenAway : error.message,
      actions: [{ word: t.again, act: () => (error instanceof TypeError ? this.#open() : location.reload()) }] })
  }

  #top() {
    return h('header', { class: 'top' }, mark(), this.#place, this.#find,
      button('', { glyph: 'search', kind: 'plain find-open', label: t.find.open, act: () => this.#openFind() }),
      this.news, this.#live,
      this.may.make && button('', { glyph: 'plus', kind: 'plain make-new', label: t.new, 'aria-haspopup': 'menu',
        act: (event) => this.make(event.currentTarget) }),
      button('', { glyph: 'theme', kind: 'plain turn-theme', label: t.theme, act: turnTheme }))
  }

  #search() {
    const input = h('input', {
      type: 'search', placeholder: t.find.hint, 'aria-label': t.find.hint, autocomplete: 'off', spellcheck: 'false',
      on: {
        input: () => this.onSearch?.(input.value.trim()),
        keydown: (event) => {
          const search = input.value.trim()
          if (event.key === 'Enter' && !this.onSearch && search) go(addressOf('files', [], { search, in: 'all' }))
          if (event.key === 'Escape') {
            input.value = ''
            this.onSearch?.('')
            this.#find.classList.remove('open')
            input.blur()
          }
        },
        blur: () => { if (!input.value) this.#find.classList.remove('open') }
      }
    })
    return h('label', { class: 'find' }, icon('search'), input, h('kbd', { 'aria-hidden': 'true' }, '/'))
  }

  #openFind() {
    this.#find.classList.add('open')
    this.#find.querySelector('input').focus()
  }

  /** Opens the menu of things that can be created. @param {HTMLElement} anchor */
  async make(anchor) { menu(anchor, (await import('./frame/make.js')).newItems(this)) }

  /** Opens the user's menu. @param {HTMLElement} anchor */
  async own(anchor) { menu(anchor, (await import('./frame/own.js')).ownItems(this)) }

  #showLive({ state, seenAt }) {
    this.#live.className = state === 'live' ? 'live' : 'live late'
    const word = state === 'live' ? t.live.live : state === 'late' ? t.live.late(seenAt) : t.live.offline
    this.#live.replaceChildren(state === 'live' ? h('span', { class: 'dot' })
      : icon(state === 'late' ? 'clock' : 'offline'), h('span', { class: 'word' }, word))
  }

  #key(event) {
    const typing = event.target.closest?.('input, textarea, select, dialog')
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '?') import('./parts/keys.js').then(({ showKeys }) => showKeys(here().screen))
    if (event.key !== '/') return
    event.preventDefault()
    this.#openFind()
  }

  async signOut() {
    try {
      if (await (await import('./frame/signout.js')).signOut(this)) location.replace(this.signInAddress())
    } catch (error) {
      this.notes.show('sign-out', { kind: 'bad', glyph: 'fail', lead: t.stillSignedIn, text: error.message,
        actions: [{ word: t.close, act: () => this.notes.hide('sign-out') }] })
    }
  }

  /**
   * @param {string} screen
   * @param {number | string} count shown after the name; nothing is shown for 0
   * @param {boolean} [bad] whether it counts failures
   */
  count(screen, count, bad = false) {
    this.nav.count(screen, count, bad)
  }
}

/** Closes the overlays of the previous screen, except for a dialog that must be answered. */
function leaveDialogs() {
  /** @type {NodeListOf<HTMLDialogElement>} */
  const dialogs = document.querySelectorAll('dialog[open]:not([closedby="none"])')
  for (const dialog of dialogs) dialog.close()
  /** @type {NodeListOf<HTMLElement>} */
  const menus = document.querySelectorAll('[popover]:popover-open')
  for (const menu of menus) menu.hidePopover()
}

const menu = async (anchor, items) => (await import('./parts/menu.js')).openMenu(anchor, items)

const turnTheme = async () => (await import('./frame/theme.js')).turnTheme()
