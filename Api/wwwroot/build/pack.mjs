// Packs the console of a built service: node pack.mjs WWWROOT. What the first screen needs becomes one module and one style sheet,
// everything else one more of each, with a digest of the content in their names, so that browsers may keep them. Of the files that are
// there, only console/index.html changes.
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build, transform } from 'esbuild'

const folder = join(resolve(process.argv[2]), 'console')
const target = join(folder, 'packed')
const WHERE = join(folder, 'where.js')
const START = join(folder, 'app.js')
const THEME = 'theme.js'
const REST = 'packed:rest'

// What the first screen opens or loads behind itself; what these import comes with them.
const FIRST = [
  'upload/screen.js', 'upload/acts.js', 'upload/details.js', 'upload/engine.js', 'upload/mirror.js', 'upload/mirror-row.js',
  'upload/notify.js', 'upload/pauses.js', 'upload/row.js', 'upload/running.js', 'upload/sum.js', 'parts/counters.js', 'parts/kept.js',
  'parts/notices.js', 'parts/progress.js', 'parts/stale.js', 'frame/signout.js', 'frame/tenants.js', '../client/owners.js'
].map((name) => join(folder, name))

const DYNAMIC = /\bimport\('(\.{1,2}\/[^']+)'\)/g
const STATIC = /\bfrom '(\.{1,2}\/[^']+)'|^import '(\.{1,2}\/[^']+)'/gm
const WORKER = /new URL\('(\.\/[^']+)', import\.meta\.url\)/g

// Names of files count in digests and in the order of modules, so they are those below the console, wherever that lies.
const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', write: false, legalComments: 'none', logLevel: 'warning',
  absWorkingDir: folder }

/** The name under which the rest exports a module. @param {string} path */
const nameOf = (path) => relative(folder, path).replace(/\.js$/, '').replace(/\W+/g, '_')

/** Writes a file, plain and compressed. @param {string} name @param {string | Uint8Array} content */
async function write(name, content) {
  const bytes = Buffer.from(content)
  await writeFile(join(target, name), bytes)
  await writeFile(join(target, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }))
}

/** Writes a file under a name with its digest, and returns that name. @param {string} name @param {string} text */
async function put(name, text) {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12)
  const named = name.replace('.', `-${digest}.`)
  await write(named, text)
  return named
}

/** Replaces dynamic imports, but not those in comments, which name types. @param {string} text @param {(path: string) => string} by */
const withImports = (text, by) => text.replace(DYNAMIC, (found, path, at) => {
  const before = text.slice(text.lastIndexOf('\n', at) + 1, at)
  return /^\s*(\*|\/\/)|\/\*/.test(before) ? found : by(path)
})

/** All that the first screen has: the modules above and those that they import, however deep. */
async function firstOnes() {
  const found = new Set([START, ...FIRST])
  for (const path of found) {
    for (const [, name, alone] of (await readFile(path, 'utf8')).matchAll(STATIC)) found.add(resolve(dirname(path), name ?? alone))
  }
  return found
}

/** What the console loads later than its first screen. */
async function later() {
  const found = new Set((await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name, 'screen.js')))
  const sources = new Map()
  const open = [START, ...FIRST]
  const add = (path) => { if (!sources.has(path) && !open.includes(path)) open.push(path) }
  for (const path of found) if (await readFile(path).then(() => true, () => false)) add(path); else found.delete(path)
  for (let path = open.pop(); path; path = open.pop()) {
    const text = await readFile(path, 'utf8')
    sources.set(path, text)
    const at = (name) => resolve(dirname(path), name)
    for (const [, name, alone] of text.matchAll(STATIC)) add(at(name ?? alone))
    withImports(text, (name) => { found.add(at(name)); add(at(name)); return '' })
  }
  return [...found].filter((path) => !first.has(path)).sort()
}

async function styles(names) {
  const text = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return (await transform(text.join('\n'), { loader: 'css', minify: true, target: options.target })).code
}

await rm(target, { recursive: true, force: true })
await mkdir(target)

