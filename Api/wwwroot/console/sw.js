// The console's service worker. It holds the files of unfinished uploads while a page is loaded again: browsers give a page no right to
// read a file that was chosen before. It lives as long as messages come, so an open page sends one from time to time.
const held = new Map()

addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))

addEventListener('message', ({ data: { type, id, file }, ports: [port] }) => {
  if (type === 'hold') held.set(id, file)
  if (type === 'drop') held.delete(id)
  if (type === 'get') port.postMessage(held.get(id) ?? null)
})
