// The source of lib/tus.js, which examples/tus-js.html imports.
export * from 'tus-js-client'
