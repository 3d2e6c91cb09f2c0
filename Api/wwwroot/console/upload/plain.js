// Explains what does not work if the page is not loaded over HTTPS.
import { t } from '../texts/upload.js'

/** @param {import('../parts/notes.js').Notes} notes */
export const warn = (notes) => notes.show('plain', { kind: 'warn', glyph: 'lock', lead: t.plain.lead,
  text: t.plain.text })
