// Sends a file with tus-js-client over a bad network, as its documents advise, and ends once it is there.
// node tus-js.mjs PACKAGES ENDPOINT FILE, with TUS_KEY in the environment.
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'

const [packages, endpoint, file] = process.argv.slice(2)
const tus = createRequire(`${packages}/`)('tus-js-client')
const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  headers: { Authorization: `Bearer ${process.env.TUS_KEY}` },
  // The library's own pauses, but without an end.
  retryDelays: [0, 1000, 3000, ...Array(1000).fill(5000)],
  onError: (error) => {
    process.stderr.write(`${error}\n`)
    process.exit(1)
  },
  onSuccess: () => process.exit(0),
})
upload.start()
