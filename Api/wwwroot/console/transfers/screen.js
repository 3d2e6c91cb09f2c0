// Transfers: the list, a new one, and the page of each.
import { Detail } from './detail.js'
import { TransferList } from './list.js'
import { Maker } from './make.js'

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const [what] = route.path
  const Screen = !what ? TransferList : what === 'new' ? Maker : Detail
  const screen = new Screen(shell, what)
  screen.go?.(route)
  return {
    element: screen.element, flush: Screen !== Detail, close: () => screen.close(),
    // The three are screens with one address.
    go: (next) => next.path[0] === what && (screen.go ? screen.go(next) : true)
  }
}
