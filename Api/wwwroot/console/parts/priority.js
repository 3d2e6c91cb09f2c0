// The field for the priority of an upload: its share of a limited bandwidth.
import { call } from '../api.js'
import { h } from '../dom.js'
import { t } from '../texts/upload.js'

/**
 * @param {string} session the id of the session
 * @param {string} priority low, normal or high
 * @param {(error: Error) => void} [failed]
 */
export function prioritySelect(session, priority, failed = () => {}) {
  const select = h('select', { class: 'select', 'aria-label': t.priority.word },
    ['low', 'normal', 'high'].map((value) => h('option', { value }, t.priority[value])))
  select.value = priority
  select.addEventListener('change', async () => {
    try {
      // The service lowers a priority that the user may not set.
      priority = (await call('PATCH', `api/sessions/${session}`, { priority: select.value })).priority
    } catch (error) { failed(error) }
    select.value = priority
  })
  return select
}
