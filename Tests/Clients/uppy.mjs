// Uploads a file with Uppy and its tus plugin and prints what came of it as one line of JSON.
// node uppy.mjs, with TUS_ENDPOINT, TUS_KEY and TUS_FILE in the environment.
import { readFileSync } from 'node:fs'
import Uppy from '@uppy/core'
import Tus from '@uppy/tus'

const uppy = new Uppy({ autoProceed: false })
uppy.use(Tus, {
  endpoint: process.env.TUS_ENDPOINT,
  headers: { Authorization: `Bearer ${process.env.TUS_KEY}` },
  chunkSize: 300_000,
  limit: 2,
  retryDelays: Array(20).fill(50),
})
// In node tus-js-client takes buffers, and Uppy asks its files for their size.
const bytes = readFileSync(process.env.TUS_FILE)
for (const name of ['one.bin', 'two.bin', 'three.bin'])
  uppy.addFile({ name, type: 'application/x-test', data: Object.assign(Buffer.from(bytes), { size: bytes.length }) })
const result = await uppy.upload()
if (result.failed.length > 0) {
  process.stderr.write(`${result.failed.map((file) => file.error).join('\n')}\n`)
  process.exit(1)
}
process.stdout.write(`${JSON.stringify({ urls: result.successful.map((file) => file.uploadURL) })}\n`)
process.exit(0)
