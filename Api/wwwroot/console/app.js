// Starts the console: who is it, then the frame, then the screen of the address.
import { Broken, signInState, whenSignedOut } from './api.js'
import { h, mark } from './dom.js'
import { live } from './live.js'
import { Shell } from './shell.js'
import { t } from './texts.js'

/** @typedef {{subject: string | null, csrfToken: string | null, keyNeeded: boolean}} SignInState */

const signInAddress = () => `../signin?return=${encodeURIComponent(`/console/${location.hash}`)}`

async function start() {
  let state
  try {
    state = await signInState()
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    document.body.replaceChildren(h('div', { class: 'empty', role: 'alert' }, mark(), h('h2', {}, t.away.title), h('p', {}, t.away.text)))
    setTimeout(start, 3000)
    return
  }
  if (state.keyNeeded && !state.subject) {
    location.replace(signInAddress())
    return
  }
  const shell = new Shell(state, signInAddress)
  whenSignedOut(() => shell.signedOut())
  document.body.replaceChildren(shell.element)
  shell.start()
  live.start(shell.owner)
}

start()
