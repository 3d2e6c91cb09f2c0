// The details of one file beside the list.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { openMenu } from '../parts/menu.js'
import { command, copyButton, nameOf } from '../parts/name.js'
import { nameOfSubject } from '../parts/people.js'
import { t } from '../texts/files.js'
import { download } from './acts.js'
import { glyphOf } from './list.js'
import { contentOf } from './tree.js'

const TEXT_BYTES = 4096
const TEXT = /\.(c|cfg|conf|cpp|cs|css|csv|go|h|htm|html|ini|java|js|json|log|md|mjs|py|rb|rs|sh|sql|svg|toml|ts|tsv|txt|xml|yaml|yml)$/i
const IMAGE = /\.(avif|bmp|gif|jpe?g|png|webp)$/i
const VIDEO = /\.(m4v|mov|mp4|webm)$/i
const AUDIO = /\.(aac|flac|m4a|mp3|oga|ogg|opus|wav)$/i
// A picture is shown whole, so it is loaded whole.
const LARGEST_IMAGE = 32 << 20

export class Panel {
  #shown = null
  #shares = h('section')

  /** @param {any} screen */
  constructor(screen) {
    this.screen = screen
    this.element = h('aside', { class: 'panel', tabindex: '-1' })
  }

  /** @param {string | null} name of an entry in the list */
  show(name) {
    const { screen } = this
    const entry = name === null ? null : screen.items.find((item) => item.name === name && item.kind !== 'folder')
    screen.list.show(entry ? name : null)
    screen.element.classList.toggle('open', Boolean(entry))
    if (!entry) {
      const had = this.element.contains(document.activeElement) ? this.#shown : null
      this.#shown = null
      this.element.remove()
      if (had) screen.element.querySelector(`tr[data-id="${had}"] .name`)?.focus()
      return
    }
    const key = `${entry.id} ${entry.version} ${entry.sha256}`
    if (this.#shown === key) return
    this.#shown = key
    this.#fill(entry)
    screen.element.append(this.element)
  }

  #fill(entry) {
    const { screen } = this
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
    const more = (event) => openMenu(event.currentTarget, [
      { word: t.files.rename, glyph: 'pen', act: () => screen.acts.rename(entry) },
      { word: t.files.move, glyph: 'move', act: () => screen.acts.move([entry]) },
      { word: t.files.remove, glyph: 'trash', kind: 'danger', act: () => screen.acts.remove([entry]) }
    ])
    const file = entry.kind === 'file'
    this.element.replaceChildren(
      h('header', {}, nameOf(entry.name, 'h2'),
        file && button('', { glyph: 'download', kind: 'plain', label: t.panel.download, act: () => download(contentOf(entry)) }),
        button('', { glyph: 'more', kind: 'plain', label: t.panel.more, 'aria-haspopup': 'menu', act: more }),
        button('', { glyph: 'close', kind: 'plain', label: t.panel.close, act: () => screen.details(null) })),
      file ? preview(entry) : h('div', { class: 'preview' }, icon('link')),
      h('section', {}, facts),
      ...(file ? [digest(entry), this.#shares, h('section', {}, h('h3', {}, t.panel.curl),
        command(`curl -OJ -H "Authorization: Bearer $KEY" ${contentOf(entry)}`))] : []))
    if (file) this.#addUpload(entry, facts, fact)
    if (file) this.#addShares(entry)
  }

  async #addShares(entry) {
    this.#shares.replaceChildren()
    const { sharesOf } = await import('./shares.js')
    if (this.#shown?.startsWith(entry.id)) this.#shares.replaceChildren(...sharesOf(entry, this.screen.space))
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
      const seen = me.scopes.includes('admin') || entry.owner === me.subject
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
