// The side of the screen of a project: its devices with the folders they serve, and its people.
import { finder } from '../access/finder.js'
import { call } from '../api.js'
import { button, h, icon } from '../dom.js'
import { date, visible } from '../format.js'
import { ask, field } from '../parts/dialog.js'
import { choice, fill, showOnce, sure, tick } from '../parts/fields.js'
import { openMenu } from '../parts/menu.js'
import { command } from '../parts/command.js'
import { t } from '../texts/projects.js'
import { owns, spaceIdOf } from './acts.js'
import { asking, wantAll } from './asks.js'
import { face, lamp } from './parts.js'

const MIB = 1 << 20

/** Shows how to serve a folder of a computer. @param {import('./acts.js').Project} project */
export const shareDevice = (project) => ask({
  title: t.project.shareTitle, text: [t.project.shareText],
  fields: [command(`cu agent serve FOLDER --project ${project.id}`), h('p', { class: 'hint' }, t.project.shareHint)],
  answers: [{ word: t.close, value: true }], dismiss: null
})

export class ProjectSide {
  #requests = h('section', { class: 'asks', 'aria-label': t.asks.head, hidden: true })
  #asked = ''
  #devices = h('section', { 'aria-label': t.project.devicesHead })
  #people = h('section', { 'aria-label': t.project.people })
  #links = h('section', { 'aria-label': t.project.links, hidden: true })
  element = h('aside', { class: 'project-side', 'aria-label': t.project.side }, this.#requests, this.#devices,
    this.#people, this.#links)

  /** @param {import('../parts/lifecycle.js').Lifecycle} life */
  constructor(life) {
    this.life = life
    this.me = life.shell.me
  }

  /**
   * @param {import('./acts.js').Project} project
   * @param {{subject: string, name: string | null, can_change: boolean}[]} members
   * @param {{id: string, uses: number, most_uses: number, can_change: boolean, expires_at: string}[]} invitations the
   *   invitations, which only the owner gets
   * @param {import('./asks.js').Request[]} requests the requests that the user must answer
   * @param {import('./asks.js').Batch[]} batches the requests for folders that the user must answer
   */
  show(project, members, invitations, requests, batches) {
    // Unchanged requests are not redrawn, so that the focus stays.
    const asked = [...requests.map(({ id, attempt }) => `${id} ${attempt}`),
      ...batches.map((one) => `${one.batch_id} ${one.waiting}`)].join()
    if (asked !== this.#asked) {
      this.#asked = asked
      this.#requests.hidden = requests.length + batches.length === 0
      this.#requests.replaceChildren(...asking(this.life, project, requests, batches))
    }
    this.#devices.replaceChildren(
      h('h2', {}, t.project.devicesHead,
        project.can_change && button(t.project.addThis, { kind: 'plain small', act: () => shareDevice(project) })),
      project.folders.length === 0 ? h('p', { class: 'hint' }, t.project.noFolders)
        : h('ul', { class: 'project-people' }, project.folders.map((folder) => this.#folder(project, folder))))
    this.#people.replaceChildren(
      h('h2', {}, t.project.people, owns(this.me, project)
        && button(t.project.invite, { kind: 'plain small', act: () => this.#invite(project) })),
      h('ul', { class: 'project-people' }, members.map((member) => this.#member(project, member))))
    this.#links.hidden = !owns(this.me, project) || project.archived_at !== null
    this.#links.replaceChildren(
      h('h2', {}, t.project.links, button(t.project.addLink, { kind: 'plain small',
        act: () => this.#addLink(project) })),
      invitations.length === 0 ? h('p', { class: 'hint' }, t.project.noLinks)
        : h('ul', { class: 'project-people' }, invitations.map((one) => this.#link(project, one))))
  }

  #link(project, one) {
    const ends = () => this.life.act(() => call('DELETE', `api/projects/${project.id}/invitations/${one.id}`)
      .then(() => true))
    return h('li', { 'data-id': one.id }, h('span', { class: 'storage-mark' }, icon('link')),
      h('span', { class: 'grow' }, h('b', {}, t.project.linkUses(one.uses, one.most_uses)),
        h('small', {}, t.project.linkEnds(one.can_change, date(one.expires_at)))),
      h('span', { class: 'end' }, button(t.project.endLink, { kind: 'plain small', act: ends })))
  }

  /** Creates an invitation link. It is shown once, because the service stores only its digest. */
  #addLink(project) {
    const days = field(t.project.linkDays, '7', { required: true, inputmode: 'numeric' })
    const uses = field(t.project.linkMost, '1', { required: true, inputmode: 'numeric' })
    const change = tick(t.project.mayChange, true)
    return this.life.act(async () => {
      const made = await fill({
        title: t.project.linkTitle, text: [t.project.linkText], fields: [days.element, uses.element, change.element],
        act: t.project.makeLink,
        send: () => call('POST', `api/projects/${project.id}/invitations`,
          { days: Number(days.input.value), uses: Number(uses.input.value), can_change: change.input.checked })
      })
      if (made) await showOnce(t.project.linkTitle, t.project.linkOnce, [command(made.link)], t.close)
      return made
    })
  }

  /** @param {import('./acts.js').Project} project @param {import('./acts.js').Folder} folder */
  #folder(project, folder) {
    const isMine = folder.owner === this.me.subject
    const about = folder.is_complete
      ? t.project.served(visible(folder.place), folder.files,
        t.project.rule(folder.approval, isMine, visible(folder.owner_name)))
      : `${visible(folder.place)}, ${t.project.listing}`
    const menu = [
      !isMine && folder.files > 0 && { word: t.asks.askFolder, glyph: 'download',
        act: () => wantAll(this.life, project, folder.place === '/' ? '/' : `${folder.place}/`) },
      isMine && { word: t.project.approvals, glyph: 'person', act: () => this.#approvals(project, folder) },
      (isMine || owns(this.me, project))
        && { word: t.project.release, glyph: 'stop', kind: 'danger', act: () => this.#release(project, folder) }
    ].filter(Boolean)
    return h('li', { 'data-id': folder.id }, h('span', { class: 'storage-mark' }, icon('laptop')),
      h('span', { class: 'grow' }, h('b', { class: 'cut' }, visible(folder.device_name)), h('small', {}, about)),
      h('span', { class: 'end' }, lamp(folder.online ? t.project.online : t.project.seen(folder.last_seen_at),
        folder.online, 'small'),
        menu.length > 0 && button('', { glyph: 'more', kind: 'plain small',
          label: t.projects.moreOf(visible(folder.place)),
          'aria-haspopup': 'menu', act: ({ currentTarget }) => openMenu(currentTarget, menu) })))
  }

  #approvals(project, folder) {
    const approval = choice(t.project.approval, Object.entries(t.project.approvalWords), folder.approval)
    const bytes = field(t.project.bytesADay, folder.bytes_a_day === null ? ''
      : String(Math.round(folder.bytes_a_day / MIB)),
      { inputmode: 'numeric' })
    const straight = tick(t.project.straight, folder.straight_only)
    return this.life.act(() => fill({
      title: t.project.approvalsTitle(visible(folder.place)), act: t.projects.save,
      fields: [approval.element, bytes.element, straight.element],
      send: async () => {
        const text = bytes.input.value.trim()
        if (text && !/^\d{1,9}$/.test(text)) throw new Error(t.project.badNumber)
        await call('PATCH', `api/projects/${project.id}/folders/${folder.id}`, {
          approval: approval.input.value, bytes_a_day: Number(text) * MIB, straight_only: straight.input.checked
        })
      }
    }), t.project.saved)
  }

  #release(project, folder) {
    const place = visible(folder.place)
    return this.life.act(async () => await sure(t.project.releaseTitle(place), t.project.releaseText,
      t.project.release)
      && call('DELETE', `api/projects/${project.id}/folders/${folder.id}`).then(() => true),
        t.project.releaseDone(place))
  }

  #member(project, { subject, name, can_change: canChange }) {
    const shown = visible(name ?? subject)
    const isOwner = subject === project.owner
    const at = `api/projects/${project.id}/members/${encodeURIComponent(subject)}`
    const set = (can) => this.life.act(() => call('PUT', at, { can_change: can }).then(() => true))
    const menu = owns(this.me, project) && !isOwner && [
      canChange ? { word: t.project.makeReader, glyph: 'eye', act: () => set(false) }
        : { word: t.project.makeMember, glyph: 'pen', act: () => set(true) },
      canChange && subject.startsWith('user:')
        && { word: t.project.handOver, glyph: 'move', act: () => this.#handOver(project, subject, shown) },
      { word: t.project.removeMember, glyph: 'trash', kind: 'danger', act: () => this.life.act(async () => await sure(
        t.project.removeTitle(shown), t.project.removeText, t.project.removeMember)
          && call('DELETE', at).then(() => true),
      t.project.removedMember(shown)) }
    ].filter(Boolean)
    return h('li', { 'data-id': subject }, face(name ?? ''),
      h('span', { class: 'grow' }, h('b', { class: 'cut' }, shown),
        subject === this.me.subject && h('small', {}, t.project.you)),
      h('span', { class: 'end' }, h('span', { class: 'hint' },
        isOwner ? t.project.owner : canChange ? t.project.member : t.project.reader),
        menu && button('', { glyph: 'more', kind: 'plain small', label: t.projects.moreOf(shown),
          'aria-haspopup': 'menu',
          act: ({ currentTarget }) => openMenu(currentTarget, menu) })))
  }

  #handOver(project, subject, name) {
    return this.life.act(async () => await sure(t.project.handOverTitle(name), t.project.handOverText,
      t.project.handOver)
      && call('PATCH', `api/projects/${project.id}`, { owner: subject }), t.project.handedOver(name))
  }

  #invite(project) {
    const who = finder(spaceIdOf(project))
    const change = tick(t.project.mayChange, true)
    return this.life.act(() => fill({
      title: t.project.addTitle, fields: [who.element, change.element], act: t.project.addAct,
      send: () => call('PUT', `api/projects/${project.id}/members/${encodeURIComponent(who.chosen().subject)}`,
        { can_change: change.input.checked })
    }))
  }
}
