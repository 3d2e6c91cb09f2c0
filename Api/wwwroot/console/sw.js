// The console's service worker.
// 1. It holds the files of unfinished uploads while a page is loaded again: browsers give a page no right to read a
//    file that was chosen before. It lives as long as messages come, so an open page sends one from time to time.
//    Files that another app shares with the installed page wait here until the page takes them.
// 2. It keeps the shell's own files, so that the page opens while the service is away, and each of its screens.
//    Nothing else is ever kept.
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))
const SHELL = 'shell-1'
const shell = new URL('.', location.href).pathname
const client = new URL('../client/', location.href).pathname
const held = new Map()
let shared = []
// The worker's own requests have other headers than a page's; the files are the same.
const SAME = { ignoreVary: true }
// What is kept is looked at again after this long.
const FRESH_MS = 3600_000
const kept = new Map()
// Their names have a digest of their content.
const packed = new URL('packed/', location.href).href

worker.addEventListener('install', (event) => {
  // Uploads bypass this worker in browsers that support static routes.
  const { addRoutes } = /** @type {any} */ (event)
  addRoutes?.call(event, { condition: { requestMethod: 'PUT' }, source: 'network' })
  worker.skipWaiting()
})
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))

worker.addEventListener('message', (event) => {
  const { data: { type, id, file, parts }, ports: [port] } = event
  if (type === 'hold') held.set(id, file)
  if (type === 'drop') held.delete(id)
  if (type === 'get') port.postMessage(held.get(id) ?? null)
  if (type === 'shared') { port.postMessage(shared); shared = [] }
  if (type === 'keep') event.waitUntil(keep(parts))
})

worker.addEventListener('fetch', (event) => {
  const { method, url } = event.request
  const { origin, pathname, search } = new URL(url)
  const own = origin === location.origin && search === '' && (pathname.startsWith(shell)
    || pathname.startsWith(client))
  if (method === 'GET' && own) event.respondWith(newest(event.request))
  if (method === 'POST' && origin === location.origin && pathname === `${shell}shared`) {
    event.respondWith(take(event.request))
  }
})

/** What the system's menu for sharing has given. It goes nowhere before a person says so on the Upload page. */
async function take(request) {
  const form = await request.formData().catch(() => new FormData())
  shared = [...shared, ...form.getAll('files').filter((one) => one instanceof File && one.name)]
  return Response.redirect(`${shell}#/upload?shared`, 303)
}

/** The service's answer; the stored one while the service does not answer, or where it cannot be another one. */
async function newest(request) {
  const cache = await caches.open(SHELL)
  const same = request.url.startsWith(packed) && await cache.match(request, SAME)
  if (same) return same
  try {
    const answer = await fetch(request)
    if (answer.ok && !answer.redirected) await cache.put(request, toKeep(answer.clone()))
    return answer
  } catch (error) {
    const stored = await cache.match(request, SAME)
    if (stored) return stored
    throw error
  }
}

/** Without the service, a document has nothing to ask for first. @param {Response} answer */
function toKeep(answer) {
  const headers = new Headers(answer.headers)
  headers.delete('Link')
  return new Response(answer.body, { status: answer.status, headers })
}

/** Keeps these files and all that they import, however deep: a module names what it needs. */
async function keep(parts) {
  const cache = await caches.open(SHELL)
  const open = [...parts]
  const seen = new Set(open)
  let complete = true
  // One after the other: uploads need the connections.
  for (let url = open.shift(); url; url = open.shift()) {
    const answer = await fresh(cache, url).catch(() => null)
    if (!answer) complete = false
    if (!answer || !url.endsWith('.js')) continue
    for (const next of importsOf(await answer.text(), url)) {
      if (seen.has(next)) continue
      seen.add(next)
      open.push(next)
    }
  }
  if (!complete) return
  // Those of former versions.
  for (const { url } of await cache.keys()) {
    if (url.startsWith(packed) && !seen.has(url)) await cache.delete(url, SAME)
  }
}

const IMPORT = /(?:\bfrom|\bimport|\bnew URL)\s*\(?\s*['"](\.{1,2}\/[^'"`$]+\.js)['"]/g
const STYLE = /\bstyle\('([^']+\.css)'\)/g

function importsOf(text, url) {
  const modules = [...text.matchAll(IMPORT)].map(([, path]) => new URL(path, url).href)
  return [...modules, ...[...text.matchAll(STYLE)].map(([, path]) => new URL(path, new URL('.', location.href)).href)]
}

/** The kept answer, asked for anew where it is old or missing. */
async function fresh(cache, url) {
  const known = await cache.match(url, SAME)
  if (known && url.startsWith(packed)) return known
  if (known && Date.now() - (kept.get(url) ?? 0) < FRESH_MS) return known
  const answer = await fetch(url, { cache: 'no-cache' })
  if (!answer.ok || answer.redirected) return known
  await cache.put(url, toKeep(answer.clone()))
  kept.set(url, Date.now())
  return answer
}
