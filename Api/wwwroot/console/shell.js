import { button, h, icon, mark, say, style } from './dom.js'
import { live } from './live.js'
import { addressOf, go, here } from './router.js'
import { groups, links, screens } from './screens.js'
import { Notes } from './parts/notes.js'
import { t } from './texts/shell.js'

// How many screens have a tab of their own on a phone.
const TABS = 4
const MORE = 'more'

/** The frame around every screen: navigation, top bar, notes that concern all screens. */
export class Shell {
  #screen = null
  #opening = 0
  #place = h('div', { class: 'place' })
  #find
  #live = h('span', { class: 'live', role: 'status' })
  #body = h('div', { class: 'stack' })
  #main
  #me
  #tenant = h('div')
  #signedIn
  #screens

  /** The tenants between which the user can change. @type {string[]} */
  tenants = []

  /** @param {import('./app.js').Me} me @param {boolean} signedIn @param {() => string} signInAddress */
  constructor(me, signedIn, signInAddress) {
    this.#me = me
    this.#signedIn = signedIn
    this.#screens = screens.filter(({ right }) => !right || (right === 'operate' ? me.isOperator : me.scopes.includes(right)))
    this.signInAddress = signInAddress
    this.notes = new Notes('shell-notes notes')
    /** Screens put what belongs below their line of the navigation here. */
    this.below = new Map(screens.map(({ id }) => [id, h('div', { class: 'tree' })]))
    this.counts = new Map(screens.map(({ id }) => [id, h('span', { class: 'count' })]))
    this.#find = this.#search()
    this.#main = h('main', { class: 'main', id: 'main', tabindex: '-1' }, this.notes.element, this.#body)
    this.element = h('div', { class: 'shell' },
      h('a', { class: 'skip', href: '#main', on: { click: (event) => { event.preventDefault(); this.#main.focus() } } }, t.skip),
      this.#side(), this.#top(), this.#main, this.#tabs())
  }

  /** The signed-in user, with the rights in this tenant. */
  get me() { return this.#me }

  /** The owner of the uploads that the browser keeps: an upload of another tenant is unknown here and must not begin anew. */
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
      import('./parts/tenants.js').then(({ tenantSwitch }) => tenantSwitch(this, this.#tenant))
    }
    import('./parts/counters.js').then(({ keepCounts }) => keepCounts(this))
    import('./parts/stale.js').then(({ followAway }) => followAway(this), () => {})
    import('./parts/signout.js').then(({ followSignOut }) => followSignOut(this))
    import('./parts/kept.js').then(({ keepShell }) => keepShell(this.#screens))
  }

  /** A screen's name, or the way to it. @param {string} title @param {{word: string, address: string}[]} [way] @param {string} [back] */
  place(title, way = [], back = null) {
    document.title = `${title} · ChunkUpload`
    this.#place.replaceChildren(
      ...(back ? [h('a', { class: 'back button plain square', href: back, 'aria-label': t.back }, icon('back'))] : []),
      ...way.flatMap(({ word, address }) => [h('a', { href: address }, word), icon('right')]),
      h('h1', { title }, title))
  }

  /** Sets the search field of this screen. @param {((text: string) => void) | null} search @param {string} [text]
   * @param {string} [hint] */
  search(search, text = '', hint = t.find.hint) {
    const field = this.#find.querySelector('input')
    // A person types on while the address follows. What was sought on another screen does not stay.
    if (document.activeElement !== field || !search || !this.onSearch) field.value = text
    this.onSearch = search
    field.placeholder = hint
    field.setAttribute('aria-label', hint)
  }

  /** Tells the user that the session has ended; bytes that are safe stay safe. */
  signedOut() {
    this.notes.show('signed-out', {
      kind: 'warn', glyph: 'lock', lead: t.signedOut.lead, text: t.signedOut.text,
      actions: [{ word: t.signedOut.act, act: () => location.assign(`${this.signInAddress()}&ended`) }]
    })
  }

  async #open() {
    const route = here()
    const found = this.#screens.find(({ id }) => id === route.screen)
    if (!found) { go(addressOf(this.#screens[0].id), { replace: true }); return }
    leaveDialogs()
    this.#mark(found.id)
    // The screen that is open decides whether another address is still its own.
    const opening = ++this.#opening
    if (this.#screen?.id === found.id && this.#screen.go?.(route)) { this.notes.hide('screen'); return }
    let opened
    try {
      const module = await found.load()
      await Promise.all((found.styles ?? []).map(style))
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

  /** No other screen stands under the name of this one. */
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

  #mark(id) {
    const tabs = this.#screens.slice(0, TABS)
    for (const link of this.element.querySelectorAll('[data-screen]')) {
      const current = link.dataset.screen === id || (link.dataset.screen === MORE && !tabs.some((tab) => tab.id === id))
      if (current) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
  }

  #side() {
    const parts = groups.map(({ id, word }) => {
      const own = this.#screens.filter(({ group }) => group === id)
      const outside = links.filter(({ group }) => group === id)
      if (own.length + outside.length === 0) return null
      return [word && h('div', { class: 'group' }, word), h('nav', { class: 'nav', 'aria-label': word || t.nav.main },
        own.flatMap((screen) => [
          h('a', { href: addressOf(screen.id), 'data-screen': screen.id, title: screen.word },
            icon(screen.icon), h('span', { class: 'word' }, screen.word), this.counts.get(screen.id)),
          this.below.get(screen.id)
        ]),
        outside.map((link) => h('a', { href: link.href, title: link.word },
          icon(link.icon), h('span', { class: 'word' }, link.word), icon('out', 'out'))))]
    })
    return h('aside', { class: 'side', 'aria-label': t.nav.side },
      h('a', { class: 'brand', href: addressOf(this.#screens[0].id) }, mark(), h('span', { class: 'word' }, 'ChunkUpload')),
      this.#tenant, parts.flat(), this.#person())
  }

  #person() {
    const { displayName, name: short, isOperator, role: tenantRole } = this.#me
    const name = displayName ?? short ?? (this.#signedIn ? t.me.key : t.me.nobody)
    const role = this.#signedIn ? t.me.roles[isOperator ? 'operator' : tenantRole] ?? t.me.signedIn : t.me.open
    const face = h('span', { class: 'face', 'aria-hidden': 'true' }, initials(name))
    const words = h('span', { class: 'word cut' }, name, h('small', {}, role))
    if (!this.#signedIn) return h('div', { class: 'me' }, h('button', { type: 'button', disabled: true }, face, words))
    const open = ({ currentTarget }) => menu(currentTarget, this.#own())
    return h('div', { class: 'me' }, h('button', { type: 'button', 'aria-haspopup': 'menu', on: { click: open } }, face, words))
  }

  #top() {
    return h('header', { class: 'top' }, mark(), this.#place, this.#find,
      button('', { glyph: 'search', kind: 'plain find-open', label: t.find.open, act: () => this.#openFind() }), this.#live,
      button('', { glyph: 'theme', kind: 'plain turn-theme', label: t.theme, act: turnTheme }))
  }

  #search() {
    const input = h('input', {
      type: 'search', placeholder: t.find.hint, 'aria-label': t.find.hint, autocomplete: 'off', spellcheck: 'false',
      on: {
        input: () => this.onSearch?.(input.value.trim()),
        keydown: (event) => {
          if (event.key === 'Enter' && !this.onSearch && input.value.trim()) go(addressOf('files', [], { search: input.value.trim() }))
          if (event.key === 'Escape') { input.value = ''; this.onSearch?.(''); this.#find.classList.remove('open'); input.blur() }
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

  #tabs() {
    const more = ({ currentTarget }) => menu(currentTarget, [
      ...this.#screens.slice(TABS).map(({ id, icon: glyph, word }) => ({ word, glyph, act: () => go(addressOf(id)) })),
      ...links.map((link) => ({ word: link.word, glyph: link.icon, act: () => location.assign(link.href) })),
      this.switchTenant && { word: t.me.tenant, glyph: 'tenant', act: () => this.switchTenant(currentTarget) },
      { word: t.theme, glyph: 'theme', act: turnTheme },
      ...this.#own()
    ].filter(Boolean))
    return h('nav', { class: 'tabs', 'aria-label': t.nav.main },
      this.#screens.slice(0, TABS).map((screen) =>
        h('a', { href: addressOf(screen.id), 'data-screen': screen.id }, icon(screen.icon), screen.word)),
      h('button', { type: 'button', 'aria-haspopup': 'menu', 'data-screen': MORE, on: { click: more } }, icon('more'), t.nav.more))
  }

  /** The actions on the user's own account. */
  #own() {
    return this.#signedIn ? [
      { word: t.me.account, glyph: 'person', act: () => go(addressOf('access', [this.#me.id ? 'account' : 'sessions'])) },
      { word: t.me.signOut, glyph: 'lock', act: () => this.#signOut() }
    ] : []
  }

  #showLive({ state, seenAt }) {
    this.#live.className = state === 'live' ? 'live' : 'live late'
    const word = state === 'live' ? t.live.live : state === 'late' ? t.live.late(seenAt) : t.live.offline
    this.#live.replaceChildren(state === 'live' ? h('span', { class: 'dot' }) : icon(state === 'late' ? 'clock' : 'offline'), word)
  }

  #key(event) {
    const typing = event.target.closest?.('input, textarea, select, dialog')
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key !== '/') return
    event.preventDefault()
    this.#openFind()
  }

  async #signOut() {
    try {
      await (await import('./parts/signout.js')).signOut(this)
      location.replace(this.signInAddress())
    } catch (error) {
      this.notes.show('sign-out', { kind: 'bad', glyph: 'fail', lead: t.stillSignedIn, text: error.message,
        actions: [{ word: t.close, act: () => this.notes.hide('sign-out') }] })
    }
  }

  /** @param {string} screen @param {number | string} count shown behind its name; 0 shows nothing @param {boolean} [bad] failures */
  count(screen, count, bad = false) {
    const place = this.counts.get(screen)
    const text = count ? `${count}${bad ? ` ${t.nav.failed}` : ''}` : ''
    if (place.textContent === text) return
    place.classList.toggle('bad', bad)
    place.replaceChildren(bad && text ? icon('fail') : '', text)
  }
}

/** Closes what belongs to the place before; a dialog that must be answered stays. */
function leaveDialogs() {
  for (const dialog of document.querySelectorAll('dialog[open]:not([closedby="none"])')) dialog.close()
  for (const menu of document.querySelectorAll('[popover]:popover-open')) menu.hidePopover()
}

/** Of the first and the last of several names. @param {string} name */
function initials(name) {
  const names = name.split(/\s+/).filter(Boolean)
  const letters = names.length > 1 ? [...names[0]][0] + [...names.at(-1)][0] : [...name].slice(0, 2).join('')
  return letters.toUpperCase()
}

const menu = async (anchor, items) => (await import('./parts/menu.js')).openMenu(anchor, items)

/** Light, dark, or what the system says. */
function turnTheme() {
  const dark = getComputedStyle(document.documentElement).colorScheme === 'dark'
    || (!document.documentElement.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches)
  const next = dark ? 'light' : 'dark'
  document.documentElement.dataset.theme = next
  localStorage.setItem('theme', next)
  dispatchEvent(new Event('themechange'))
}