// 1. Style sheets: those that the document names, and all others.
const page = await readFile(join(folder, 'index.html'), 'utf8')
const links = [...page.matchAll(/ *<link rel="stylesheet" href="([^"]+)">\n/g)]
const own = links.map(([, name]) => name)
const sheets = (await readdir(join(folder, 'css'))).map((name) => `css/${name}`).filter((name) => !own.includes(name)).sort()
const firstSheet = await put('first.css', await styles(own))
const restSheet = await put('rest.css', await styles(sheets))

// 2. The worker has a policy of its own, so it is a file of its own.
const workers = new Map()
async function worker(path) {
  const { outputFiles: [{ text }] } = await build({ ...options, entryPoints: [path] })
  return put(basename(path), text)
}

// 3. The modules. Those of the first screen are not loaded dynamically any more, those of the rest as one.
const first = await firstOnes()
const rest = await later()
const where = `import * as upload from './upload/screen.js'
export const screenIn = async (folder) => (folder === 'upload' ? upload : (await import('${REST}'))[\`\${folder}_screen\`])
export const sheetAt = () => 'packed/${restSheet}'
export const partsOf = () => [sheetAt()]`

async function load({ path }) {
  const named = new Set()
  let text = path === WHERE ? where : withImports(await readFile(path, 'utf8'), (name) => {
    const found = resolve(dirname(path), name)
    if (!first.has(found)) return `import('${REST}').then((rest) => rest.${nameOf(found)})`
    named.add(found)
    return `Promise.resolve(first_${nameOf(found)})`
  })
  if (path === START) text = `import './${THEME}'\n${text}`
  for (const found of named) text += `\nimport * as first_${nameOf(found)} from '${found}'`
  for (const [whole, name] of text.matchAll(WORKER)) {
    const found = resolve(dirname(path), name)
    if (!workers.has(found)) workers.set(found, worker(found))
    text = text.replace(whole, `new URL('./${await workers.get(found)}', import.meta.url)`)
  }
  return { contents: text, resolveDir: dirname(path) }
}

const { outputFiles } = await build({
  ...options,
  entryPoints: { start: START, rest: REST },
  outdir: target,
  splitting: true,
  entryNames: '[name]-[hash]',
  chunkNames: 'first-[hash]',
  plugins: [{ name: 'console', setup(console) {
    console.onResolve({ filter: /^packed:/ }, ({ path }) => ({ path, namespace: 'packed' }))
    console.onLoad({ filter: /./, namespace: 'packed' }, () => ({
      // It names the start too, which so comes into the one module that both share.
      contents: rest.map((path) => `export * as ${nameOf(path)} from '${path}'`).join('\n') + `\nimport '${START}'`,
      resolveDir: folder }))
    console.onLoad({ filter: /\.js$/ }, load)
  } }]
})

// 4. The document starts the module that both share: of its own, each has only the import of it. Nothing is painted before it has run,
// as it sets the theme.
const parts = new Map(outputFiles.map(({ path, contents }) => [/^\w+/.exec(basename(path))[0], { name: basename(path), contents }]))
if ([...parts.keys()].sort().join() !== 'first,rest,start' || outputFiles.length !== 3) {
  throw new Error(`Unexpected parts: ${outputFiles.map(({ path }) => basename(path)).join(', ')}`)
}
for (const part of ['first', 'rest']) await write(parts.get(part).name, parts.get(part).contents)
const icon = await put('icon.svg', await readFile(join(folder, '../favicon.svg'), 'utf8'))
const edits = [
  [links[0][0], `  <link rel="stylesheet" href="packed/${firstSheet}">\n`],
  ...links.slice(1).map(([line]) => [line, '']),
  ['href="../favicon.svg"', `href="packed/${icon}"`],
  [`  <script src="${THEME}"></script>\n`, ''],
  ['<script src="app.js"', `<script src="packed/${parts.get('first').name}" blocking="render"`]
]
await writeFile(join(folder, 'index.html'), edits.reduce((text, [before, after]) => {
  if (!text.includes(before)) throw new Error(`index.html has no ${before}`)
  return text.replace(before, after)
}, page))
