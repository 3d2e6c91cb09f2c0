// The details of one file beside the list.
import { call } from '../api.js'
import { button, h, icon, style } from '../dom.js'
import * as format from '../format.js'
import { kindOf } from '../parts/kinds.js'
import { openMenu } from '../parts/menu.js'
import { command, copyButton } from '../parts/command.js'
import { nameOf } from '../parts/name.js'
import { learnNames, nameOfSubject } from '../parts/people.js'
import { svgOf } from '../parts/svg.js'
import { t } from '../texts/files.js'
import { t as v } from '../texts/versions.js'
import { download } from './acts.js'
import { glyphOf } from './list.js'
import { contentOf, entryOf } from './tree.js'

const TEXT_BYTES = 4096
const ID = /^[0-9a-f]{32}$/

export class Panel {
  #shown = null
  #wanted = null
  #shares = h('section')
  #recent = h('section')
  /** The selected tab; it is kept when another file is shown. */
  #tab = 'about'
  /** The versions of the file. They are kept when the panel is redrawn, because one of their dialogs may be open. */
  #versions = null

  /** @param {any} screen */
  constructor(screen) {
    this.screen = screen
    this.element = h('aside', { class: 'panel', tabindex: '-1' })
  }

  /**
   * Shows the details of an entry of this list, or none.
   * @param {string | null} id the id of the entry; old addresses contain its name instead
   */
  async show(id) {
    const { screen } = this
    this.#wanted = id
    const entry = id === null ? null : await this.#find(id)
    if (id !== this.#wanted || !screen.element.isConnected) return
    screen.list.show(entry?.id ?? null)
    screen.element.classList.toggle('open', Boolean(entry))
    if (!entry) {
      const had = this.element.contains(document.activeElement) ? this.#shown : null
      this.#shown = null
      this.element.remove()
      if (had) screen.element.querySelector(`tr[data-id="${had}"] .name`)?.focus()
      return
    }
    const key = `${entry.id} ${entry.version} ${entry.revision} ${entry.sha256}`
    if (this.#shown === key) return
    this.#shown = key
    this.#fill(entry)
    screen.element.append(this.element)
  }

  /** Returns the entry, and requests it if it is not among the loaded rows. */
  async #find(id) {
    const { items, searching, space, path } = this.screen
    const entry = items.find((item) => item.id === id) ?? (searching ? null : items.find(({ name }) => name === id))
      ?? (ID.test(id) ? await entryOf(id).catch(() => null) : null)
    // An entry that was moved meanwhile does not belong to this folder.
    const below = entry && (path === '' || entry.path === path || entry.path.startsWith(`${path}/`))
      && space === this.screen.space
    if (!below) return null
    await learnNames(this.screen.shell, [entry.owner])
    return entry
  }

  #fill(entry) {
    const { screen } = this
    const { may } = screen
    const name = format.visible(entry.name)
    const facts = h('dl', { class: 'facts' })
    const fact = (word, ...value) => facts.append(h('dt', {}, word), h('dd', {}, value))
    const folder = entry.kind === 'folder'
    if (folder) fact(t.panel.type, t.files.folder)
    else if (entry.kind === 'link') fact(t.panel.type, t.files.link(format.visible(entry.linkTarget ?? '')))
    else {
      fact(t.panel.size, `${format.bytes(entry.size)} `,
        entry.size >= 1024 && h('span', { class: 'hint' }, format.exactBytes(entry.size)))
    }
    const { modifiedAt } = entry
    fact(t.panel.modified, h('time', { datetime: modifiedAt, title: format.exactTime(modifiedAt) },
      format.when(modifiedAt)))
    if (entry.owner) fact(t.panel.owner, h('span', { title: entry.owner }, nameOfSubject(entry.owner)))
    if (entry.version > 1) fact(t.panel.version, String(entry.version))
    this.element.setAttribute('aria-label', name)
    this.#shares.replaceChildren()
    const more = (event) => openMenu(event.currentTarget, [
      may.change && { word: t.files.rename, glyph: 'pen', act: () => screen.acts.rename(entry) },
      may.change && { word: t.files.move, glyph: 'move', act: () => screen.acts.move([entry]) },
      may.copy && { word: t.files.copy, glyph: 'copy', act: () => screen.acts.copy([entry]) },
      may.remove && { word: t.files.remove, glyph: 'trash', kind: 'danger', act: () => screen.acts.remove([entry]) }
    ].filter(Boolean))
    const file = entry.kind === 'file'
    const own = entry.path !== '' && entry.path !== screen.path
    this.element.replaceChildren(
      h('header', {}, nameOf(entry.name || (screen.spaceNow?.title ?? t.files.title), 'h2'),
        file && button('', { glyph: 'download', kind: 'plain', label: t.panel.download,
          act: () => download(contentOf(entry)) }),
        own && (may.change || may.copy || may.remove)
          && button('', { glyph: 'more', kind: 'plain', label: t.panel.more, 'aria-haspopup': 'menu', act: more }),
        button('', { glyph: 'close', kind: 'plain', label: t.panel.close, act: () => screen.details(null) })),
      ...(file ? this.#tabsOf(entry, [preview(entry, () => this.view(entry)), h('section', {}, facts), digest(entry),
        this.#shares,
        h('section', {}, h('h3', {}, t.panel.curl),
          command(`curl -OJ -H "Authorization: Bearer $KEY" ${contentOf(entry)}`))])
        : [h('div', { class: 'preview' }, icon(folder ? 'folder' : 'link')), h('section', {}, facts)]),
      ...(folder ? [this.#shares, this.#recent] : []))
    if (file) this.#addUpload(entry, facts, fact)
    if (entry.path !== '') this.#addLocks(entry, fact)
    if (folder) this.#addFolder(entry, fact)
    if (entry.kind !== 'link' && entry.path !== '' && may.share) this.#addShares(entry)
  }

  /** Creates the tabs with the details and the versions of a file. @param {Node[]} about */
  #tabsOf(entry, about) {
    if (!this.screen.shell.me.scopes.includes('read')) return about
    const place = h('div')
    const number = h('b')
    const choose = async (tab) => {
      this.#tab = tab
      for (const [name, one] of Object.entries(tabs)) one.setAttribute('aria-pressed', String(name === tab))
      if (tab === 'about') { place.replaceChildren(...about); return }
      try {
        const { Versions } = await import('./versions.js')
        if (this.#versions?.entry.id !== entry.id) this.#versions = new Versions(this.screen, entry)
        const versions = this.#versions
        versions.counted = (count) => { number.textContent = ` ${count}` }
        await versions.load()
        if (this.#tab === 'versions' && place.isConnected) place.replaceChildren(versions.element)
      } catch (error) {
        place.replaceChildren(h('section', {}, h('p', { class: 'fault hint', role: 'alert' }, error.message)))
      }
    }
    const tab = (name, ...words) => h('button', { type: 'button', 'data-tab': name,
      on: { click: () => choose(name) } }, ...words)
    const tabs = { about: tab('about', v.about), versions: tab('versions', v.versions, number) }
    style('css/versions.css')
    choose(this.#tab)
    return [h('div', { class: 'panel-tabs' }, h('div', { class: 'seg', role: 'group', 'aria-label': v.tabs },
      Object.values(tabs))), place]
  }

  /** Shows the files of the list in full screen. Afterwards, the details of the last shown file are open. */
  async view(entry) {
    const [{ view, shownOf }] = await Promise.all([import('../parts/viewer.js'), style('css/viewer.css')])
    const shown = shownOf(this.screen.items.filter(({ kind }) => kind === 'file').map((one) => (
      { id: one.id, name: one.name, size: one.size, address: contentOf(one) })))
    const first = shown.find(({ id }) => id === entry.id) ?? { ...entry, address: contentOf(entry) }
    view(shown.includes(first) ? shown : [first], first,
      ({ id }) => { if (id !== this.#shown?.split(' ')[0]) this.screen.details(id) })
  }

  /** Adds the content of a folder and its files that were changed last. */
  async #addFolder(entry, fact) {
    const sum = h('span', {}, t.inFolder.counting)
    fact(t.inFolder.holds, sum)
    this.#recent.replaceChildren()
    const { showContents } = await import('./contents.js')
    const isShown = () => this.#shown?.startsWith(entry.id)
    await showContents(this.screen, entry, { sum, recent: this.#recent, isShown }).catch((error) => {
      sum.textContent = error.message
    })
  }

  async #addShares(entry) {
    const { sharesOf } = await import('./shares.js')
    const { space } = this.screen
    if (this.#shown?.startsWith(entry.id)) {
      this.#shares.replaceChildren(...sharesOf(entry, space, this.screen.placeOf(entry.path)))
    }
  }

  /** Adds the users who have locked the entry by WebDAV. Others can still change it in the console. */
  async #addLocks(entry, fact) {
    try {
      const { items: [lock] } = await call('GET', `api/entries/${entry.id}/locks`)
      if (!lock) return
      await learnNames(this.screen.shell, [lock.by])
      if (this.#shown?.startsWith(entry.id)) {
        fact(t.panel.locked, t.panel.lockedBy(nameOfSubject(lock.by), format.when(lock.endsAt)))
      }
    } catch {
      // The other facts are shown without it.
    }
  }

  /** Adds the facts that only the file's upload has. */
  async #addUpload(entry, facts, fact) {
    try {
      const upload = await call('GET', `api/files/${entry.fileId}`)
      if (!this.#shown?.startsWith(entry.id)) return
      const type = h('span', { title: upload.contentType }, t.typeOf(upload.contentType, entry.name))
      facts.prepend(h('dt', {}, t.panel.type), h('dd', {}, type))
      const took = format.duration((Date.parse(upload.completedAt) - Date.parse(upload.createdAt)) / 1000)
      const { me } = this.screen.shell
      // Other users see the file, but not its upload.
      const seen = me.scopes.includes('upload') && (me.scopes.includes('admin') || entry.owner === me.subject)
      const breaks = seen ? (await call('GET', `api/sessions/${entry.fileId}`)).failures.count : null
      if (this.#shown?.startsWith(entry.id)) fact(t.panel.arrived, t.panel.arrivedIn(took, breaks))
    } catch {
      // The other facts are shown without it.
    }
  }
}

function digest(entry) {
  const { sha256 } = entry
  return h('section', {}, h('h3', {}, t.panel.sha, sha256 && copyButton(() => sha256, t.copySha)),
    sha256 ? h('code', { class: 'digest' }, sha256.match(/.{8}/g).join(' '))
      : h('p', { class: 'hint' }, t.panel.computing))
}

/** Shows a preview of a file of a kind that is safe to show: see kinds.js. @param {() => void} enlarge */
function preview(entry, enlarge) {
  const box = h('div', { class: 'preview' })
  const address = contentOf(entry)
  const kind = kindOf(entry.name, entry.size)
  if (kind === 'image') {
    const image = h('img', { src: address, alt: format.visible(entry.name) })
    image.addEventListener('error', () => box.replaceChildren(icon(glyphOf(entry))))
    box.append(image)
  } else if (kind === 'svg') showSvg(entry, address, box)
  else if (kind === 'video' || kind === 'audio') box.append(h(kind,
    { src: address, controls: true, preload: 'metadata' }))
  else {
    box.append(icon(glyphOf(entry)))
    if (kind === 'text') showText(entry, address, box)
  }
  return kind ? h('div', { class: 'previewed' }, box, button(t.panel.large,
    { glyph: 'large', kind: 'small', act: enlarge })) : box
}

async function showSvg(entry, address, box) {
  const none = () => box.replaceChildren(icon(glyphOf(entry)))
  none()
  try {
    const { element, release } = await svgOf(address, format.visible(entry.name), none)
    element.addEventListener('load', release)
    box.replaceChildren(element)
  } catch {
    // The icon is shown instead.
  }
}

async function showText(entry, address, box) {
  try {
    const answer = await fetch(address, { headers: { Range: `bytes=0-${Math.min(entry.size, TEXT_BYTES) - 1}` } })
    if (!answer.ok) return
    const text = new TextDecoder().decode(await answer.arrayBuffer())
    box.replaceChildren(h('pre', { tabindex: '0', 'aria-label': format.visible(entry.name) }, text))
  } catch {
    // The icon is shown instead.
  }
}
