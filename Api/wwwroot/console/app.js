// Starts the console: identifies the user, shows the frame, and opens the screen of the address.
import { Broken, Problem, call, signInState, whenSignedOut } from './api.js'
import { h, mark } from './dom.js'
import { live } from './live.js'
import { Shell } from './shell.js'
import { t } from './texts/shell.js'

/**
 * @typedef {{subject: string | null, csrfToken: string | null, keyNeeded: boolean, issuer: string | null}}
 *   SignInState
 */
/**
 * @typedef {{subject: string, name: string | null, displayName: string | null, isOperator: boolean,
 *   role: string | null, scopes: string[]}} Me
 */

const signInAddress = () => `../signin?return=${encodeURIComponent(`/console/${location.hash}`)}`

async function start() {
  let state
  let me
  try {
    state = await signInState()
    if (!state.keyNeeded || state.subject) me = await call('GET', 'api/me')
  } catch (error) {
    if (!(error instanceof Broken || error instanceof Problem)) throw error
    if (error instanceof Broken || error.status !== 401) {
      document.body.replaceChildren(h('div', { class: 'empty', role: 'alert' }, mark(), h('h2', {}, t.away.title),
        h('p', {}, t.away.text)))
      setTimeout(start, 3000)
      return
    }
  }
  if (!me) {
    location.replace(signInAddress())
    return
  }
  const shell = new Shell(me, state.keyNeeded, signInAddress)
  whenSignedOut(() => shell.signedOut())
  document.body.replaceChildren(shell.element)
  shell.start()
  live.start(shell.owner, state)
}

start()
