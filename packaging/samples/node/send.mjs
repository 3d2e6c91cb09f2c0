// Sends a file: CU_KEY=... node send.mjs SERVICE FILE
import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { Uploader } from 'chunkupload-client'

const [base, path] = process.argv.slice(2)
if (!path) {
  console.error('usage: node send.mjs SERVICE FILE')
  process.exit(2)
}
const uploader = new Uploader({ base, headers: () => ({ Authorization: `Bearer ${process.env.CU_KEY}` }) })
const file = new File([await openAsBlob(path)], basename(path))
const [upload] = await uploader.add([{ file, path: file.name }], { folder: 'samples/node' })
await new Promise((resolve) => upload.on('change', () => { if (['done', 'failed'].includes(upload.state)) resolve() }))
console.log(upload.state === 'done' ? `${upload.result.path}: ${upload.size} bytes` : `It failed: ${upload.error.message}`)
process.exit(upload.state === 'done' ? 0 : 1)
