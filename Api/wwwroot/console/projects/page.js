// The screen of a project: the files on the service and on devices, and beside them the devices and people.
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import * as format from '../format.js'
import { glyphOf } from '../files/list.js'
import { list as listFolder } from '../files/tree.js'
import { live } from '../live.js'
import { bones, emptyPlace } from '../parts/empty.js'
import { Lifecycle } from '../parts/lifecycle.js'
import { openMenu } from '../parts/menu.js'
import { command } from '../parts/command.js'
import { nameOf } from '../parts/name.js'
import { segments } from '../parts/segments.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/projects.js'
import { menuOf, owns, spaceIdOf } from './acts.js'
import { coming, comingAll, want, wantAll } from './asks.js'
import { lamp } from './parts.js'
import { ProjectSide, shareDevice } from './side.js'

const EVERY = 15_000
const PAGE = 200
const PLACES = ['all', 'service', 'devices', 'coming']
const SOON = 2000
const MOST = 100
// The time for which failed requests are shown.
const DAY = 86_400_000

export class ProjectPage {
  #id
  #place = 'all'
  #search = ''
  // The folder of devices, or the request for one, to which the list is limited.
  #below = ''
  #batch = ''
  /** @type {import('./acts.js').Project | null} */
  #project = null
  #entries = []
  #files = []
  #coming = []
  #batches = []
  #next = null
  #shown = ''
  #body = h('tbody')
  #table = h('table', { class: 'project-table', 'aria-label': t.project.table },
    h('thead', {}, h('tr', {}, [[t.project.name], [t.project.size, 'amount'], [t.project.modified, 'modified'],
      [t.project.where]]
      .map(([word, kind = '']) => h('th', { scope: 'col', class: kind }, word)),
    h('th', { scope: 'col' }, h('span', { class: 'only-heard' }, t.project.act)))), this.#body)
  #list = h('div', { class: 'project-files' }, bones())
  #bar = h('div', { class: 'list-bar below-bar', hidden: true })
  #foot = h('p', { class: 'hint files-foot' })
  #more = button(t.project.more, { hidden: true, act: () => this.life.load(true) })
  #share = button(t.project.share, { glyph: 'laptop', hidden: true, act: () => shareDevice(this.#project) })
  #upload = h('a', { class: 'button primary', hidden: true }, icon('upload'), t.project.upload)

