// The spaces and their folders below "Files" in the navigation. A folder is loaded when it is opened.
import { button, h, icon } from '../dom.js'
import { visible } from '../format.js'
import { nameOfSubject } from '../parts/people.js'
import { othersOf, spacesOf } from '../parts/spaces.js'
import { addressOf } from '../router.js'
import { t } from '../texts/files.js'
import { list } from './tree.js'

const MOST = 200
const SOON = 500

export class FolderNav {
  #place
  #open = new Set([''])
  #now = { space: null, path: '', trash: false }
  #othersOpen = false
  #timer = 0
  #drawn = 0

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    this.#place = shell.below.get('files')
  }

  /** @param {string | null} space @param {string} path @param {boolean} trash */
  show(space, path, trash) {
    if (space !== this.#now.space) this.#open = new Set([''])
    this.#now = { space, path, trash }
    const names = path.split('/').filter(Boolean)
    names.forEach((_, index) => this.#open.add(names.slice(0, index).join('/')))
    this.#draw()
  }

  refresh() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#draw(), SOON)
  }

  close() {
    clearTimeout(this.#timer)
    this.#drawn = -1
    this.#place.replaceChildren()
  }

  async #draw() {
    const drawn = ++this.#drawn
    const { space: here, path, trash } = this.#now
    try {
      const [inner, all] = await Promise.all([this.#folders(''), spacesOf(this.shell.me)])
      if (drawn !== this.#drawn) return
      const leafOf = ({ id, title, glyph }) => this.#leaf(title, addressOf('files', [], { space: id }), {
        current: here === id && path === '' && !trash, glyph, inner: here === id ? inner : []
      })
      const others = othersOf(all, this.shell.me)
      const roots = all.filter((space) => !others.includes(space)).map(leafOf)
      if (others.length > 0) roots.push(this.#fold(others, here, leafOf))
      const bin = this.#leaf(t.files.trash, addressOf('files', [], { view: 'trash', space: here }),
        { current: trash, glyph: 'trash' })
      const manage = this.#leaf(t.files.manage, addressOf('spaces'), { glyph: 'pen' })
      const onFold = document.activeElement?.closest?.('.tree .fold')
      const focused = document.activeElement?.closest?.('.tree a')?.getAttribute('href')
      this.#place.replaceChildren(h('ul', {}, ...roots, bin, manage))
      if (onFold) this.#place.querySelector('.fold button')?.focus()
      if (focused) [...this.#place.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused)
        ?.focus()
    } catch {
      // The list beside the tree shows the error.
    }
  }

  /**
   * Creates the group of other users' spaces, which administrators see. It is collapsed at first, because they are
   * many and rarely needed; the open space is always shown.
   */
  #fold(others, here, leafOf) {
    const open = this.#othersOpen
    const toggle = () => { this.#othersOpen = !open; this.#draw() }
    const shown = open ? others : others.filter(({ id }) => id === here)
    return h('li', {}, h('div', { class: 'leaf fold' },
      button(h('span', { class: 'cut' }, t.files.others(others.length)),
        { glyph: open ? 'down' : 'right', kind: 'plain',
        'aria-expanded': String(open), act: toggle })),
    shown.length > 0 && h('ul', {}, ...shown.map((space) => leafOf({ ...space, title: nameOfSubject(space.owner) }))))
  }

  async #folders(path) {
    const page = await list(this.#now.space, path, { kind: 'folder', limit: MOST })
    const leaves = await Promise.all(page.items.map(async (folder) => {
      const open = this.#open.has(folder.path)
      const inner = open ? await this.#folders(folder.path).catch(() => []) : []
      return this.#leaf(visible(folder.name), addressOf('files', folder.path.split('/'),
        { space: this.#now.space }), {
        current: folder.path === this.#now.path && !this.#now.trash, open, inner,
        toggle: () => {
          if (open) this.#open.delete(folder.path)
          else this.#open.add(folder.path)
          this.#draw()
        }
      })
    }))
    // The list beside the tree shows all folders.
    return page.nextCursor ? [...leaves, h('li', { class: 'hint' }, t.files.moreFolders(MOST))] : leaves
  }

  /**
   * @param {string} word @param {string} address
   * @param {{current?: boolean, glyph?: import('../dom.js').IconName, open?: boolean, inner?: HTMLElement[],
   *   toggle?: () => void}} look
   */
  #leaf(word, address, { current, glyph, open, inner = [], toggle }) {
    const twig = toggle
      ? button('', { glyph: open ? 'down' : 'right', kind: 'plain', label: t.files.open(word),
        'aria-expanded': String(open), act: toggle })
      : null
    return h('li', {}, h('div', { class: 'leaf' }, twig,
      h('a', { href: address, 'aria-current': current ? 'page' : null, title: word }, glyph && icon(glyph),
        h('span', {}, word))),
    inner.length > 0 && h('ul', {}, ...inner))
  }
}
