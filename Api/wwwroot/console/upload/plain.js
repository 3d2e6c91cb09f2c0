// What is missing where the address is not https.
import { t } from '../texts/upload.js'

/** @param {import('../parts/notes.js').Notes} notes */
export const warn = (notes) => notes.show('plain', { kind: 'warn', glyph: 'lock', lead: t.plain.lead,
  text: t.plain.text })
