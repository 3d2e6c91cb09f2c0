// Puts the libraries of the example pages, each as one file, into a folder: node bundle.mjs FOLDER
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

await build({
  absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
  entryPoints: { uppy: './uppy.mjs', tus: './tus.mjs' },
  outdir: resolve(process.argv[2]),
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'linked',
  // Styles carry their pictures in them, so that a page needs no file but these.
  loader: { '.svg': 'dataurl' },
  logLevel: 'warning',
})
