// Sends a PATCH over HTTP/2 with its checksum in the trailer, and prints the answer as one line of JSON.
// node http2-trailer.mjs, with TUS_URL, TUS_KEY, TUS_FILE and TUS_CHECKSUM (empty: announced but not sent) in the environment.
import { readFileSync } from 'node:fs'
import { connect } from 'node:http2'

const url = new URL(process.env.TUS_URL)
// The certificate is self-signed for the test.
const session = connect(url.origin, { rejectUnauthorized: false })
const request = session.request({
  ':method': 'PATCH',
  ':path': url.pathname,
  authorization: `Bearer ${process.env.TUS_KEY}`,
  'tus-resumable': '1.0.0',
  'upload-offset': '0',
  'content-type': 'application/offset+octet-stream',
  trailer: 'upload-checksum',
}, { waitForTrailers: true })
request.on('wantTrailers', () => {
  if (process.env.TUS_CHECKSUM) request.sendTrailers({ 'upload-checksum': process.env.TUS_CHECKSUM })
  else request.close()
})
request.on('response', (headers) => {
  process.stdout.write(`${JSON.stringify({ status: headers[':status'], offset: headers['upload-offset'] })}\n`)
  session.close()
})
request.on('error', (error) => {
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
})
request.resume()
request.end(readFileSync(process.env.TUS_FILE))
