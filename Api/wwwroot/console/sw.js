// The console's service worker.
// 1. It holds the files of unfinished uploads while a page is loaded again: browsers give a page no right to read a file that was chosen
//    before. It lives as long as messages come, so an open page sends one from time to time.
// 2. It keeps the shell's own files, so that the page opens while the service is away. Nothing else is ever kept.
const SHELL = 'shell-1'
const shell = new URL('.', location.href).pathname
const client = new URL('../client/', location.href).pathname
const held = new Map()

addEventListener('install', (event) => {
  // Uploads bypass this worker in browsers that support static routes.
  event.addRoutes?.({ condition: { requestMethod: 'PUT' }, source: 'network' })
  skipWaiting()
})
addEventListener('activate', (event) => event.waitUntil(clients.claim()))

addEventListener('message', ({ data: { type, id, file }, ports: [port] }) => {
  if (type === 'hold') held.set(id, file)
  if (type === 'drop') held.delete(id)
  if (type === 'get') port.postMessage(held.get(id) ?? null)
})

addEventListener('fetch', (event) => {
  const { method, url } = event.request
  const { origin, pathname, search } = new URL(url)
  const own = origin === location.origin && search === '' && (pathname.startsWith(shell) || pathname.startsWith(client))
  if (method === 'GET' && own) event.respondWith(newest(event.request))
})

/** The service's answer; the stored one only while the service does not answer. */
async function newest(request) {
  const cache = await caches.open(SHELL)
  try {
    const answer = await fetch(request)
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone())
    return answer
  } catch (error) {
    const kept = await cache.match(request)
    if (kept) return kept
    throw error
  }
}
