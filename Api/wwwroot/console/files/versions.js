// The versions of a file, which the user can view, compare, restore, name and delete.
import { call } from '../api.js'
import { button, h, style } from '../dom.js'
import * as format from '../format.js'
import { field } from '../parts/dialog.js'
import { fill, sure } from '../parts/fields.js'
import { openMenu } from '../parts/menu.js'
import { learnNames, nameOfSubject } from '../parts/people.js'
import { addressOf } from '../router.js'
import { t } from '../texts/versions.js'
import { contentOf } from './tree.js'

const PAGE = 100

/** @type {[pattern: RegExp, program: string][]} */
const PROGRAMS = [[/^mozilla/i, 'console'], [/^cu\b|chunkupload/i, 'cu'], [/^rclone/i, 'rclone'], [/^curl/i, 'curl']]

/** Returns a text that says how a version was sent. @param {{with: string | null, protocol: string}} version */
function howOf({ with: program, protocol }) {
  if (protocol === 'transfer') return t.how.transfer
  const known = program && PROGRAMS.find(([pattern]) => pattern.test(program))?.[1]
  if (known) return t.how[known]
  return program ? t.how.other(program.split(/[\s/]/)[0]) : t.how[protocol] ?? ''
}

export class Versions {
  #items = []
  #next = null
  #policy = null
  #loads = 0
  #place = h('div', { class: 'compare-place' })
  #open = null
  /** Shows the number of versions beside the name of the tab. @type {(count: string) => void} */
  counted = () => {}

  /** @param {any} screen @param {import('./tree.js').Entry} entry */
  constructor(screen, entry) {
    this.screen = screen
    this.entry = entry
    this.element = h('div', { class: 'versions' })
  }

  async load(more = false) {
    // An event may start another load while this one waits. The older answer must not replace the newer one.
    const load = ++this.#loads
    await style('css/versions.css')
    const address = `api/entries/${this.entry.id}/versions`
    const page = await call('GET', `${address}?limit=${PAGE}${more && this.#next
      ? `&cursor=${encodeURIComponent(this.#next)}` : ''}`)
    await learnNames(this.screen.shell, page.items.map(({ by }) => by))
    if (load !== this.#loads) return
    this.#items = more ? [...this.#items, ...page.items] : page.items
    this.#next = page.nextCursor
    this.#policy = page.policy
    this.counted(`${format.number(this.#items.length)}${this.#next ? '+' : ''}`)
    this.#show()
  }

  #show() {
    const { may } = this.screen
    this.element.replaceChildren(
      h('ol', { class: 'vers' }, this.#items.map((version) => this.#row(version))),
      ...(this.#next ? [button(t.showMore, { kind: 'small', act: () => this.#do(() => this.load(true)) })] : []),
      h('p', { class: 'keeps-line' }, this.#policy ? t.kept(this.#policy) : t.keptInTrash, ' ',
        may.change && h('a', { href: addressOf('spaces') }, t.change)),
      this.#place)
  }

  #row(version) {
    const { may } = this.screen
    const present = version.replacedAt === null
    const time = format.when(version.createdAt)
    const facts = [version.name && t.named(version.name),
      !version.name && t.by(nameOfSubject(version.by), howOf(version)),
      version.lostConflict && t.lost, !version.name && version.leavesAt && t.until(version.leavesAt)].filter(Boolean)
    const more = (event) => openMenu(event.currentTarget, [
      { word: t.open, glyph: 'download', act: () => { location.href = contentOf(version) } },
      may.change && { word: version.name ? t.rename : t.name, glyph: 'pen', act: () => this.#name(version) },
      may.change && version.name && { word: t.unname, glyph: 'close',
        act: () => this.#do(() => this.#send('PATCH', version, { name: null })) },
      !present && may.remove && { word: t.remove, glyph: 'trash', kind: 'danger',
        act: () => this.#remove(version, time) }
    ].filter(Boolean))
    return h('li',
      { class: [present && 'now', version.name && 'named', this.#open === version.number && 'on'].filter(Boolean)
        .join(' '),
      'data-number': version.number },
    h('div', {}, h('b', { title: format.exactTime(version.createdAt) }, time),
      h('span', {}, format.bytes(version.size)),
      h('p', { title: facts.join(', ') }, facts.join(', '))),
    h('div', { class: 'buttons tight' },
      present && h('span', { class: 'state' }, t.present),
      !present && button('', { glyph: 'swap', kind: 'plain small', label: t.compare(time),
        'aria-pressed': String(this.#open === version.number), act: () => this.#compare(version, time) }),
      !present && may.change && button(t.restore, { kind: 'small', act: () => this.#restore(version) }),
      button('', { glyph: 'more', kind: 'plain small', label: t.more(time), 'aria-haspopup': 'menu', act: more })))
  }

  async #compare(version, time) {
    this.#open = this.#open === version.number ? null : version.number
    this.#place.replaceChildren()
    this.#show()
    if (this.#open === null) return
    await this.#do(async () => {
      const { compare } = await import('./compare.js')
      const shown = await compare(this.entry, version, time, format.when(this.#items[0].createdAt))
      if (this.#open === version.number) this.#place.replaceChildren(shown)
    })
  }

  /** Restores a version without confirmation, because the current content is kept as a version. */
  #restore(version) {
    return this.#do(async () => {
      await call('POST', `api/entries/${this.entry.id}/versions/${version.number}/restore`)
      this.#open = null
      this.#place.replaceChildren()
      this.screen.refresh()
      await this.load()
    })
  }

  #name(version) {
    const name = field(t.nameField, version.name ?? '', { required: true, maxlength: '200' })
    return this.#do(async () => {
      const sent = await fill({ title: t.nameTitle, text: [t.nameText], fields: [name.element], act: t.nameAct,
        send: () => call('PATCH', this.#address(version), { name: name.input.value.trim() }) })
      if (sent) await this.load()
    })
  }

  #remove(version, time) {
    return this.#do(async () => {
      if (await sure(t.removeTitle(time), t.removeText, t.remove)) await this.#send('DELETE', version)
    })
  }

  #address(version) { return `api/entries/${this.entry.id}/versions/${version.number}` }

  async #send(method, version, body) {
    await call(method, this.#address(version), body)
    await this.load()
  }

  async #do(work) {
    try {
      await work()
    } catch (error) {
      this.#place.replaceChildren(h('p', { class: 'fault hint edge', role: 'alert' }, error.message))
    }
  }
}
