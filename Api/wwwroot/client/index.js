// The upload engine for pages: see README.md. Everything that a page needs is exported here.
export { Uploader } from './uploader.js'
export { Upload } from './upload.js'
export { Problem, Broken } from './http.js'
export { Ranges } from './ranges.js'
export { openMemory, memoryOfTab } from './memory.js'
export { sha256 } from './digest.js'

/** Of an input; with webkitdirectory the paths begin with the folder's name. @param {Iterable<File>} files */
export const filesOfInput = (files) => [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }))
