// The dialog for the retention policy of a space or folder: which versions of its files are kept.
import { call } from '../api.js'
import { ask, field } from '../parts/dialog.js'
import { t as words } from '../texts/access.js'
import { t } from '../texts/versions.js'

const MIB = 1 << 20
const PARTS = ['last', 'hours', 'days', 'weeks']

/** @param {import('./pane.js').ListPane} pane @param {import('../parts/spaces.js').Space & {title: string}} space */
export const setPolicy = (pane, space) => pane.act(async () => {
  const found = await call('GET', `api/spaces/${space.id}/versions`)
  const policyAt = (path) => found.policies.find((one) => one.path === path)
  const own = policyAt('')
  const inputs = PARTS.map((part) => ({ part, ...field(t.policy[part], '', { inputmode: 'numeric' }) }))
  const most = field(t.policy.bytes, '', { inputmode: 'numeric', placeholder: t.policy.anyBytes })
  const folder = field(t.policy.folder, '', { placeholder: t.policy.wholeSpace })
  const folderOf = () => folder.input.value.trim().replace(/^\/+|\/+$/g, '')
  const show = () => {
    const shown = policyAt(folderOf())?.policy
    for (const { part, input } of inputs) input.value = String(shown?.[part] || '')
    most.input.value = shown?.bytes ? String(Math.round(shown.bytes / MIB)) : ''
  }
  folder.input.addEventListener('change', show)
  show()
  const others = found.policies.filter(({ path }) => path !== '')
  const answers = [{ word: words.save, value: 'set' },
    ...(found.policies.length > 0 ? [{ word: t.policy.remove, value: 'remove' }] : [])]
  return await ask({
    title: t.policy.title(space.title), answers, fields: [folder.element, ...inputs.map(({ element }) => element),
      most.element],
    text: [
      own ? t.policy.now(own.policy) : found.default ? t.policy.service(found.default) : t.policy.none,
      ...others.map(({ path, policy }) => t.policy.ofFolder(path, policy)),
      t.policy.uses(found.bytes), found.leavingVersions > 0 && t.policy.leaves(found.leavingVersions,
        found.leavingBytes),
      own?.settlesAt && t.policy.settles(own.settlesAt), t.policy.text, t.policy.stricter
    ].filter(Boolean),
    check: async (answer) => {
      try {
        const versions = answer === 'remove' ? { inherit: true } : policyOf(inputs, most)
        await call('PATCH', `api/spaces/${space.id}`, folderOf() === '' ? { versions }
          : { versions, folder: folderOf() })
        return undefined
      } catch (error) { return error.message }
    }
  }) !== null
}, t.policy.changed(space.title))

/** @returns {Record<string, number>} the values of the fields that are not empty */
function policyOf(inputs, most) {
  const numbers = inputs.map(({ part, input }) => [part, input.value.trim()]).filter(([, text]) => text !== '')
  const bytes = most.input.value.trim()
  if (bytes !== '') numbers.push(['bytes', String(Math.round(Number(bytes) * MIB))])
  if (numbers.length === 0 || numbers.some(([, text]) => !/^\d+$/.test(text))) throw new Error(t.policy.wrong)
  return Object.fromEntries(numbers.map(([part, text]) => [part, Number(text)]))
}
