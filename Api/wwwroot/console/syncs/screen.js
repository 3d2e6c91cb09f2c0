// The Syncs screen: the list of pairs, a new pair, and the screen of each pair.
import { SyncList } from './list.js'
import { PairMaker } from './make.js'
import { PairPage } from './page.js'

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const [id] = route.path
  const Screen = !id ? SyncList : id === 'new' ? PairMaker : PairPage
  const screen = new Screen(shell, id)
  screen.go(route)
  return {
    element: screen.element, flush: Screen !== PairPage, close: () => screen.close(),
    go: (next) => next.path[0] === id && screen.go(next)
  }
}
