// The Uploads screen: a live list of uploads, and the screen of each upload.
import { codeOf, root } from '../api.js'
import { button, h, say } from '../dom.js'
import * as format from '../format.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { openMenu } from '../parts/menu.js'
import { command } from '../parts/command.js'
import { learnNames } from '../parts/people.js'
import { segments } from '../parts/segments.js'
import { rowsInSight } from '../parts/window.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/uploads.js'
import { actor } from './acts.js'
import { Detail } from './detail.js'
import { UploadRow } from './row.js'
import { FILTERS, MOST, UploadStore } from './store.js'

const SORTS = ['-createdAt', 'createdAt', 'name', '-size']
// The height of a row in pixels, as in operate.css.
const HEIGHT = 60
const HEIGHT_NARROW = 98

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const [id] = route.path
  /** @type {any} */
  const screen = id ? new Detail(shell, id) : new UploadList(shell)
  screen.go?.(route)
  return {
    element: screen.element, flush: !id, close: () => screen.close(),
    // The list and the screen of one upload share an address.
    go: (next) => (id ? next.path[0] === id : next.path.length === 0 && screen.go(next))
  }
}

class UploadList {
  #store
  #life
  #shown = null
  #count = h('span', { class: 'hint cut grow' })
  #sort = button(t.uploads.sorts[SORTS[0]], {
    glyph: 'down', kind: 'plain', 'aria-haspopup': 'menu', act: (event) => this.#chooseSort(event.currentTarget)
  })
  #place = h('div', { class: 'rows-place' })
  #scroller
  #rows
  #seg = segments(t.uploads.filter, Object.keys(FILTERS).map((id) => ({ id, word: t.uploads.filters[id],
    address: '#' })))

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    // The store itself loads the data.
    this.#life = new Lifecycle(shell, { draw: () => this.#update() })
    this.notes = this.#life.notes
    this.#store = new UploadStore(shell.me.tenant)
    const acts = actor((session) => this.#store.take(session), (error) => this.#fault('act', error))
    this.#scroller = h('div', { class: 'uploads', tabindex: '-1' },
      h('div', { class: 'bar-top' }, h('div', { class: 'seg-place' }, this.#seg.element), this.#count, this.#sort),
      this.notes.element, this.#place)
    this.element = this.#scroller
    this.#rows = rowsInSight({
      scroller: this.#scroller, label: t.uploads.title, height: () => (innerWidth > 900 ? HEIGHT : HEIGHT_NARROW),
      make: () => new UploadRow(acts)
    })
    this.#store.on('list', () => this.#show())
    this.#store.on('rows', () => this.#life.draw())
    this.#store.on('fault', (error) => this.#fault('load', error))
    learnNames(shell).then(() => this.#life.draw())
  }

  /** @param {import('../router.js').Route} route */
  go({ query }) {
    const state = query.get('state')
    const sort = query.get('sort')
    const wanted = {
      state: state in FILTERS ? state : 'unfinished', name: query.get('name') ?? '',
      sort: SORTS.includes(sort) ? sort : SORTS[0]
    }
    this.shell.place(t.uploads.title)
    this.#life.search(wanted.name, t.uploads.find, (text) => this.#with({ name: text || null }))
    this.#seg.show(wanted.state, {}, (id) => this.#with({ state: id === 'unfinished' ? null : id }))
    say(/** @type {Element} */ (this.#sort.lastChild), t.uploads.sorts[wanted.sort])
    this.#sort.hidden = wanted.state === 'done'
    if (JSON.stringify(wanted) === this.#shown) return true
    this.#shown = JSON.stringify(wanted)
    this.notes.hide('load')
    this.#scroller.scrollTop = 0
    this.#place.replaceChildren(bones())
    this.#store.find(wanted)
    return true
  }

  close() {
    this.#life.leave()
    this.#rows.close()
    this.#store.close()
  }

  /** @param {Record<string, string | null>} change */
  #with(change) {
    const { state, name, sort } = this.#store.query
    return addressOf('uploads', [], {
      state: state === 'unfinished' ? null : state, name: name || null, sort: sort === SORTS[0] ? null : sort,
      ...change
    })
  }

  #chooseSort(anchor) {
    openMenu(anchor, SORTS.map((sort) => ({
      word: t.uploads.sorts[sort], act: () => go(this.#with({ sort: sort === SORTS[0] ? null : sort }),
        { replace: true })
    })))
  }

  #show() {
    const { items, loaded, query } = this.#store
    if (!loaded) return
    if (items.length > 0) {
      if (!this.#place.contains(this.#rows.element)) this.#place.replaceChildren(this.#rows.element)
      this.#rows.show(items)
    } else if (query.name) this.#place.replaceChildren(emptyPlace(t.nothingCalled(query.name), t.uploads.noneHint))
    else if (query.state === 'unfinished') {
      this.#place.replaceChildren(emptyPlace(t.uploads.emptyTitle, t.uploads.empty,
        command(`curl -T FILE -H "Authorization: Bearer $KEY" ${new URL('api/tree/', root).href}`)))
    } else this.#place.replaceChildren(emptyPlace(t.uploads.none, t.uploads.noneHint))
    this.#figures()
  }

  #update() {
    this.#rows.update()
    this.#figures()
  }

  #figures() {
    const { items, complete, query } = this.#store
    const speed = items.reduce((sum, item) => sum + (item.state === 'open' ? item.speed.current ?? 0 : 0), 0)
    const count = complete ? format.number(items.length) : items.length >= MOST ? t.uploads.first(MOST)
      : `${format.number(items.length)}+`
    say(this.#count, items.length === 0 ? '' : t.uploads.sum(count, speed > 0 ? format.speed(speed) : ''))
    if (query.state === 'unfinished' && query.name === '') this.shell.count('uploads', items.length)
  }

  #fault(id, error) {
    if (!error) { this.notes.hide(id); return }
    this.notes.show(id, {
      kind: 'bad', glyph: 'fail', lead: id === 'load' ? t.listFault : t.uploads.actFault, text: error.message,
      code: codeOf(error),
      actions: id === 'load' ? [{ word: t.again, act: () => this.#store.load() }] : []
    })
  }
}
