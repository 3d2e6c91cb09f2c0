// Rules for the metadata of uploads: a row for each field with the condition for its value.
import { button, h } from '../dom.js'
import { field } from '../parts/dialog.js'
import { tick } from '../parts/fields.js'
import { t } from '../texts/access.js'

/** @typedef {{key: string, required: boolean, pattern: string | null, maxLength: number | null}} Rule */

export class MetadataRules {
  #rows = []
  #list = h('div', { class: 'rules' })
  #none = h('p', { class: 'hint' }, t.limits.noRules)

  /** @param {Rule[]} rules @param {boolean} fixed whether the rules are read-only */
  constructor(rules, fixed) {
    this.fixed = fixed
    this.element = h('fieldset', { class: 'metadata-rules' }, h('legend', {}, t.limits.metadata), this.#none,
      this.#list,
      !fixed && h('div', {}, button(t.limits.addRule, { glyph: 'plus', kind: 'small',
        act: () => this.#add().focus() })))
    for (const rule of rules) this.#add(rule)
    this.#show()
  }

  /** The rules as the service expects them, or null if there are none. @returns {Rule[] | null} */
  get values() {
    const values = this.#rows.map(({ key, pattern, length, required }) => ({
      key: key.input.value.trim(), required: required.input.checked, pattern: pattern.input.value || null,
      maxLength: length.input.value === '' ? null : Number(length.input.value)
    }))
    return values.length > 0 ? values : null
  }

  /** The first field of a key that is empty. @returns {HTMLElement | undefined} */
  get wrong() {
    for (const { key } of this.#rows) {
      if (key.input.value.trim()) key.input.removeAttribute('aria-invalid')
      else key.input.setAttribute('aria-invalid', 'true')
    }
    return this.#rows.find(({ key }) => !key.input.value.trim())?.key.input
  }

  /** @param {Partial<Rule>} [rule] @returns {HTMLElement} the field that gets the focus */
  #add({ key = '', required = true, pattern = '', maxLength = null } = {}) {
    const disabled = this.fixed
    const row = {
      key: field(t.limits.ruleKey, key, { placeholder: 'project', maxlength: '100', disabled }),
      pattern: field(t.limits.rulePattern, pattern ?? '', { placeholder: '[A-Z]{3}-[0-9]+', disabled }),
      length: field(t.limits.ruleLength, String(maxLength ?? ''),
        { type: 'number', min: '1', step: '1', inputmode: 'numeric', disabled }),
      required: tick(t.limits.ruleRequired, required, { disabled })
    }
    const remove = button('', { glyph: 'trash', kind: 'plain', act: () => {
      this.#rows.splice(this.#rows.indexOf(row), 1)
      row.element.remove()
      this.#show()
      /** @type {HTMLElement | null} */
      const last = this.element.querySelector(':scope > div:last-child button')
      last?.focus()
    } })
    const name = () => {
      remove.title = t.limits.removeRule(row.key.input.value.trim())
      remove.setAttribute('aria-label', remove.title)
    }
    row.key.input.addEventListener('input', name)
    name()
    row.element = h('div', { class: 'rule' }, row.key.element, row.pattern.element, row.length.element,
      row.required.element,
      !this.fixed && remove)
    this.#rows.push(row)
    this.#list.append(row.element)
    this.#show()
    return row.key.input
  }

  #show() { this.#none.hidden = this.#rows.length > 0 }
}
