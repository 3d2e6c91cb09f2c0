// UI texts of ../parts/viewer.js; the page of a link shows them, too.
import { number } from '../format.js'

export const t = /** @type {const} */ ({
  before: 'Previous file', after: 'Next file', download: 'Download', close: 'Close', loading: 'Loading',
  of: (at, all) => `${number(at)} of ${number(all)}`,
  fault: 'This file cannot be shown here. It can be downloaded.',
  noPdf: 'This browser shows no PDF in a page. It can be downloaded.',
  cut: (shown, all) => `The first ${shown} of ${all}`
})
