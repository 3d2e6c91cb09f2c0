// Keeps files in the service worker during a reload, whatever their size. Browsers offer service workers only over
// HTTPS and on localhost.

const PATIENCE_MS = 2000
// Browsers stop a worker that receives no messages for half a minute.
const PING_MS = 15_000

/**
 * Returns a memory whose records still have their files after a reload.
 * @param {import('../../client/index.d.ts').Memory} memory
 * @returns {import('../../client/index.d.ts').Memory}
 */
export function withFiles(memory) {
  if (!navigator.serviceWorker) return memory
  const worker = navigator.serviceWorker.register('sw.js').then(() => navigator.serviceWorker.ready)
    .then(({ active }) => active)
  const tell = (message) => worker.then((active) => active?.postMessage(message), () => {})
  const holding = new Set()
  setInterval(() => { if (holding.size > 0) tell({ type: 'ping' }) }, PING_MS)

  return {
    ...memory,
    async put(record) {
      if (record.file && !holding.has(record.id)) {
        holding.add(record.id)
        await Promise.race([tell({ type: 'hold', id: record.id, file: record.file }), later()])
      }
      await memory.put(record)
    },
    async all() {
      const records = await memory.all()
      return Promise.all(records.map(async (record) => {
        const file = await Promise.race([ask(worker, record.id), later()])
        if (file) holding.add(record.id)
        return file ? { ...record, file } : record
      }))
    },
    remove(id) {
      holding.delete(id)
      tell({ type: 'drop', id })
      return memory.remove(id)
    }
  }
}

const later = () => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))

async function ask(worker, id) {
  const active = await worker.catch(() => null)
  if (!active) return null
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => resolve(data)
    active.postMessage({ type: 'get', id }, [port2])
  })
}
