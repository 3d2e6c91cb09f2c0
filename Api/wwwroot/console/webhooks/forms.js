// The dialogs for creating and changing a webhook, and its texts.
import { call } from '../api.js'
import { h } from '../dom.js'
import { visible } from '../format.js'
import { field } from '../parts/dialog.js'
import { choice, fill, showOnce, tick } from '../parts/fields.js'
import { command } from '../parts/command.js'
import { t } from '../texts/webhooks.js'

// Events of the service itself, for operators. Webhooks of a tenant get the other events, and also damage.
const OF_SERVICE = ['store_degraded', 'store_healthy', 'damaged', 'mended', 'job_failed', 'certificate_ends']
const ONLY_SERVICE = OF_SERVICE.filter((kind) => !['damaged', 'mended'].includes(kind))
const KINDS = Object.keys(t.webhooks.kinds).filter((kind) => kind !== 'test')
// The events for which tusd has a hook.
const OF_TUSD = ['created', 'progress', 'completed', 'cancelled', 'deleted']
const LONGEST_URL = 2000

/** Returns the title of a webhook, or otherwise its host. @param {import('./acts.js').Webhook} hook */
export const titleOf = ({ title, url }) => visible(title || hostOf(url))

export const wordOf = (kind) => t.webhooks.kinds[kind] ?? kind

/** @param {import('./acts.js').Webhook} hook */
export const eventsOf = ({ events, service }) =>
  (events.length > 0 ? events.map((kind) => wordOf(kind)).join(', ')
    : service ? t.webhooks.allTrouble : t.webhooks.all)

function hostOf(url) {
  try { return new URL(url).host } catch { return url }
}

/**
 * Creates the choice between all events except progress, and some events.
 * @param {string[]} chosen
 * @param {() => string} format
 * @param {() => boolean} service
 */
function eventChoice(chosen, format, service) {
  const { input, element } = choice(t.webhooks.which, [['all', t.webhooks.allOf], ['some', t.webhooks.these]],
    chosen.length === 0 ? 'all' : 'some')
  const ticks = KINDS.map((kind) => ({ kind, ...tick(wordOf(kind), chosen.includes(kind)) }))
  const list = h('fieldset', { class: 'several' }, h('legend', { class: 'only-heard' }, t.webhooks.these),
    ticks.map((one) => one.element))
  const show = () => {
    list.hidden = input.value === 'all'
    for (const one of ticks) {
      one.element.hidden = service() ? !OF_SERVICE.includes(one.kind)
        : ONLY_SERVICE.includes(one.kind) || (format() === 'tusd' && !OF_TUSD.includes(one.kind))
    }
    input.options[0].textContent = service() ? t.webhooks.allTroubleOf : t.webhooks.allOf
  }
  input.addEventListener('change', show)
  show()
  return {
    elements: [element, list],
    show,
    get values() {
      if (input.value === 'all') return []
      const values = ticks.filter((one) => one.input.checked && !one.element.hidden).map(({ kind }) => kind)
      if (values.length === 0) throw new Error(t.webhooks.choose)
      return values
    }
  }
}

const nameField = (value) => field(t.webhooks.name, value, { maxlength: '200', placeholder: t.webhooks.nameHint })
const urlField = (value) => field(t.webhooks.url, value, {
  required: true, type: 'url', inputmode: 'url', maxlength: String(LONGEST_URL), placeholder: t.webhooks.urlHint
})

/**
 * Shows the dialog for a new webhook, and then its secret, which is shown only once.
 * @param {boolean} operator
 * @returns {Promise<import('./acts.js').Webhook | null>}
 */
export async function make(operator) {
  const name = nameField('')
  const url = urlField('')
  const format = choice(t.webhooks.format, Object.entries(t.webhooks.formats))
  const of = choice(t.webhooks.of, Object.entries(t.webhooks.ofs))
  const ofService = () => of.input.value === 'service'
  const events = eventChoice([], () => format.input.value, ofService)
  format.input.addEventListener('change', events.show)
  of.input.addEventListener('change', () => {
    format.element.hidden = ofService()
    events.show()
  })
  const made = await fill({
    title: t.webhooks.make, text: [t.webhooks.makeText], act: t.webhooks.makeIt,
    fields: [name.element, url.element, ...(operator ? [of.element] : []), format.element, ...events.elements],
    send: async () => call('POST', 'api/webhooks', {
      title: name.input.value.trim() || undefined, url: url.input.value.trim(), events: events.values,
      ...(ofService() ? { service: true } : { format: format.input.value })
    })
  })
  if (!made) return null
  await showSecret(made)
  return made.webhook
}

/** @param {import('./acts.js').Webhook} hook */
export function change(hook) {
  const name = nameField(hook.title)
  const url = urlField(hook.url)
  const events = eventChoice(hook.events, () => hook.format, () => hook.service)
  return fill({
    title: t.webhooks.editTitle(titleOf(hook)), act: t.save, fields: [name.element, url.element, ...events.elements],
    send: async () => call('PATCH', `api/webhooks/${hook.id}`, {
      title: name.input.value.trim(), url: url.input.value.trim(), events: events.values
    })
  })
}

/** @param {import('./acts.js').Webhook} hook */
export async function renew(hook) {
  const made = await fill({
    title: t.webhooks.renewTitle(titleOf(hook)), text: [t.webhooks.renewText], fields: [], act: t.webhooks.renew,
    send: () => call('POST', `api/webhooks/${hook.id}/secret`)
  })
  if (made) await showSecret(made)
}

const showSecret = ({ webhook, secret }) =>
  showOnce(t.webhooks.secretTitle(titleOf(webhook)), t.webhooks.secretText, [command(secret)], t.webhooks.kept)
