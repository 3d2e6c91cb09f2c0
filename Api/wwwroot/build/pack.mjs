// Packs the console of a built service: node pack.mjs WWWROOT. What the first screen needs becomes one module and one style sheet; the
// other screens are in a few packs, and what several packs need is in one of its own. Their names have a digest of the content, so that
// browsers may keep them. Of the files that are there, only console/index.html changes.
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

// The packs by the folders of their screens. What is only loaded behind a screen, such as a dialog, is in the last one.
const PACKS = {
  files: ['files'], moving: ['transfers', 'connections', 'syncs'], projects: ['projects'], access: ['access', 'more'],
  figures: ['overview', 'uploads', 'history', 'jobs', 'networks', 'nodes', 'webhooks', 'system'], later: []
}
const packAt = (path) => {
  const [name] = relative(folder, path).split('/')
  return Object.keys(PACKS).find((pack) => PACKS[pack].includes(name)) ?? 'later'
}
// Style sheets of what is opened often; all others are one.
const OWN_SHEETS = ['dialogs', 'files']
// The page for signing in fetches these, while a person types: most people want to see their files.
const EARLY = ['files']

// What the first screen opens or loads behind itself; what these import comes with them.
const FIRST = [
  'files/address.js', 'frame/theme.js', 'upload/screen.js', 'upload/acts.js', 'upload/details.js', 'upload/engine.js', 'upload/mirror.js',
  'upload/mirror-row.js', 'upload/notify.js', 'upload/pauses.js', 'upload/row.js', 'upload/running.js', 'upload/sum.js',
  'parts/counters.js', 'parts/precache.js', 'parts/notices.js', 'parts/progress.js', 'parts/stale.js',
  'frame/signout.js', 'frame/tenants.js',
  '../client/owners.js'
].map((name) => join(folder, name))

const DYNAMIC = /\bimport\('(\.{1,2}\/[^']+)'\)/g
const STATIC = /\bfrom '(\.{1,2}\/[^']+)'|^import '(\.{1,2}\/[^']+)'/gm
const WORKER = /new URL\('(\.\/[^']+)', import\.meta\.url\)/g

// Names of files count in digests and in the order of modules, so they are those below the console, wherever that lies.
const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', write: false, legalComments: 'none', logLevel: 'warning',
  absWorkingDir: folder }

/** The name under which a pack exports a module. @param {string} path */
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

/** What the console loads later than its first screen, and all sources of that. */
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
  return { opened: [...found].filter((path) => !first.has(path)).sort(), sources }
}

