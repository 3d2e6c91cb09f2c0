// Gives each overlay (a dialog, the viewer, a panel) an entry in the browser's history, so that Back closes the
// overlay and keeps the screen below.

import { goBy } from './router.js'

/** The open overlays, the topmost last. @type {{close: () => boolean | void}[]} */
const open = []
/** Actions that wait until the history is back at the entry of the topmost open overlay. @type {(() => void)[]} */
let waiting = []
let retreating = false
let departing = false
let soon = 0

/** Returns the number of overlays at the current entry of the history. */
const depth = () => globalThis.history?.state?.over ?? 0

/** Returns whether the current entry belongs to an overlay that is closed. */
const isSpare = () => depth() > open.length

/**
 * Adds an entry to the history for an overlay.
 * @param {() => boolean | void} close called by Back; returns false if the overlay stays open
 * @returns {() => void} must be called once the overlay is closed
 */
export function addOverlay(close) {
  const one = { close }
  open.push(one)
  when(() => { if (open.includes(one) && depth() < open.length) history.pushState({ ...history.state,
    over: depth() + 1 }, '') })
  return () => {
    const at = open.indexOf(one)
    if (at < 0) return
    open.splice(at, 1)
    // If another overlay or address is opened immediately, it reuses the entry.
    clearTimeout(soon)
    soon = setTimeout(retreat)
  }
}

/**
 * Opens an address. It reuses the entry of a closed overlay.
 * @param {string} address
 * @param {{replace?: boolean, laid?: boolean}} [how] `laid`: the address shows an overlay, which `leave` closes
 */
function enter(address, { replace = false, laid = false } = {}) {
  if (replace) { settled(() => show(() => history.replaceState(history.state, '', address))); return }
  when(() => {
    if (isSpare()) show(() => history.replaceState({ laid }, '', address))
    else if (laid) show(() => history.pushState({ laid }, '', address))
    else location.hash = address
  })
}

/** Closes the overlay that an address shows. @param {string} address the address without the overlay */
export const leave = (address) => settled(() => (history.state?.laid ? history.back()
  : enter(address, { replace: true })))

function show(change) {
  change()
  dispatchEvent(new HashChangeEvent('hashchange'))
}

/** Runs the action when no navigation in the history is pending. @param {() => void} action */
function when(action) {
  if (retreating) waiting.push(action)
  else action()
}

/** Runs the action when the current entry is that of the topmost open overlay. @param {() => void} action */
function settled(action) {
  if (retreating || isSpare()) {
    waiting.push(() => settled(action))
    retreat()
  } else action()
}

/**
 * Navigates to another page. No step back may follow, as after closing a dialog, because it would cancel the
 * navigation.
 * @param {string} address
 */
export function depart(address) {
  departing = true
  when(() => location.assign(address))
}

function retreat() {
  clearTimeout(soon)
  if (retreating || departing || !isSpare()) return
  retreating = true
  history.go(open.length - depth())
}

globalThis.addEventListener?.('popstate', () => {
  if (retreating) {
    retreating = false
    const all = waiting
    waiting = []
    for (const action of all) when(action)
    return
  }
  while (open.length > depth()) {
    const top = open.at(-1)
    if (top.close() === false) { history.pushState({ ...history.state, over: open.length }, ''); return }
    if (open.at(-1) === top) open.pop()
  }
  // No overlay is open any more that Back could close at this entry.
  retreat()
})

goBy(enter)

// A page that was just loaded has no open overlay.
if (depth() > 0) history.replaceState({ ...history.state, over: 0 }, '')
