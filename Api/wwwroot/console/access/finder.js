// A field for finding a user by name. A key cannot be found by name; its id can be typed instead.
import { call } from '../api.js'
import { h, say } from '../dom.js'
import { visible } from '../format.js'
import { field } from '../parts/dialog.js'
import { t } from '../texts/access.js'

const AFTER_TYPING = 250
const LEAST = 2
const ID = /^(user|key):[0-9a-f]{32}$/

/**
 * @param {string} space the id of the space
 * @returns {{element: HTMLElement, chosen: () => {subject: string, name: string}}} `chosen` throws an error with a
 *   message if no user is chosen
 */
export function finder(space) {
  const name = field(t.spaces.findPerson, '', { required: true, type: 'search', placeholder: t.spaces.findHint })
  const found = h('ul', { class: 'found', 'aria-label': t.spaces.found })
  const told = h('p', { class: 'hint', role: 'status' }, t.spaces.findFirst)
  const names = new Map()
  let [asked, typing] = [0, 0]

  async function find() {
    const asking = ++asked
    const text = name.input.value.trim()
    const before = picked()
    if (text.length < LEAST || ID.test(text)) { show([], t.spaces.findFirst); return }
    try {
      const { items } = await call('GET',
        `api/spaces/${encodeURIComponent(space)}/people?${new URLSearchParams({ search: text })}`)
      if (asking === asked) show(items, items.length > 0 ? '' : t.spaces.nobody(text), before)
    } catch (error) {
      if (asking === asked) show([], error.message)
    }
  }

  function show(items, sentence, before = null) {
    names.clear()
    for (const { subject, name: shown } of items) names.set(subject, visible(shown))
    // A single match is chosen automatically.
    const chosen = items.length === 1 ? items[0].subject : before
    found.replaceChildren(...items.map(({ subject }) => h('li', {}, h('label', {},
      h('input', { type: 'radio', name: 'found', value: subject, checked: subject === chosen }),
      names.get(subject)))))
    say(told, sentence)
    told.hidden = !sentence
  }

  /** @returns {string | null} */
  const picked = () => /** @type {HTMLInputElement | null} */ (found.querySelector(':checked'))?.value ?? null

  name.input.addEventListener('input', () => {
    clearTimeout(typing)
    typing = setTimeout(find, AFTER_TYPING)
  })
  return {
    element: h('div', { class: 'finder' }, name.element, told, found),
    chosen: () => {
      const text = name.input.value.trim()
      const subject = ID.test(text) ? text : picked()
      if (!subject) throw new Error(t.spaces.chooseOne)
      return { subject, name: names.get(subject) ?? subject }
    }
  }
}