  /** @param {import('../shell.js').Shell} shell @param {string} id */
  constructor(shell, id) {
    this.shell = shell
    this.#id = id
    const moves = () => this.#coming.some(({ status }) => status === 'in_progress')
    this.life = new Lifecycle(shell, { read: (more) => this.#read(more), every: () => (moves() ? SOON : EVERY),
      failed: (error) => this.#failed(error) })
    this.life.until(live.on('event', ({ topic }) => {
      if ((['project', 'space'].includes(topic.kind) && topic.id === id.replaceAll('-', ''))
        || ['file_transfer'].includes(topic.kind)) {
        this.life.later()
      }
    }))
    this.side = new ProjectSide(this.life)
    this.places = segments(t.project.places,
      PLACES.map((place) => ({ id: place, word: t.project[place], address: this.#address(place) })))
    this.menu = button('', { glyph: 'more', kind: 'plain', label: t.projects.moreOf(''), hidden: true,
      'aria-haspopup': 'menu',
      act: ({ currentTarget }) => openMenu(currentTarget, menuOf(this.life, shell.me, this.#project)) })
    this.element = h('div', { class: 'project-page' },
      h('div', { class: 'list-bar' }, h('div', { class: 'seg-place grow' }, this.places.element), this.#share,
        this.#upload, this.menu),
      h('div', { class: 'project-main' }, this.life.notes.element, this.#bar, this.#list), this.side.element)
    this.life.load()
  }

  /** @param {import('../router.js').Route} route */
  go({ query }) {
    const place = query.get('where') ?? 'all'
    const search = query.get('search') ?? ''
    const [below, batch] = [query.get('in') ?? '', query.get('batch') ?? '']
    const other = place !== this.#place || search !== this.#search || below !== this.#below || batch !== this.#batch
    this.#below = below
    this.#batch = batch
    this.#place = PLACES.includes(place) ? place : 'all'
    this.#search = search
    this.places.show(this.#place, {}, (one) => this.#address(one))
    this.life.search(search, t.project.find, (text) => addressOf('projects', [this.#id],
      this.#query(this.#place, text)))
    this.#name()
    if (other) this.life.load()
    return true
  }

  #address(place) { return addressOf('projects', [this.#id], this.#query(place, this.#search)) }

  #query(place, search, below = null) { return { where: place === 'all' ? null : place, in: below,
    search: search || null } }

  #name() {
    this.shell.place(this.#project ? format.visible(this.#project.name) : t.projects.title,
      this.#project ? [{ word: t.projects.title, address: addressOf('projects') }] : [], addressOf('projects'))
  }

  async #read(more) {
    const at = `api/projects/${encodeURIComponent(this.#id)}`
    const query = new URLSearchParams({ limit: String(PAGE) })
    if (this.#search) query.set('search', this.#search)
    if (this.#below) query.set('path', this.#below)
    // Requests as many rows as are shown, so that pages that the user has requested stay.
    if (more && this.#next) query.set('cursor', this.#next)
    const project = await call('GET', at)
    const isOnService = this.#place === 'service' || this.#place === 'coming'
    const waits = project.waiting_requests > 0
    const mine = this.#batch ? `batch=${encodeURIComponent(this.#batch)}&limit=${PAGE}`
      : `mine=asked&batch=none&status=pending,in_progress,failed&limit=${MOST}`
    const [{ members }, { invitations }, asked, requests, asks, batches, page, folder] = await Promise.all([
      call('GET', `${at}/members`),
      owns(this.shell.me, project) ? call('GET', `${at}/invitations`) : { invitations: [] },
      call('GET', `${at}/transfers?${mine}`),
      waits ? call('GET', `${at}/transfers?mine=requests&batch=none&limit=${MOST}`) : { transfers: [] },
      waits ? call('GET', `${at}/batches?mine=requests`) : { batches: [] },
      this.#batch ? { batches: [] } : call('GET', `${at}/batches?mine=asked`),
      isOnService ? { files: [], next_cursor: null } : call('GET', `${at}/files-paginated?${query}`),
      this.#below || this.#place === 'devices' || this.#place === 'coming' ? { items: [] }
        : listFolder(this.#id.replaceAll('-', ''), '', { counts: true, search: this.#search })
    ])
    return () => {
      const first = this.#project === null
      this.#project = project
      this.#entries = folder.items
      this.#files = more ? [...this.#files, ...page.files] : page.files
      this.#next = page.next_cursor
      this.#coming = asked.transfers.filter(({ status, completed_at: ended }) => status !== 'failed'
        || Date.now() - Date.parse(ended) < DAY)
      // Completed requests are removed from the list, unless the user is viewing them.
      this.#batches = batches.batches.filter(({ completed_at: ended, failed }) => !ended
        || (failed > 0 && Date.now() - Date.parse(ended) < DAY))
      if (first) this.#name()
      this.places.show(this.#place, { coming: this.#batch ? null : this.#coming.length + this.#batches.length },
        (one) => this.#address(one))
      this.side.show(project, members, invitations, requests.transfers, asks.batches)
      this.#show()
    }
  }

  #failed(error) {
    if (error.code !== 'no_such_project' && error.code !== 'not_permitted') {
      if (!this.#project) this.#list.replaceChildren()
      return false
    }
    this.#list.replaceChildren(emptyPlace(t.project.gone, '',
      h('a', { class: 'button', href: addressOf('projects') }, t.project.toList)))
    return true
  }

  #show() {
    const project = this.#project
    this.#share.hidden = !project.can_change
    this.#upload.hidden = !project.can_change
    this.#upload.href = addressOf('files', [], { space: spaceIdOf(project) })
    this.menu.hidden = menuOf(this.life, this.shell.me, project).length === 0
    this.#more.hidden = this.#next === null
    const remote = project.folders.reduce((all, folder) => all + folder.files, 0)
    this.#foot.textContent = t.project.foot(project.entries, remote,
      new Set(project.folders.map((folder) => folder.device_id)).size)
    const devices = project.folders.map(({ device_id: id, device_name: name, online }) => [id, name, online])
    const own = this.#place === 'coming' || (this.#place === 'all' && !this.#below) ? this.#coming : []
    const all = own === this.#coming ? this.#batches : []
    const open = this.#coming.map(({ file_path: path, status }) => [path, status])
    this.#showBar()
    const look = JSON.stringify([this.#place, this.#below, this.#batch, this.#entries, this.#files, own, all, open,
      devices])
    if (look === this.#shown && this.#list.contains(this.#table)) return
    this.#shown = look
    if (this.#entries.length + this.#files.length + own.length + all.length === 0) {
      this.#list.replaceChildren(this.#place === 'coming' ? emptyPlace(...t.asks.nothing) : this.#search
        ? emptyPlace(t.nothingCalled(this.#search), t.project.notFound)
        : emptyPlace(...t.project.nothing, command(`cu agent serve FOLDER --project ${project.id}`)))
      return
    }
    this.#body.replaceChildren(...all.map((one) => comingAll(this.life, project, one)),
      ...own.map((one) => coming(this.life, project, one)),
      ...this.#entries.map((entry) => this.#entry(entry)), ...this.#files.map((file) => this.#file(file)))
    this.#list.replaceChildren(this.#table, this.#foot, this.#more)
  }

  /** Shows the folder or the request to which the list is limited. */
  #showBar() {
    this.#bar.hidden = !this.#below && !this.#batch
    if (this.#bar.hidden) return
    const name = this.#below ? format.visible(this.#below) : t.asks.oneRequest
    this.#bar.replaceChildren(h('p', { class: 'grow cut', title: name }, icon('folder'), name),
      this.#below && this.#project.folders.length > 0 && button(t.asks.askFolder, { kind: 'small',
        act: () => wantAll(this.life, this.#project, `${this.#below}/`) }),
      h('a', { class: 'button small plain', href: this.#address(this.#batch ? 'coming' : this.#place) },
        t.asks.showAll))
  }

  /** @param {import('../files/tree.js').Entry & {entries?: number}} entry an entry on the service */
  #entry(entry) {
    const space = spaceIdOf(this.#project)
    const isFolder = entry.kind === 'folder'
    const parts = entry.path.split('/').filter(Boolean)
    const address = addressOf('files', isFolder ? parts : parts.slice(0, -1), { space })
    return this.#row(glyphOf(entry), h('a', { href: address }, nameOf(entry.name)), parts.slice(0, -1).join('/'),
      isFolder ? '–' : format.bytes(entry.size ?? 0), entry.modifiedAt, lamp(t.project.serviceName, true),
      isFolder
        ? button('', { glyph: 'right', kind: 'plain small', label: t.project.openIt(format.visible(entry.name)),
          act: () => go(address) })
        : entry.contentUrl && h('a', { class: 'button plain small square', href: entry.contentUrl, download: '',
          title: t.project.openIt(format.visible(entry.name)),
          'aria-label': t.project.openIt(format.visible(entry.name)) },
        icon('download')))
  }

  /**
   * @param {{path: string, size: number, modified_at: string, device_id: string, online: boolean}} file a file on a
   *   device
   */
  #file(file) {
    const at = file.path.lastIndexOf('/')
    const name = file.path.slice(at + 1)
    const device = this.#project.folders.find((folder) => folder.device_id === file.device_id)?.device_name ?? ''
    return this.#row(glyphOf({ kind: 'file', name }), nameOf(name), file.path.slice(0, at), format.bytes(file.size),
      file.modified_at,
      lamp(format.visible(device), file.online), this.#asked(file.path) ? null
        : button(t.asks.ask, { kind: 'plain small',
        label: t.asks.askIt(format.visible(name)), act: () => want(this.life, this.#project, file.path) }),
    addressOf('projects', [this.#id], this.#query('devices', '', file.path.slice(0, at))))
  }

  #asked(path) { return this.#coming.some(({ file_path: one, status }) => one === path && status !== 'failed') }

  #row(glyph, name, below, size, modifiedAt, where, act, folder = null) {
    return h('tr', {}, h('td', { class: 'what' }, h('div', {}, icon(glyph), h('div', { class: 'grow' }, name,
      below && h('p', { class: 'cut', title: format.visible(below) },
        folder ? h('a', { href: folder }, format.visible(below)) : format.visible(below))))),
    h('td', { class: 'amount' }, size),
    h('td', { class: 'modified' }, h('time', { datetime: modifiedAt, title: format.exactTime(modifiedAt) },
      format.when(modifiedAt))),
    h('td', { class: 'where' }, where), h('td', { class: 'act' }, act))
  }
}