/** The modules that several packs import, however deep. @param {Map<string, string[]>} packs @param {Map<string, string>} sources */
function sharedOf(packs, sources) {
  const users = new Map()
  for (const [pack, paths] of packs) {
    const found = new Set(paths)
    for (const path of found) {
      users.set(path, (users.get(path) ?? new Set()).add(pack))
      for (const [, name, alone] of (sources.get(path) ?? '').matchAll(STATIC)) {
        const next = resolve(dirname(path), name ?? alone)
        if (!first.has(next)) found.add(next)
      }
    }
  }
  return [...users].filter(([, all]) => all.size > 1).map(([path]) => path).sort()
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
const ownSheets = Object.fromEntries(await Promise.all(OWN_SHEETS.map(async (name) => (
  [`css/${name}.css`, `packed/${await put(`${name}.css`, await styles([`css/${name}.css`]))}`]))))
const restSheet = `packed/${await put('rest.css', await styles(sheets.filter((name) => !ownSheets[name])))}`

// 2. The worker has a policy of its own, so it is a file of its own.
const workers = new Map()
async function worker(path) {
  const { outputFiles: [{ text }] } = await build({ ...options, entryPoints: [path] })
  return put(basename(path), text)
}

// 3. The modules. Those of the first screen are not loaded dynamically any more, those of a pack together.
const first = await firstOnes()
const { opened, sources } = await later()
const packs = new Map(Object.keys(PACKS).map((pack) => [pack, opened.filter((path) => packAt(path) === pack)]))
const shared = sharedOf(packs, sources)
const screens = Object.entries(PACKS).flatMap(([pack, names]) => names.map((name) => (
  `${name}: async () => (await import('packed:${pack}')).${name}_screen`)))
const where = `import * as upload from './upload/screen.js'
const screens = { ${screens.join(', ')} }
const sheets = ${JSON.stringify(ownSheets)}
export const screenIn = async (folder) => (folder === 'upload' ? upload : screens[folder]())
export const sheetAt = (name) => sheets[name] ?? '${restSheet}'
export const partsOf = () => ${JSON.stringify([...Object.values(ownSheets), restSheet])}`

async function load({ path }) {
  const named = new Set()
  let text = path === WHERE ? where : withImports(await readFile(path, 'utf8'), (name) => {
    const found = resolve(dirname(path), name)
    if (!first.has(found)) return `import('packed:${packAt(found)}').then((pack) => pack.${nameOf(found)})`
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

const { outputFiles, metafile } = await build({
  ...options,
  entryPoints: { start: START, ...Object.fromEntries([...packs.keys()].map((pack) => [pack, `packed:${pack}`])) },
  outdir: target,
  metafile: true,
  splitting: true,
  entryNames: '[name]-[hash]',
  chunkNames: 'shared-[hash]',
  plugins: [{ name: 'console', setup(console) {
    console.onResolve({ filter: /^packed:/ }, ({ path }) => ({ path, namespace: 'packed' }))
    console.onLoad({ filter: /./, namespace: 'packed' }, ({ path }) => ({
      // Each names the start and all that is shared, too: so the first screen is one module, and what is shared another one.
      contents: [...packs.get(path.slice('packed:'.length)).map((one) => `export * as ${nameOf(one)} from '${one}'`),
        ...[START, ...shared].map((one) => `import '${one}'`)].join('\n'),
      resolveDir: folder }))
    console.onLoad({ filter: /\.js$/ }, load)
  } }]
})

// 4. The document starts the module of the first screen: the start of its own has only the import of it. Nothing is painted before it has
// run, as it sets the theme.
const entries = new Map(Object.entries(metafile.outputs).map(([path, { inputs }]) => [basename(path), Object.keys(inputs)]))
const parts = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }))
const start = parts.find(({ name }) => entries.get(name).includes(basename(START)))
const common = parts.filter(({ name }) => name.startsWith('shared-'))
if (!start || parts.length !== packs.size + 3 || common.length !== 2) {
  throw new Error(`Unexpected parts: ${parts.map(({ name }) => name).join(', ')}`)
}
// A pack that is opened would name what it shares with others only when it has come: both are asked for at once.
const [{ name: sharedName }] = common.filter((part) => part !== start)
const text = Buffer.from(start.contents).toString().replace(/\bimport\("\.\/\w+-\w+\.js"\)/g,
  (found) => `(import("./${sharedName}").catch(()=>{}),${found})`)
for (const part of parts) if (!part.name.startsWith('start-')) await write(part.name, part === start ? text : part.contents)
const early = [sharedName, ...EARLY.map((pack) => parts.find(({ name }) => name.startsWith(`${pack}-`)).name),
  ...Object.values(ownSheets).map((path) => basename(path))]
const icon = await put('icon.svg', await readFile(join(folder, '../favicon.svg'), 'utf8'))
const edits = [
  [links[0][0], `  <link rel="stylesheet" href="packed/${firstSheet}">\n`],
  ...links.slice(1).map(([line]) => [line, '']),
  ['href="../favicon.svg"', `href="packed/${icon}"`],
  [`  <script src="${THEME}"></script>\n`, `  <meta name="early" content="${early.map((name) => `packed/${name}`).join(' ')}">\n`],
  ['<script src="app.js"', `<script src="packed/${start.name}" blocking="render"`]
]
await writeFile(join(folder, 'index.html'), edits.reduce((text, [before, after]) => {
  if (!text.includes(before)) throw new Error(`index.html has no ${before}`)
  return text.replace(before, after)
}, page))
