// What a space keeps of the earlier contents of its files: a dialog that says it and sets it.
import { call } from '../api.js'
import { ask, field } from '../parts/dialog.js'
import { t as words } from '../texts/access.js'
import { t } from '../texts/versions.js'

const MIB = 1 << 20
const PARTS = ['last', 'hours', 'days', 'weeks']

/** @param {import('./pane.js').ListPane} pane @param {import('../parts/spaces.js').Space & {title: string}} space */
export const setPolicy = (pane, space) => pane.act(async () => {
  const found = await call('GET', `api/spaces/${space.id}/versions`)
  const own = found.policies.find(({ path }) => path === '')
  const inputs = PARTS.map((part) => ({ part, ...field(t.policy[part], String(own?.policy[part] || ''), { inputmode: 'numeric' }) }))
  const most = field(t.policy.bytes, own?.policy.bytes ? String(Math.round(own.policy.bytes / MIB)) : '',
    { inputmode: 'numeric', placeholder: t.policy.anyBytes })
  const others = found.policies.length - (own ? 1 : 0)
  const answers = [{ word: words.save, value: 'set' }, ...(own ? [{ word: t.policy.remove, value: 'remove' }] : [])]
  return await ask({
    title: t.policy.title(space.title), answers, fields: [...inputs.map(({ element }) => element), most.element],
    text: [
      own ? t.policy.now(own.policy) : found.default ? t.policy.service(found.default) : t.policy.none,
      t.policy.uses(found.bytes), found.leavingVersions > 0 && t.policy.leaves(found.leavingVersions, found.leavingBytes),
      own?.settlesAt && t.policy.settles(own.settlesAt), others > 0 && t.policy.folders(others), t.policy.text, t.policy.stricter
    ].filter(Boolean),
    check: async (answer) => {
      try {
        await call('PATCH', `api/spaces/${space.id}`, { versions: answer === 'remove' ? { inherit: true } : policyOf(inputs, most) })
        return undefined
      } catch (error) { return error.message }
    }
  }) !== null
}, t.policy.changed(space.title))

/** @returns {Record<string, number>} the parts that are filled in */
function policyOf(inputs, most) {
  const numbers = inputs.map(({ part, input }) => [part, input.value.trim()]).filter(([, text]) => text !== '')
  const bytes = most.input.value.trim()
  if (bytes !== '') numbers.push(['bytes', String(Math.round(Number(bytes) * MIB))])
  if (numbers.length === 0 || numbers.some(([, text]) => !/^\d+$/.test(text))) throw new Error(t.policy.wrong)
  return Object.fromEntries(numbers.map(([part, text]) => [part, Number(text)]))
}
