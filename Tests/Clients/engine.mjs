// Sends a file with the console's upload engine from node, and prints the result as one line of JSON: node engine.mjs PROTOCOL, with
// ENGINE_BASE, ENGINE_KEY, ENGINE_FILE (a path) and ENGINE_TARGET (a folder) in the environment.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Uploader } from '../../Api/wwwroot/client/index.js'

const { ENGINE_BASE: base, ENGINE_KEY: key, ENGINE_FILE: path, ENGINE_TARGET: folder } = process.env
const uploader = new Uploader({ base, headers: () => ({ Authorization: `Bearer ${key}` }), protocol: process.argv[2] })
// node 18 has no File.
const content = new Blob([readFileSync(path)], { type: 'application/x-test' })
const file = Object.assign(content, { name: basename(path), lastModified: 1_700_000_000_250 })
const [upload] = await uploader.add([{ file, path: file.name }], { folder })
await new Promise((resolve) => upload.on('change', () => { if (['done', 'failed'].includes(upload.state)) resolve() }))
const { state, error, result, retries } = upload
process.stdout.write(`${JSON.stringify({ state, error: error?.message ?? null, path: result?.path ?? null, retries })}\n`)
process.exit()
