// The console's service worker.
// 1. It holds the files of unfinished uploads while a page is reloaded, because a page may not read a file that was
//    chosen before the reload. The browser stops a worker that receives no messages, so an open page sends one from
//    time to time. The worker also holds files that another app shares with the installed page until the page takes
//    them.
// 2. It caches the files of the console, so that the page and each of its screens open while the service is
//    unreachable. It caches nothing else.
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))
const SHELL = 'shell-1'
const shell = new URL('.', location.href).pathname
const client = new URL('../client/', location.href).pathname
const held = new Map()
let shared = []
// Requests of the worker and of a page differ in their headers, but the files are the same.
const SAME = { ignoreVary: true }
// A cached file is revalidated after this time.
const FRESH_MS = 3600_000
const kept = new Map()
// The names of packed files contain a digest of their content.
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

/** Takes files from the system's share menu. They are not sent before the user confirms it on the Upload page. */
async function take(request) {
  const form = await request.formData().catch(() => new FormData())
  shared = [...shared, ...form.getAll('files').filter((one) => one instanceof File && one.name)]
  return Response.redirect(`${shell}#/upload?shared`, 303)
}

/**
 * Returns the service's answer. Returns the cached answer if the service does not answer, or if the file cannot have
 * changed.
 */
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

/** Removes the Link header: its preloads would fail while the service is unreachable. @param {Response} answer */
function toKeep(answer) {
  const headers = new Headers(answer.headers)
  headers.delete('Link')
  return new Response(answer.body, { status: answer.status, headers })
}

/** Caches these files and all modules that they import, directly or indirectly. */
async function keep(parts) {
  const cache = await caches.open(SHELL)
  const open = [...new Set(parts)]
  const seen = new Set(open)
  let complete = true
  // One file at a time, because uploads need the connections.
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
  // Remove the files of previous versions.
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

/** Returns the cached answer; requests the file again if the answer is missing or too old. */
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
