// Draws the last screen of a recorded terminal as an SVG: node picture.mjs RECORD SVG. It knows what cu prints, and no more.
import { readFileSync, writeFileSync } from 'node:fs'

const [record, picture] = process.argv.slice(2)
const WIDTH = 8.4
const HEIGHT = 19
const MARGIN = 18
const TOP = 44
const PLAIN = '#d5dae3'
const COLORS = {
  30: '#20242c', 31: '#f2777a', 32: '#7ec977', 33: '#f0c65c', 34: '#6aa9f0', 35: '#c58fe0', 36: '#5fc9c9', 37: PLAIN, 90: '#5b6473'
}
// Of the 256 colours, those that have a name in the first sixteen.
const NAMED = { 1: 31, 2: 32, 3: 33, 4: 34, 5: 35, 6: 36, 7: 37, 8: 90, 9: 31, 10: 32, 11: 33, 12: 34, 14: 36, 15: 37 }

const text = readFileSync(record, 'utf8').replace(/^Script started[^\n]*\n/, '').replace(/\nScript done[^\n]*\n?$/, '')
const rows = [[]]
let [row, column, color, bold] = [0, 0, PLAIN, false]

function paint(codes) {
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]
    if (code === 0) [color, bold] = [PLAIN, false]
    else if (code === 1) bold = true
    else if (code === 39) color = PLAIN
    else if (code === 38 && codes[at + 1] === 5) [color, at] = [COLORS[NAMED[codes[at + 2]]] ?? PLAIN, at + 2]
    else if (code === 38 && codes[at + 1] === 2) [color, at] = [`rgb(${codes.slice(at + 2, at + 5).join()})`, at + 4]
    else if (COLORS[code]) color = COLORS[code]
  }
}

function control(numbers, letter) {
  const codes = numbers.split(';').map(Number)
  const count = codes[0] || 1
  if (letter === 'm') paint(codes)
  else if (letter === 'A') row = Math.max(0, row - count)
  else if (letter === 'B') row += count
  else if (letter === 'C') column += count
  else if (letter === 'D') column = Math.max(0, column - count)
  else if (letter === 'G') column = count - 1
  else if (letter === 'K') rows[row] = codes[0] === 2 ? [] : rows[row]?.slice(0, column) ?? []
  else if (letter === 'J') rows.length = row + 1
}

const TOKEN = /\x1b\[([0-9;]*)([A-Za-z])|\x1b\[\?[0-9;]*[a-z]|\x1b[()][A-Z0-9]|\x1b[=>]|([^])/gu
for (const [, numbers, letter, other] of text.matchAll(TOKEN)) {
  if (letter) control(numbers, letter)
  else if (other === '\n') row++
  else if (other === '\r') column = 0
  else if (other >= ' ') (rows[row] ??= [])[column++] = { other, color, bold }
  rows[row] ??= []
}

while (rows.length > 0 && !rows.at(-1)?.some((cell) => cell && cell.other !== ' ')) rows.pop()
const columns = Math.max(...rows.map((cells) => cells?.length ?? 0), 80)
const escape = (value) => value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')

function* runs(cells) {
  for (let at = 0; at < cells.length;) {
    const first = cells[at] ?? { other: ' ', color: PLAIN, bold: false }
    let end = at + 1
    while (end < cells.length && (cells[end]?.color ?? PLAIN) === first.color && (cells[end]?.bold ?? false) === first.bold) end++
    const value = Array.from({ length: end - at }, (_, index) => cells[at + index]?.other ?? ' ').join('')
    if (value.trim()) yield { at, value, color: first.color, bold: first.bold }
    at = end
  }
}

const lines = rows.flatMap((cells, index) => [...runs(cells ?? [])].map(({ at, value, color: fill, bold: heavy }) => {
  const kept = value.trimEnd()
  const lead = kept.length - kept.trimStart().length
  return `<text x="${(MARGIN + (at + lead) * WIDTH).toFixed(1)}" y="${TOP + (index + 0.75) * HEIGHT}" fill="${fill}"`
    + `${heavy ? ' font-weight="bold"' : ''} textLength="${((kept.length - lead) * WIDTH).toFixed(1)}">${escape(kept.trim())}</text>`
}))
const [width, height] = [Math.ceil(columns * WIDTH + 2 * MARGIN), TOP + rows.length * HEIGHT + MARGIN]
writeFileSync(picture, `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"
  font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">
<title>cu in a terminal: an upload that was stopped resumes where it ended</title>
<rect width="${width}" height="${height}" rx="10" fill="#171a21"/>
<circle cx="22" cy="20" r="6" fill="#ee6a5f"/><circle cx="42" cy="20" r="6" fill="#f5bd4f"/><circle cx="62" cy="20" r="6" fill="#61c554"/>
${lines.join('\n')}
</svg>
`)
