// The fields by which a person proves who they are: a session alone must not be enough for what outlives it.
import { field } from '../parts/dialog.js'
import { t } from '../texts/access.js'

/**
 * Of a password or a code. None for a user without a password, who must have signed in a moment ago.
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
// Recovery codes have letters, too.
export const codeField = (word, more = {}) => field(word, '',
  { autocomplete: 'one-time-code', required: true, ...more })
