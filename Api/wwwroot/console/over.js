// What lies over a place (a dialog, the viewer, a panel) is one entry of the history: Back closes it and leaves the
// place as it is.

import { goBy } from './router.js'

/** What is open, the last one on top. @type {{close: () => boolean | void}[]} */
const open = []
/** What waits until the history is back at the entry of what is open. @type {(() => void)[]} */
let waiting = []
let retreating = false
let departing = false
let soon = 0

/** How many dialogs lie over the place at this entry of the history. */
const depth = () => globalThis.history?.state?.over ?? 0

/** Whether this is the entry of a dialog that is closed. */
const isSpare = () => depth() > open.length

/**
 * Begins an entry of the history for a dialog.
 * @param {() => boolean | void} close what Back does; false: it stays open
 * @returns {() => void} must be called once it is closed, in whatever way
 */
export function layOver(close) {
  const one = { close }
  open.push(one)
  when(() => { if (open.includes(one) && depth() < open.length) history.pushState({ ...history.state,
    over: depth() + 1 }, '') })
  return () => {
    const at = open.indexOf(one)
    if (at < 0) return
    open.splice(at, 1)
    // A dialog or an address that is opened at once takes the entry.
    clearTimeout(soon)
    soon = setTimeout(retreat)
  }
}

/**
 * Opens an address. The entry of a dialog that is closed becomes that of the address.
 * @param {string} address
 * @param {{replace?: boolean, laid?: boolean}} [how] `laid`: it shows something over the place, which `leave` closes
 */
function enter(address, { replace = false, laid = false } = {}) {
  if (replace) { settled(() => show(() => history.replaceState(history.state, '', address))); return }
  when(() => {
    if (isSpare()) show(() => history.replaceState({ laid }, '', address))
    else if (laid) show(() => history.pushState({ laid }, '', address))
    else location.hash = address
  })
}

/** Closes what an address shows over the place. @param {string} address of the place itself */
export const leave = (address) => settled(() => (history.state?.laid ? history.back()
  : enter(address, { replace: true })))

function show(change) {
  change()
  dispatchEvent(new HashChangeEvent('hashchange'))
}

/** Runs the action once the history does not move. @param {() => void} action */
function when(action) {
  if (retreating) waiting.push(action)
  else action()
}

/** Runs the action at the entry of what is open. @param {() => void} action */
function settled(action) {
  if (retreating || isSpare()) {
    waiting.push(() => settled(action))
    retreat()
  } else action()
}

/**
 * Leaves for another page. A step back, as after the dialog that led there, would end that navigation.
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
  // Nothing is open any more that Back could close at this entry.
  retreat()
})

goBy(enter)

// A page that is loaded has nothing open.
if (depth() > 0) history.replaceState({ ...history.state, over: 0 }, '')
