// The fields with which users confirm their identity. A session alone must not be enough for changes that outlive it.
import { field } from '../parts/dialog.js'
import { t } from '../texts/access.js'

/**
 * Creates a field for a password or a code. A user without a password gets no field, but must have signed in
 * recently.
 * @param {any} me
 */
export function proofOf({ hasPassword, hasSecondFactor }) {
  const current = secretField(t.account.current, 'current-password')
  const code = codeField(t.account.anyCode)
  return {
    elements: hasPassword ? [current.element, ...(hasSecondFactor ? [code.element] : [])] : [],
    get values() {
      return { currentPassword: current.input.value || null, code: code.input.value.replaceAll(' ', '') || null }
    }
  }
}

export const secretField = (word, autocomplete) => field(word, '', { type: 'password', autocomplete, required: true })
// Recovery codes also contain letters.
export const codeField = (word, more = {}) => field(word, '',
  { autocomplete: 'one-time-code', required: true, ...more })
