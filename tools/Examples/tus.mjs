// What examples/tus-js.html imports as lib/tus.js.
export * from 'tus-js-client'
