// Runs one scenario of tus-js-client against the service and prints the result as one line of JSON.
// node tus-js.mjs SCENARIO, with TUS_ENDPOINT, TUS_KEY and what the scenario needs in the environment.
import { createReadStream, readFileSync } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import * as tus from 'tus-js-client'

const endpoint = process.env.TUS_ENDPOINT
// Through a link no key is sent.
const headers = process.env.TUS_KEY ? { Authorization: `Bearer ${process.env.TUS_KEY}` } : {}
const file = process.env.TUS_FILE
const requests = []

const common = {
  endpoint,
  headers,
  protocol: process.env.TUS_PROTOCOL ?? 'tus-v1',
  metadata: { filename: 'from tus-js-client ä.bin', filetype: 'application/x-test' },
  retryDelays: Array(Number(process.env.TUS_RETRIES ?? 20)).fill(Number(process.env.TUS_DELAY ?? 50)),
  onAfterResponse: (request, response) => {
    requests.push(`${request.getMethod()} ${response.getStatus()}`)
  },
}

// Resolves with the upload when it has succeeded.
function run(source, options, act) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(source, { ...common, ...options, onError: reject, onSuccess: () => resolve(upload) })
    act?.(upload)
    upload.start()
  })
}

// Tells the test when it may act on the service, and waits until it has.
function pause(word) {
  process.stdout.write(`${word}\n`)
  return new Promise((resolve) => process.stdin.once('data', resolve))
}

const scenarios = {
  plain: () => run(readFileSync(file)),

  chunks: () => run(readFileSync(file), { chunkSize: 100_000 }),

  'with-creation': () => run(readFileSync(file), { uploadDataDuringCreation: true }),

  'with-creation-in-chunks': () => run(readFileSync(file), { uploadDataDuringCreation: true, chunkSize: 100_000 }),

  parallel: () => run(readFileSync(file), { parallelUploads: 4 }),

  'parallel-with-creation': () => run(readFileSync(file), { parallelUploads: 3, uploadDataDuringCreation: true }),

  stream: () => run(stream(), { uploadLengthDeferred: true, chunkSize: 64 * 1024 }),

  'stream-with-creation': () => run(stream(), { uploadLengthDeferred: true, chunkSize: 64 * 1024, uploadDataDuringCreation: true }),

  'stream-of-known-length': () => run(Readable.from(readFileSync(file)), { uploadSize: readFileSync(file).length, chunkSize: 64 * 1024 }),

  override: () => run(readFileSync(file), { overridePatchMethod: true, chunkSize: 100_000 }),

  empty: () => run(Buffer.alloc(0)),

  // Aborts in the middle of a PATCH and continues with the same object.
  'abort-and-start': () => {
    let aborted = false
    return new Promise((resolve, reject) => {
      const upload = new tus.Upload(readFileSync(file), {
        ...common,
        chunkSize: 200_000,
        onError: reject,
        onSuccess: () => resolve(upload),
        onChunkComplete: async () => {
          if (aborted) return
          aborted = true
          await upload.abort()
          upload.start()
        },
      })
      upload.start()
    })
  },

  // Aborts finally: the upload on the server is deleted too.
  'abort-for-good': () => new Promise((resolve, reject) => {
    const upload = new tus.Upload(readFileSync(file), {
      ...common,
      chunkSize: 200_000,
      onError: reject,
      onSuccess: () => reject(new Error('was not aborted')),
      onChunkComplete: () => upload.abort(true).then(() => resolve(upload), reject),
    })
    upload.start()
  }),

  terminate: async () => {
    const upload = await run(readFileSync(file))
    await tus.Upload.terminate(upload.url, common)
    return upload
  },

  // A first process that is killed while it uploads leaves its address in a file ...
  first: () => run(readFileSync(file), { chunkSize: 200_000, ...stored() }, (upload) => {
    upload.options.onChunkComplete = () => {
      process.stdout.write('stored\n')
      // The test kills this process.
      upload.abort()
      setInterval(() => {}, 1000)
    }
  }),

  // ... and a second one continues from there.
  second: async () => {
    const upload = new tus.Upload(readFileSync(file), { ...common, ...stored() })
    const [previous] = await upload.findPreviousUploads()
    if (!previous) throw new Error('nothing was stored')
    upload.resumeFromPreviousUpload(previous)
    return new Promise((resolve, reject) => {
      upload.options.onError = reject
      upload.options.onSuccess = () => resolve(upload)
      upload.start()
    })
  },

  // Continues after the test has made HEAD fail.
  trouble: () => {
    let troubled = false
    return new Promise((resolve, reject) => {
      const upload = new tus.Upload(readFileSync(file), {
        ...common,
        chunkSize: 200_000,
        onError: reject,
        onSuccess: () => resolve(upload),
        onChunkComplete: async () => {
          if (troubled) return
          troubled = true
          await upload.abort()
          await pause('troubled')
          upload.start()
        },
      })
      upload.start()
    })
  },

  // The address is gone: begins again.
  gone: () => run(readFileSync(file), { uploadUrl: `${endpoint}/00000000000000000000000000000000` }),
}

// A stream of unknown length; a file stream would be asked for its length.
function stream() {
  return createReadStream(file, { highWaterMark: 10_000 }).pipe(new PassThrough())
}

function stored() {
  return {
    urlStorage: new tus.FileUrlStorage(process.env.TUS_STORE),
    fingerprint: () => Promise.resolve('the-file'),
    storeFingerprintForResuming: true,
  }
}

try {
  const upload = await scenarios[process.argv[2]]()
  process.stdout.write(`${JSON.stringify({ url: upload.url, requests })}\n`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error?.stack ?? error}\n${requests.join('\n')}\n`)
  process.exit(1)
}
