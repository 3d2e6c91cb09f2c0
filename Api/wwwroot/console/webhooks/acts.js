// The buttons of a webhook, and the words for its state.
import { call } from '../api.js'
import { h, icon } from '../dom.js'
import { sure } from '../parts/fields.js'
import { t } from '../texts/webhooks.js'
import { change, renew, titleOf } from './forms.js'

const LOOKS = { active: ['check', 'calm'], failing: ['clock', 'warn'], paused: ['pause', 'bad'],
  disabled: ['stop', ''] }

/**
 * @typedef {{id: string, title: string, url: string, format: string, events: string[], service?: boolean,
 *   enabled: boolean, state: string, failingSince: string | null, pausedAt: string | null, madeBy: string,
 *   createdAt: string}} Webhook
 */

/** Creates the icon and the word of a state. @param {Webhook} hook */
export const stateWord = ({ state }) =>
  h('span', { class: `state ${LOOKS[state][1]}`.trim() }, icon(LOOKS[state][0]), t.webhooks.states[state])

/**
 * The user's actions on a webhook.
 * @param {Webhook} hook
 * @param {(work: () => Promise<any>, done?: string) => void} act
 */
export function actsOf(hook, act, removed = () => {}) {
  const name = titleOf(hook)
  const set = (enabled) => act(() => call('PATCH', `api/webhooks/${hook.id}`, { enabled }))
  return [
    { word: t.webhooks.edit, glyph: 'pen', act: () => act(() => change(hook), t.webhooks.saved(name)) },
    hook.state === 'paused' ? { word: t.webhooks.resume, glyph: 'play', act: () => set(true) }
      : hook.enabled ? { word: t.webhooks.disable, glyph: 'stop', act: () => set(false) }
        : { word: t.webhooks.enable, glyph: 'check', act: () => set(true) },
    hook.state === 'paused' && { word: t.webhooks.disable, glyph: 'stop', act: () => set(false) },
    { word: t.webhooks.renew, glyph: 'lock', act: () => renew(hook) },
    { word: t.webhooks.remove, glyph: 'trash', kind: 'danger', act: () => act(async () => {
      if (!await sure(t.webhooks.removeTitle(name), t.webhooks.removeText, t.webhooks.remove)) return false
      await call('DELETE', `api/webhooks/${hook.id}`)
      removed()
      return true
    }, t.webhooks.removed(name)) }
  ].filter(Boolean)
}
