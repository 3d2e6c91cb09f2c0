// What examples/uppy.html imports as lib/uppy.js, with lib/uppy.css.
import '@uppy/core/css/style.min.css'
import '@uppy/dashboard/css/style.min.css'

export { default as Uppy } from '@uppy/core'
export { default as Dashboard } from '@uppy/dashboard'
export { default as GoldenRetriever } from '@uppy/golden-retriever'
export { default as Tus } from '@uppy/tus'
