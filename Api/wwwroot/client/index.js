// The upload engine for pages: see README.md. Everything that a page needs is exported here.
export { Uploader } from './uploader.js'
export { Upload } from './upload.js'
export { Problem, Broken } from './http.js'
export { Ranges } from './ranges.js'
export { openMemory, memoryOfTab } from './memory.js'
export { filesOf, filesOfInput } from './files.js'
export { sha256 } from './digest.js'
