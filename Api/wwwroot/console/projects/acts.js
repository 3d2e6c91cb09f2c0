// The user's actions on a project, on its card and on its screen.
import { call } from '../api.js'
import { visible } from '../format.js'
import { field } from '../parts/dialog.js'
import { fill, sure, tick } from '../parts/fields.js'
import { forgetSpaces } from '../parts/spaces.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/projects.js'

/**
 * @typedef {{id: string, place: string, device_id: string, device_name: string, platform: string, owner: string,
 *   owner_name: string, online: boolean, last_seen_at: string, files: number, bytes: number, is_complete: boolean,
 *   told_at: string | null, approval: 'ask' | 'always' | 'never', bytes_a_day: number | null,
 *   straight_only: boolean}} Folder
 * @typedef {{id: string, name: string, owner: string, owner_name: string, is_member: boolean, can_change: boolean,
 *   created_at: string, archived_at: string | null, member_names: string[], members: number, entries: number,
 *   bytes: number, sequence: number, waiting_requests: number, folders: Folder[]}} Project
 */

const at = ({ id }) => `api/projects/${id}`

/** Returns the id of the space of a project. @param {Project} project */
export const spaceIdOf = ({ id }) => id.replaceAll('-', '')

/** @param {any} me @param {Project} project */
export const owns = (me, project) => project.owner === me.subject || me.scopes.includes('admin')

export async function add() {
  const name = field(t.projects.name, '', { required: true, maxlength: '200' })
  const made = await fill({
    title: t.projects.add, text: [t.projects.addText], fields: [name.element], act: t.projects.make,
    send: () => call('POST', 'api/projects', { name: name.input.value.trim() })
  })
  if (!made) return
  forgetSpaces()
  go(addressOf('projects', [made.id]))
}

/**
 * Shows the dialog in which an administrator sets the rules for the projects of the tenant.
 * @param {import('../parts/lifecycle.js').Lifecycle} life
 */
export const changeRules = (life) => life.act(async () => {
  const { straight } = await call('GET', 'api/project-rules')
  const allowed = tick(t.projects.straight, straight)
  return fill({
    title: t.projects.rulesTitle, text: [t.projects.rulesText], fields: [allowed.element], act: t.projects.save,
    send: () => call('PATCH', 'api/project-rules', { straight: allowed.input.checked })
  })
}, t.projects.rulesSaved)

/**
 * Returns the items of a project's menu.
 * @param {import('../parts/lifecycle.js').Lifecycle} life
 * @param {any} me
 * @param {Project} project
 */
export function menuOf(life, me, project) {
  const name = visible(project.name)
  const mine = owns(me, project) && me.scopes.includes('upload')
  const change = (body, told) => life.act(() => call('PATCH', at(project), body), told)
  return [
    project.is_member && { word: t.projects.openFiles, glyph: 'folder',
      act: () => go(addressOf('files', [], { space: spaceIdOf(project) })) },
    mine && { word: t.projects.rename, glyph: 'pen', act: () => rename(life, project, name) },
    mine && (project.archived_at
      ? { word: t.projects.bringBack, glyph: 'retry',
        act: () => change({ archived: false }, t.projects.broughtBack(name)) }
      : { word: t.projects.archive, glyph: 'archive',
        act: () => life.act(async () => await sure(t.projects.archiveTitle(name),
        t.projects.archiveText, t.projects.archive) && call('PATCH', at(project), { archived: true }),
          t.projects.archived(name)) }),
    project.is_member && project.owner !== me.subject
      && { word: t.projects.leave, glyph: 'out', act: () => leave(life, me, project, name) },
    mine && { word: t.projects.end, glyph: 'trash', kind: 'danger', act: () => end(life, project, name) }
  ].filter(Boolean)
}

/** @param {import('../parts/lifecycle.js').Lifecycle} life @param {Project} project */
export const bringBack = (life, project) => life.act(() => call('PATCH', at(project), { archived: false }),
  t.projects.broughtBack(visible(project.name)))

function rename(life, project, name) {
  const input = field(t.projects.name, project.name, { required: true, maxlength: '200' })
  return life.act(() => fill({
    title: t.projects.renameTitle(name), fields: [input.element], act: t.projects.save,
    send: async () => {
      await call('PATCH', at(project), { name: input.input.value.trim() })
      forgetSpaces()
    }
  }))
}

const end = (life, project, name) => life.act(async () => {
  if (!await sure(t.projects.endTitle(name), t.projects.endText, t.projects.end)) return false
  await call('DELETE', at(project))
  go(addressOf('projects'))
  return true
}, t.projects.ended(name))

const leave = (life, me, project, name) => life.act(async () => {
  if (!await sure(t.projects.leaveTitle(name), t.projects.leaveText, t.projects.leave)) return false
  await call('DELETE', `${at(project)}/members/${encodeURIComponent(me.subject)}`)
  forgetSpaces()
  go(addressOf('projects'))
  return true
}, t.projects.left(name))
