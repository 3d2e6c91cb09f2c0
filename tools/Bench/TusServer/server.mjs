// @tus/server with its file store, as its own documentation starts it: node server.mjs FOLDER. Prints its port.
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const server = new Server({ path: '/files', datastore: new FileStore({ directory: process.argv[2] }) })
const listening = server.listen({ host: '127.0.0.1', port: 0 }, () => process.stdout.write(`${listening.address().port}\n`))
// End with the process that started this server: its end closes stdin.
process.stdin.resume().on('end', () => process.exit(0))
