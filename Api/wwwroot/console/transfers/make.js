// Creates a transfer: the source, the destination and the options; on a phone, one after the other.
import { call, codeOf } from '../api.js'
import { button, h, say } from '../dom.js'
import * as format from '../format.js'
import { Notes } from '../parts/notes.js'
import { quotaBar } from '../parts/quota.js'
import { OWN, connections } from '../parts/storage.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/transfers.js'
import { Beginner, show } from './begin.js'
import { End } from './end.js'
import { Options } from './options.js'
import { PAIR_KINDS, ownPlace, placeOf, webPlace } from './places.js'

// The largest number of items that the service accepts in one transfer.
const MOST_ITEMS = 100
const MOST_LEFT_OUT = 1000
const MOST_ADDRESSES = 1000
const LONGEST_LABEL = 200

/** Returns the deepest folder that contains all of these nodes. @param {import('./selection.js').Node[]} nodes */
function folderOf(nodes) {
  const above = (node) => {
    const found = []
    for (let at = node.parent; at; at = at.parent) found.unshift(at)
    return found
  }
  return nodes.map(above).reduce((one, other) => one.filter((folder, i) => other[i] === folder)).at(-1) ?? null
}

export class Maker {
  #step = 1
  #busy = false
  #closed = false
  #started = ''
  #beginner = new Beginner()
  /** The schedule that is edited, or null for a new transfer. @type {import('./saved.js').Schedule | null} */
  #schedule = null
  /** @type {import('./places.js').Place[]} */
  #places = []
  #chosen = h('b')
  #clear = button(t.make.clear, { kind: 'plain small', hidden: true, act: () => this.#from.clear() })
  #free = h('span', { class: 'free' })
  #bar = quotaBar()
  #from
  #to
  #options
  #steps = t.make.steps.map((word) => h('li', {}, word))
  #stepWord = h('span', { class: 'step-word' })
  #sum = h('p', { class: 'grow sum-line' })
  #back = button(t.make.back, { kind: 'narrow-only', act: () => this.#turn(this.#step - 1) })
  #next = button(t.make.next[0], { kind: 'primary narrow-only', act: () => this.#turn(this.#step + 1) })
  #template = button(t.make.template, { kind: 'other-end save-kept', act: () => this.#save() })
  #pair = button(t.make.pair, { glyph: 'swap', kind: 'other-end', hidden: true, act: () => this.#keep() })
  #plan = button(t.make.makePlan, { kind: 'other-end', act: () => this.#go(true) })
  #start = button(t.make.start, { glyph: 'play', kind: 'primary start', act: () => this.#go(false) })
  #body
  notes = new Notes()

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    const changed = () => this.#show()
    this.#options = new Options(shell.me, () => { if (this.element) this.#show() })
    this.#from = new End({ source: true, places: () => this.#places.filter(({ gives }) => gives), changed,
      foot: [this.#chosen, h('span', { class: 'grow' }), this.#clear] })
    this.#to = new End({ source: false, places: () => this.#places.filter(({ takes }) => takes), changed,
      foot: [this.#free, h('span', { class: 'grow' }), this.#bar.element] })
    const swap = button('', { glyph: 'swap', label: t.make.swap, act: () => this.#swap() })
    this.#body = h('div', { class: 'ends' }, this.#from.element, h('div', { class: 'between' }, swap),
      this.#to.element,
      this.#options.element)
    this.element = h('section', { class: 'wizard', 'data-step': '1', 'aria-label': t.make.title },
      h('div', { class: 'list-bar' }, h('ol', { class: 'steps', 'aria-label': t.make.stepLabel }, this.#steps),
        this.#stepWord,
        h('span', { class: 'grow' }), h('a', { class: 'button plain', href: addressOf('transfers') }, t.cancel)),
      h('div', { class: 'wizard-body' }, this.notes.element, this.#body),
      h('div', { class: 'wizard-foot' }, this.#sum, this.#back, this.#next, this.#template, this.#pair, this.#plan,
        this.#start))
    this.#show()
  }

  /** @param {import('../router.js').Route} route */
  go({ path, query }) {
    if (path[0] !== 'new') return false
    const list = addressOf('transfers')
    this.shell.place(t.make.title, [{ word: t.transfers.title, address: list }], list)
    const asked = query.toString()
    if (this.#started === `?${asked}`) return true
    this.#started = `?${asked}`
    this.#open(query)
    return true
  }

  close() { this.#closed = true }

  /** @param {URLSearchParams} query */
  async #open(query) {
    let known = []
    try {
      known = await connections()
      this.notes.hide('load')
    } catch (error) {
      this.notes.show('load', { kind: 'bad', glyph: 'fail', lead: t.listFault, text: error.message,
        code: codeOf(error),
        actions: [{ word: t.again, act: () => this.#open(query) }] })
    }
    if (this.#closed) return
    const web = webPlace()
    this.#places = [ownPlace(this.shell.me), ...known.map(placeOf), web]
    if (query.get('schedule')) {
      await this.#change(query.get('schedule'))
      return
    }
    // If no other storage accepts files, transfers are only possible from the web or between spaces.
    const alone = !this.#places.some(({ takes, id }) => takes && id !== OWN)
    if (alone) {
      this.notes.show('alone', { glyph: 'plug', lead: t.make.aloneLead, text: t.make.alone, actions: [
        { word: t.nav.connections, act: () => go(addressOf('connections')) }] })
    }
    const [from, to] = ['from', 'to'].map((name) => this.#places.find(({ id }) => id === query.get(name)))
    const start = { space: query.get('space'), path: query.get('folder') ?? '',
      ids: (query.get('items') ?? '').split(',').filter(Boolean) }
    const other = () => this.#places.find(({ id, gives }) => gives && id !== OWN)
    const source = from ?? (alone ? web : to?.id === OWN ? other() : this.#places[0])
    // A storage that needs a sign-in is not suggested.
    const others = this.#places.filter((one) => one !== source && one.takes)
    const sink = to ?? others.find(({ ready }) => ready) ?? others[0] ?? this.#places[0]
    this.#from.show(source, source.id === OWN ? start : {})
    // Files that are sent from a folder go to another folder.
    this.#to.show(sink, sink.id === OWN && source.id !== OWN ? start : {})
  }

  /** Shows a schedule for editing. @param {string} id */
  async #change(id) {
    try {
      const schedule = await call('GET', `api/schedules/${encodeURIComponent(id)}`)
      if (this.#closed) return
      this.#schedule = schedule
      // Before the folders are loaded, so that no change that the user makes meanwhile is lost.
      this.#options.take(schedule)
      const page = addressOf('transfers', ['schedules', schedule.id])
      this.shell.place(t.schedule.editTitle(format.visible(schedule.title)),
        [{ word: t.transfers.title, address: addressOf('transfers') },
        { word: format.visible(schedule.title), address: page }], page)
      const { source, destination } = schedule.transfer
      const placeOfEnd = ({ connection }) => this.#places.find(({ id: place }) => place === (connection ?? OWN))
        ?? null
      const [from, to] = [placeOfEnd(source), placeOfEnd(destination)]
      const node = (item, name, kind) => ({ id: item, name, kind, size: null, skip: null, parent: null, space: null,
        path: '' })
      await Promise.all([this.#from.show(from), this.#to.show(to)])
      this.#from.choose(source.items.map((item, i) => node(item, schedule.names[i] ?? item,
        schedule.arrival ? 'folder' : 'file')),
        schedule.transfer.options.without ?? [])
      this.#to.choose([node(destination.folder, schedule.folderName, 'folder')])
      this.#show()
    } catch (error) {
      this.#tell(error.message, codeOf(error))
    }
  }

  #swap() {
    const { place: from } = this.#from
    const { place: to } = this.#to
    if (!from?.takes || !to?.gives) { this.#tell(t.make.readOnly); return }
    this.#from.show(to)
    this.#to.show(from)
  }

  /** Why the transfer cannot start yet; empty if it can. */
  get #missing() {
    const { selection, place } = this.#from
    const { target, place: to } = this.#to
    if (selection.size === 0) return place?.written ? t.make.noAddress : t.make.nothingChosen
    if (place.written && selection.size > MOST_ADDRESSES) return t.make.tooManyAddresses(MOST_ADDRESSES)
    if (!place.written && selection.size > MOST_ITEMS) return t.make.tooMany(MOST_ITEMS)
    if (selection.leftOut.length > MOST_LEFT_OUT) return t.make.tooManyLeftOut(MOST_LEFT_OUT)
    if (!target) return t.make.noPlace
    if (this.#options.fault) return this.#options.fault
    if (place.written && this.#options.when) return t.make.notKept
    const [first] = selection.chosen
    if (this.#options.when?.arrival && (place.id !== OWN || selection.size !== 1 || first.kind !== 'folder')) {
      return t.arrival.oneFolder
    }
    if (this.#options.when?.arrival && !this.#options.when.arrival.own
      && this.#options.when.arrival.others.length === 0) {
      return t.arrival.nobody
    }
    if (place.id !== to.id) return ''
    const around = new Set()
    for (let folder = target; folder; folder = folder.parent) around.add(folder.id)
    const chosen = [...selection.chosen]
    return chosen.some(({ id }) => around.has(id)) ? t.make.intoItself
      : chosen.some(({ parent }) => parent?.id === target.id) ? t.make.sameFolder : ''
  }

  #show() {
    const { selection } = this.#from
    const { target, place: to } = this.#to
    const { files, folders, bytes } = selection.sum
    const what = t.make.chosenSum(files, folders, bytes)
    const leftOut = selection.leftOut.length
    const chosen = [what, leftOut > 0 && t.make.without(leftOut)].filter(Boolean).join(', ')
    say(this.#chosen, chosen || t.make.nothingChosen)
    this.#chosen.classList.toggle('none', !chosen)
    this.#clear.hidden = selection.size === 0
    const names = [...selection.chosen].map(({ name }) => name)
    this.#options.within([...this.#from.selection.chosen][0]?.space ?? null)
    this.#options.name(names.length > 0 ? t.make.labelOf(names[0], names.length - 1).slice(0, LONGEST_LABEL) : '')
    if (JSON.stringify(this.#to.comes) !== JSON.stringify(names)) {
      this.#to.comes = names
      this.#to.draw()
    }
    const limited = Boolean(to?.totalBytes) && to.usedBytes !== null
    this.#bar.element.hidden = !limited
    if (limited) {
      const [free, all] = t.make.free(Math.max(0, to.totalBytes - to.usedBytes), to.totalBytes)
      this.#free.replaceChildren(h('b', {}, free), all)
      this.#bar.show(to.usedBytes, bytes, to.totalBytes, `${free}${all}`)
    } else this.#free.replaceChildren(target ? format.visible(target.name) : '')
    this.#showSteps()
    const missing = this.#missing
    const later = this.#options.when !== null
    say(this.#start, this.#schedule ? t.schedule.save : later ? t.make.schedule : t.make.start)
    this.#plan.hidden = later || this.#schedule !== null
    this.#template.hidden = this.#from.place?.written === true || this.#schedule !== null
      || (this.#narrow && this.#step < 3)
    this.#pair.hidden = later || this.#schedule !== null || !PAIR_KINDS.includes(this.#from.place?.kind ?? '')
      || !PAIR_KINDS.includes(to?.kind ?? '')
    this.#pair.disabled = this.#busy || selection.size === 0
    for (const one of [this.#template, this.#plan, this.#start]) one.disabled = this.#busy || missing !== ''
    this.#next.disabled = this.#step === 1 ? selection.size === 0 : !target
    if (this.#busy) say(this.#sum, t.make.starting)
    else if (this.#narrow && this.#step < 3) {
      say(this.#sum, this.#step === 1 ? chosen || t.make.nothingChosen
        : target ? format.visible(target.name) : t.make.noPlace)
    } else if (missing) say(this.#sum, `${missing}.`.replace('..', '.'))
    else {
      const [lead, rest] = t.make.fromTo(what, this.#from.place.title, to.title)
      this.#sum.replaceChildren(h('span', { class: 'wide-only' }, h('b', {}, lead), `${rest} `),
        h('b', {}, t.make.closed),
        h('span', { class: 'wide-only' }, ' ', t.make.closedMore))
    }
  }

  get #narrow() { return innerWidth <= 900 }

  #showSteps() {
    const done = [this.#from.selection.size > 0, this.#to.target !== null, false]
    const now = this.#narrow ? this.#step - 1 : Math.max(0, done.indexOf(false))
    this.#steps.forEach((step, i) => {
      step.className = i === now ? 'now' : done[i] ? 'done' : 'next'
      if (i === now) step.setAttribute('aria-current', 'step')
      else step.removeAttribute('aria-current')
    })
    say(this.#stepWord, t.make.step(this.#step, t.make.stepWords[this.#step - 1]))
    this.element.dataset.step = String(this.#step)
    this.#back.hidden = this.#step === 1
    this.#next.hidden = this.#step === 3
    say(this.#next, t.make.next[this.#step - 1] ?? '')
  }

  #turn(step) {
    this.#step = Math.max(1, Math.min(3, step))
    this.#show()
    /** @type {HTMLElement | null} */
    const first = this.element.querySelector(`.at-${this.#step} button, .at-${this.#step} summary`)
    first?.focus()
  }

  #tell(text, code = '') {
    this.notes.show('fault', { kind: 'bad', glyph: 'fail', lead: t.make.fault, text, code,
      actions: [{ word: t.close, act: () => this.notes.hide('fault') }] })
  }

  /** The request body for the transfer. */
  get #draft() {
    const end = ({ connection }) => (connection ? { connection } : {})
    return {
      label: this.#options.label || undefined, priority: this.#options.priority,
      source: this.#from.place.written ? { addresses: this.#from.selection.ids }
        : { ...end(this.#from.place), items: this.#from.selection.ids },
      destination: { ...end(this.#to.place), folder: this.#to.target.id },
      options: this.#options.values(this.#from.selection.leftOut)
    }
  }

  /**
   * Opens a new pair with the same ends. A single folder is the left side; of several items, the left side is the
   * folder that contains them all, limited to these items.
   */
  #keep() {
    const { chosen, ids } = this.#from.selection
    const [first] = chosen
    const own = this.#from.place.id === OWN && first?.kind === 'folder' ? { space: first.space, folder: first.path }
      : {}
    const one = chosen.size === 1 && first.kind === 'folder'
    const folder = one || chosen.size === 0 ? null : folderOf([...chosen])
    const picked = folder ? { items: ids.join(','), of: folder.id, name: folder.name } : {}
    go(addressOf('syncs', ['new'], { left: this.#from.place.id, right: this.#to.place?.id,
      ...(folder ? picked : own) }))
  }

  async #save() {
    if (this.#busy || this.#missing) return
    this.#busy = true
    this.#show()
    try {
      await call('POST', 'api/templates', { title: this.#options.label, transfer: this.#draft })
      this.notes.show('saved', { glyph: 'check', lead: t.make.savedLead, text: t.make.saved, actions: [
        { word: t.transfers.filters.templates, act: () => go(addressOf('transfers', [], { state: 'templates' })) }] })
    } catch (error) {
      this.#tell(error.message, codeOf(error))
    } finally {
      this.#busy = false
      this.#show()
    }
  }

  /** @param {boolean} plan whether to make a plan first */
  async #go(plan) {
    if (this.#busy || this.#missing) return
    this.#busy = true
    this.notes.hide('fault')
    this.#show()
    const when = plan ? null : this.#options.when
    try {
      if (this.#schedule) {
        const { id, transfer } = this.#schedule
        const draft = { ...this.#draft, label: transfer.label ?? undefined }
        await call('PATCH', `api/schedules/${id}`, { title: this.#options.label, ...when, transfer: draft })
        if (!this.#closed) go(addressOf('transfers', ['schedules', id]))
        return
      }
      if (when) {
        await call('POST', 'api/schedules', { title: this.#options.label, ...when, transfer: this.#draft })
        if (!this.#closed) go(addressOf('transfers', [], { state: 'scheduled' }))
        return
      }
      const id = await this.#beginner.begin({ ...this.#draft, deadline: this.#options.deadline, plan })
      if (!this.#closed) show(id)
    } catch (error) {
      this.#tell(error.message, codeOf(error))
    } finally {
      this.#busy = false
      this.#show()
    }
  }
}
