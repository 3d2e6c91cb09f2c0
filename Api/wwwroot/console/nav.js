// The navigation: the side bar with its groups, the tabs on a phone, and the tabs of an entry that has several
// screens.
import { button, h, icon, mark } from './dom.js'
import { addressOf } from './router.js'
import { TABS, groups, linesOf } from './screens.js'
import { t } from './texts/shell.js'

// The number of tabs on a phone before "More".
const ROOM = 3
const MORE = 'more'
const OPENED = 'operate'

export class Nav {
  #shell
  #now = null
  #counts = new Map()
  #folds = []
  #tabs
  tenant = h('div')
  /** The places below the entries of the navigation, which their screens fill. */
  below
  /** The tabs of the selected entry. */
  within = h('nav', { class: 'within', hidden: true, 'aria-label': t.nav.upload })

  /** @param {import('./shell.js').Shell} shell */
  constructor(shell) {
    this.#shell = shell
    this.below = new Map(shell.screens.map(({ id }) => [id, h('div', { class: 'tree' })]))
    this.#tabs = TABS.map((id) => shell.screens.find((one) => one.id === id)).filter(Boolean).slice(0, ROOM)
    this.side = this.#side()
    this.tabs = h('nav', { class: 'tabs', 'aria-label': t.nav.main },
      [...this.#tabs, shell.screens.find(({ id }) => id === MORE)].map(({ id, icon: glyph, word }) =>
        h('a', { href: addressOf(id), 'data-screen': id }, icon(glyph), word)))
  }

  /** Returns the screens of a group that have no tab of their own on a phone. @param {string} group */
  untabbed(group) { return linesOf(this.#shell.screens, group).filter((one) => !this.#tabs.includes(one)) }

  /** Creates an entry of the navigation. @param {import('./screens.js').Screen} screen */
  line({ id, icon: glyph, word }) {
    const link = h('a', { href: addressOf(id), 'data-screen': id, title: word }, icon(glyph),
      h('span', { class: 'word' }, word),
      this.#count(id))
    if (this.#now === id) link.setAttribute('aria-current', 'page')
    return link
  }

  /** @param {import('./screens.js').Screen} screen the open screen @param {import('./router.js').Route} route */
  mark(screen, { path }) {
    this.#now = screen.within
    const tabbed = this.#tabs.some(({ id }) => id === screen.within)
    for (const link of this.#shell.element.querySelectorAll('[data-screen]')) {
      const { screen: id } = link.dataset
      current(link, id === screen.within || (id === MORE && !tabbed && link.closest('.tabs')))
    }
    for (const { group, show } of this.#folds) show(screen.group === group || localStorage.getItem(OPENED) === 'open')
    const tabs = this.#shell.screens.filter(({ within, tab }) => within === screen.within && tab)
    // The page of one item has a link back instead.
    this.within.hidden = tabs.length < 2 || !screen.tab || (screen.within !== screen.id && path.length > 0)
    this.within.replaceChildren(...tabs.map(({ id, tab }) => current(h('a', { href: addressOf(id) }, tab),
      id === screen.id)))
  }

  /**
   * @param {string} screen
   * @param {number | string} count shown after the name; nothing is shown for 0
   * @param {boolean} [bad] whether it counts failures
   */
  count(screen, count, bad = false) {
    const id = this.#shell.screens.find((one) => one.id === screen)?.within ?? screen
    const text = count ? `${count}${bad ? ` ${t.nav.failed}` : ''}` : ''
    if ((this.#counts.get(id)?.text ?? '') === text) return
    this.#counts.set(id, { text, bad })
    for (const place of document.querySelectorAll(`[data-count="${id}"]`)) place.replaceWith(this.#count(id))
  }

  #count(id) {
    const { text, bad } = this.#counts.get(id) ?? { text: '', bad: false }
    return h('span', { class: bad && text ? 'count bad' : 'count', 'data-count': id }, bad && text && icon('fail'),
      text)
  }

  #side() {
    const { screens, may } = this.#shell
    const parts = groups.filter((group) => group.may(this.#shell.me)).flatMap((group) => {
      const lines = linesOf(screens, group.id)
      if (lines.length === 0) return []
      const nav = h('nav', { class: 'nav', 'aria-label': group.word || t.nav.main },
        lines.flatMap((screen) => [this.line(screen), this.below.get(screen.id)]))
      return [group.folds ? this.#fold(group, nav, lines) : group.word && h('div', { class: 'group' }, group.word),
        nav]
    })
    return h('aside', { class: 'side', 'aria-label': t.nav.side },
      h('a', { class: 'brand', href: addressOf(screens[0].id) }, mark(), h('span', { class: 'word' }, 'ChunkUpload')),
      this.tenant,
      may.make && button(h('span', { class: 'word' }, t.new),
        { glyph: 'plus', kind: 'new', title: t.new, 'aria-haspopup': 'menu',
        act: (event) => this.#shell.make(event.currentTarget) }),
      h('div', { class: 'groups' }, parts), this.#person())
  }

  /** Creates the head of a group that is collapsed at first; its count of failures stays visible. */
  #fold({ id, word }, nav, lines) {
    const glyph = h('span', { class: 'twist' })
    const head = h('button', { type: 'button', class: 'group fold', title: word, 'aria-expanded': 'false',
      on: { click: () => {
      show(nav.hidden)
      localStorage.setItem(OPENED, nav.hidden ? 'shut' : 'open')
    } } }, glyph, h('span', { class: 'word' }, word), lines.map((line) => this.#count(line.id)))
    const show = (open) => {
      nav.hidden = !open
      head.setAttribute('aria-expanded', String(open))
      glyph.replaceChildren(icon(open ? 'down' : 'right'))
    }
    this.#folds.push({ group: id, show })
    show(false)
    return head
  }

  #person() {
    const { name, role } = this.#shell.person
    return h('div', { class: 'me' }, h('button', { type: 'button', 'aria-haspopup': 'menu',
      on: { click: ({ currentTarget }) => this.#shell.own(currentTarget) } },
    h('span', { class: 'face', 'aria-hidden': 'true' }, initials(name)),
    h('span', { class: 'word cut' }, name, h('small', {}, role))))
  }
}

function current(link, is) {
  if (is) link.setAttribute('aria-current', 'page')
  else link.removeAttribute('aria-current')
  return link
}

/** Returns the initials of the first and the last word of a name. @param {string} name */
function initials(name) {
  const names = name.split(/\s+/).filter(Boolean)
  const letters = names.length > 1 ? [...names[0]][0] + [...names.at(-1)][0] : [...name].slice(0, 2).join('')
  return letters.toUpperCase()
}
