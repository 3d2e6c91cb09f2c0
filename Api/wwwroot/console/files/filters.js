// The filters of a search: the folder or all spaces, a kind of file, and a time. The service searches names; the
// other filters are applied here.
import { button, h } from '../dom.js'
import { emptyPlace } from '../parts/empty.js'
import { go } from '../router.js'
import { t } from '../texts/files.js'

const DAY = 86_400_000
const TYPES = {
  image: /\.(avif|bmp|gif|heic|jpe?g|png|raw|svg|tiff?|webp)$/i, video: /\.(avi|m4v|mkv|mov|mp4|webm)$/i,
  audio: /\.(aac|flac|m4a|mp3|oga|ogg|opus|wav)$/i,
  document: /\.(csv|docx?|key|md|numbers|od[pst]|pages|pdf|pptx?|rtf|txt|xlsx?)$/i,
  archive: /\.(7z|bz2|gz|rar|tar|tgz|xz|zip|zst)$/i
}
const DAYS = [1, 7, 30, 365]

/** @param {import('./tree.js').Entry} entry @param {string | null} [type] @param {number} [days] */
export function fits({ kind, name, modifiedAt }, type, days) {
  if (days && Date.now() - new Date(modifiedAt).getTime() > days * DAY) return false
  return !type || (type === 'folder' ? kind === 'folder' : kind === 'file' && Boolean(TYPES[type]?.test(name)))
}

/** Returns the filters of an address. @param {URLSearchParams} query */
export const filtersIn = (query) => ({ type: query.get('type'), days: Number(query.get('days')) || 0 })

/** Creates the placeholder of a search without results, which offers to search all spaces. @param {any} screen */
export function nothingFound(screen) {
  const title = t.nothingCalled(screen.searching)
  if (screen.everywhere) return emptyPlace(title, t.files.noneAnywhere)
  return emptyPlace(title, t.files.noneHint,
    button(t.files.searchAll, { glyph: 'search',
      act: () => go(screen.with({ in: 'all', open: null }), { replace: true }) }))
}

/** @param {any} screen */
export function filtersOf(screen) {
  const select = (label, key, options) => {
    const input = h('select', { class: 'select', 'aria-label': label, on: { change: () => (
      go(screen.with({ [key]: input.value || null, open: null }), { replace: true })) } },
    options.map(([value, word]) => h('option', { value, selected: (screen.query.get(key) ?? '') === value }, word)))
    return input
  }
  return [
    select(t.filters.where, 'in', [['', t.filters.here], ['all', t.filters.everywhere]]),
    select(t.filters.type, 'type', [['', t.filters.any],
      ...['folder', ...Object.keys(TYPES)].map((one) => [one, t.filters.types[one]])]),
    select(t.filters.time, 'days', [['', t.filters.ever],
      ...DAYS.map((days) => [String(days), t.filters.days(days)])])
  ]
}
