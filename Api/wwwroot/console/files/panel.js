// The details of one file beside the list.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { openMenu } from '../parts/menu.js'
import { command, copyButton, nameOf } from '../parts/name.js'
import { learnNames, nameOfSubject } from '../parts/people.js'
import { t } from '../texts/files.js'
import { download } from './acts.js'
import { glyphOf } from './list.js'
import { contentOf, entryOf } from './tree.js'

const TEXT_BYTES = 4096
const TEXT = /\.(c|cfg|conf|cpp|cs|css|csv|go|h|htm|html|ini|java|js|json|log|md|mjs|py|rb|rs|sh|sql|svg|toml|ts|tsv|txt|xml|yaml|yml)$/i
const IMAGE = /\.(avif|bmp|gif|jpe?g|png|webp)$/i
const VIDEO = /\.(m4v|mov|mp4|webm)$/i
const AUDIO = /\.(aac|flac|m4a|mp3|oga|ogg|opus|wav)$/i
// A picture is shown whole, so it is loaded whole.
const LARGEST_IMAGE = 32 << 20
const ID = /^[0-9a-f]{32}$/

export class Panel {
  #shown = null
  #wanted = null
  #shares = h('section')

  /** @param {any} screen */
  constructor(screen) {
    this.screen = screen
    this.element = h('aside', { class: 'panel', tabindex: '-1' })
  }

  /**
   * Shows the details of an entry of this list, or none.
   * @param {string | null} id its id; addresses of before have the name of an entry in the folder
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

  /** One that is not among the rows that are loaded is asked for. */
  async #find(id) {
    const { items, searching, space, path } = this.screen
    const entry = items.find((item) => item.id === id) ?? (searching ? null : items.find(({ name }) => name === id))
      ?? (ID.test(id) ? await entryOf(id).catch(() => null) : null)
    // An entry that was moved away meanwhile does not belong to this folder.
    const below = entry && (path === '' || entry.path.startsWith(`${path}/`)) && space === this.screen.space
    if (!below || entry.kind === 'folder') return null
    await learnNames(this.screen.shell, [entry.owner])
    return entry
  }

  #fill(entry) {
    const { screen } = this
    const { may } = screen
    const name = format.visible(entry.name)
    const facts = h('dl', { class: 'facts' })
    const fact = (word, ...value) => facts.append(h('dt', {}, word), h('dd', {}, value))
    if (entry.kind === 'link') fact(t.panel.type, t.files.link(format.visible(entry.linkTarget ?? '')))
    else {
      fact(t.panel.size, `${format.bytes(entry.size)} `,
        entry.size >= 1024 && h('span', { class: 'hint' }, format.exactBytes(entry.size)))
    }
    const { modifiedAt } = entry
    fact(t.panel.modified, h('time', { datetime: modifiedAt, title: format.exactTime(modifiedAt) }, format.when(modifiedAt)))
    fact(t.panel.owner, h('span', { title: entry.owner }, nameOfSubject(entry.owner)))
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
    this.element.replaceChildren(
      h('header', {}, nameOf(entry.name, 'h2'),
        file && button('', { glyph: 'download', kind: 'plain', label: t.panel.download, act: () => download(contentOf(entry)) }),
        (may.change || may.copy || may.remove)
          && button('', { glyph: 'more', kind: 'plain', label: t.panel.more, 'aria-haspopup': 'menu', act: more }),
        button('', { glyph: 'close', kind: 'plain', label: t.panel.close, act: () => screen.details(null) })),
      file ? preview(entry) : h('div', { class: 'preview' }, icon('link')),
      h('section', {}, facts),
      ...(file ? [digest(entry), this.#shares, h('section', {}, h('h3', {}, t.panel.curl),
        command(`curl -OJ -H "Authorization: Bearer $KEY" ${contentOf(entry)}`))] : []))
    if (file) this.#addUpload(entry, facts, fact)
    if (file && may.share) this.#addShares(entry)
  }

  async #addShares(entry) {
    const { sharesOf } = await import('./shares.js')
    const { space } = this.screen
    if (this.#shown?.startsWith(entry.id)) this.#shares.replaceChildren(...sharesOf(entry, space, this.screen.placeOf(entry.path)))
  }

  /** Adds the facts that only the file's upload has. */
  async #addUpload(entry, facts, fact) {
    try {
      const upload = await call('GET', `api/files/${entry.fileId}`)
      if (!this.#shown?.startsWith(entry.id)) return
      const type = h('span', { title: upload.contentType }, t.typeOf(upload.contentType, entry.name))
      facts.prepend(h('dt', {}, t.panel.type), h('dd', {}, type))
      const took = format.duration((new Date(upload.completedAt) - new Date(upload.createdAt)) / 1000)
      const { me } = this.screen.shell
      // Others see the file and not its upload.
      const seen = me.scopes.includes('upload') && (me.scopes.includes('admin') || entry.owner === me.subject)
      const breaks = seen ? (await call('GET', `api/sessions/${entry.fileId}`)).failures.count : null
      if (this.#shown?.startsWith(entry.id)) fact(t.panel.arrived, t.panel.arrivedIn(took, breaks))
    } catch {
      // The rest stands without it.
    }
  }
}

function digest(entry) {
  const { sha256 } = entry
  return h('section', {}, h('h3', {}, t.panel.sha, sha256 && copyButton(() => sha256, t.copySha)),
    sha256 ? h('code', { class: 'digest' }, sha256.match(/.{8}/g).join(' ')) : h('p', { class: 'hint' }, t.panel.computing))
}

/** Only what cannot do harm: the browser runs nothing of a picture, a film or a text. */
function preview(entry) {
  const box = h('div', { class: 'preview' })
  const address = contentOf(entry)
  if (IMAGE.test(entry.name) && entry.size <= LARGEST_IMAGE) {
    const image = h('img', { src: address, alt: format.visible(entry.name) })
    image.addEventListener('error', () => box.replaceChildren(icon(glyphOf(entry))))
    box.append(image)
  } else if (VIDEO.test(entry.name)) box.append(h('video', { src: address, controls: true, preload: 'metadata' }))
  else if (AUDIO.test(entry.name)) box.append(h('audio', { src: address, controls: true, preload: 'metadata' }))
  else {
    box.append(icon(glyphOf(entry)))
    if (TEXT.test(entry.name) && entry.size > 0) showText(entry, address, box)
  }
  return box
}

async function showText(entry, address, box) {
  try {
    const answer = await fetch(address, { headers: { Range: `bytes=0-${Math.min(entry.size, TEXT_BYTES) - 1}` } })
    if (!answer.ok) return
    const text = new TextDecoder().decode(await answer.arrayBuffer())
    box.replaceChildren(h('pre', { tabindex: '0', 'aria-label': format.visible(entry.name) }, text))
  } catch {
    // The icon stays.
  }
}
