// Determines by its name whether a browser can show a file. No file can run code in the page: images, videos and
// sounds have no scripts; an SVG is shown as an image, in which browsers run no script and load nothing; a text is
// inserted as text; and a PDF is shown by the browser's viewer, which is separate from the page.
/** @type {[kind: 'image' | 'svg' | 'video' | 'audio' | 'pdf' | 'text', pattern: RegExp][]} */
const KINDS = [
  ['image', /\.(avif|bmp|gif|jpe?g|png|webp)$/i],
  ['svg', /\.svg$/i],
  ['video', /\.(m4v|mov|mp4|webm)$/i],
  ['audio', /\.(aac|flac|m4a|mp3|oga|ogg|opus|wav)$/i],
  ['pdf', /\.pdf$/i],
  ['text',
    new RegExp('\\.(c|cfg|conf|cpp|cs|css|csv|go|h|htm|html|ini|java|js|json|log|md|mjs|py|rb|rs|sh|sql|toml|ts|tsv'
    + '|txt|xml|yaml|yml)$', 'i')]
]

// These are loaded whole before anything of them is seen.
const LARGEST = { image: 64 << 20, svg: 8 << 20, pdf: 128 << 20 }

/**
 * @param {string} name
 * @param {number | null} size
 * @returns {'image' | 'svg' | 'video' | 'audio' | 'pdf' | 'text' | null}
 */
export function kindOf(name, size) {
  const kind = KINDS.find(([, pattern]) => pattern.test(name))?.[0] ?? null
  return kind && size > 0 && size <= (LARGEST[kind] ?? Infinity) ? kind : null
}
