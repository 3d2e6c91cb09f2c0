// The list of projects, with a card for each.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { live } from '../live.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { openMenu } from '../parts/menu.js'
import { addressOf } from '../router.js'
import { t } from '../texts/projects.js'
import { add, bringBack, changeRules, menuOf } from './acts.js'
import { faces, lamp } from './parts.js'

const EVERY = 15_000

export class ProjectList {
  #search = ''
  /** @type {import('./acts.js').Project[] | null} */
  #items = null
  #shown = ''
  #place = h('div', {}, bones())

  /** @param {import('../shell.js').Shell} shell */
  constructor(shell) {
    this.shell = shell
    this.life = new Lifecycle(shell, { read: () => this.#read(), every: () => EVERY,
      failed: () => { if (!this.#items) this.#place.replaceChildren(); return false } })
    this.life.until(live.on('event', ({ topic }) => { if (topic.kind === 'project') this.life.later() }))
    this.element = h('div', { class: 'stack projects' },
      h('div', { class: 'pane-head' }, h('p', { class: 'hint grow' }, t.projects.hint), h('div', { class: 'buttons' },
        shell.me.scopes.includes('admin')
          && button(t.projects.rules, { 'aria-haspopup': 'dialog', act: () => changeRules(this.life) }),
        shell.me.scopes.includes('upload') && button(t.projects.add,
          { glyph: 'plus', kind: 'primary', act: () => this.life.act(add) }))),
      this.life.notes.element, this.#place)
    this.life.load()
  }

  /** @param {import('../router.js').Route} route */
  go({ query }) {
    this.shell.place(t.projects.title)
    this.#search = query.get('search') ?? ''
    this.life.search(this.#search, t.projects.find, (text) => addressOf('projects', [], { search: text || null }))
    this.#show()
    return true
  }

  async #read() {
    const { projects } = await call('GET', 'api/projects')
    return () => {
      this.#items = projects
      this.#show()
    }
  }

  #show() {
    if (!this.#items) return
    const sought = this.#search.toLocaleLowerCase()
    const wanted = this.#items.filter(({ name }) => name.toLocaleLowerCase().includes(sought))
    const look = JSON.stringify([this.#search, wanted])
    if (look === this.#shown) return
    this.#shown = look
    if (wanted.length === 0) {
      this.#place.replaceChildren(h('section', { class: 'card' }, this.#items.length > 0
        ? emptyPlace(t.nothingCalled(this.#search), t.projects.none) : emptyPlace(...t.projects.empty)))
      return
    }
    const focused = document.activeElement?.closest?.('.project-card')?.getAttribute('data-id')
    this.#place.replaceChildren(h('div', { class: 'project-cards', role: 'group', 'aria-label': t.projects.list },
      wanted.map((project) => this.#card(project))))
    if (focused) {
      /** @type {HTMLElement | null | undefined} */
      const next = this.#place.querySelector(`[data-id="${CSS.escape(focused)}"] :is(a, button)`)
      next?.focus()
    }
  }

  /** @param {import('./acts.js').Project} project */
  #card(project) {
    const { me } = this.shell
    const name = format.visible(project.name)
    const owner = format.visible(project.owner_name)
    const isMine = project.owner === me.subject
    const about = !project.is_member ? t.projects.foreign
      : project.archived_at
        ? (isMine ? t.projects.yoursArchived(project.archived_at)
          : t.projects.ofOwnerArchived(owner, project.archived_at))
        : isMine ? t.projects.yours(project.members) : t.projects.ofOwner(owner, project.members)
    const menu = menuOf(this.life, me, project)
    return h('article', { class: `card project-card${project.archived_at ? ' past' : ''}`, 'data-id': project.id },
      h('div', { class: 'project-head' },
        h('div', { class: 'grow' }, h('h2', { class: 'cut', title: name },
          project.is_member ? h('a', { href: addressOf('projects', [project.id]) }, name) : name), h('p', {}, about)),
        menu.length > 0 && button('', { glyph: 'more', kind: 'plain small', label: t.projects.moreOf(name),
          'aria-haspopup': 'menu',
          act: ({ currentTarget }) => openMenu(currentTarget, menu) })),
      h('div', { class: 'project-body' },
        h('div', { class: 'project-counts' }, icon('folder'), h('span', {}, t.projects.onService),
          h('b', {}, t.projects.entries(project.entries, project.bytes)), icon('laptop'), ...this.#devices(project)),
        project.waiting_requests > 0 && h('p', { class: 'lamp asked' }, t.projects.waiting(project.waiting_requests)),
        project.is_member && faces(project.member_names, project.members)),
      h('div', { class: 'card-foot' }, ...this.#foot(project, isMine)))
  }

  /** @param {import('./acts.js').Project} project */
  #devices({ archived_at: archived, folders }) {
    if (folders.length === 0) return [h('span', {}, archived ? t.projects.released : t.projects.noDevice),
      h('b', {}, '–')]
    const devices = new Map(folders.map((folder) => [folder.device_id, folder.online]))
    const online = [...devices.values()].filter(Boolean).length
    const sum = (of) => folders.reduce((all, folder) => all + folder[of], 0)
    return [h('span', {}, lamp(t.projects.online(online, devices.size), online > 0)),
      h('b', {}, t.projects.remote(sum('files'), sum('bytes')))]
  }

  #foot(project, isMine) {
    if (project.archived_at) {
      return [h('span', {}, t.projects.readOnly), isMine && h('div', { class: 'buttons tight' },
        button(t.projects.bringBack, { kind: 'small', act: () => bringBack(this.life, project) }))].filter(Boolean)
    }
    const told = project.folders.map((folder) => folder.told_at).filter(Boolean).sort().at(-1)
    const at = told ?? project.created_at
    return [h('span', {}, told ? t.projects.toldAt : t.projects.madeAt),
      h('time', { class: 'at', datetime: at, title: format.exactTime(at) }, format.when(at))]
  }
}
