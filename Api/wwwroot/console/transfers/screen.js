// The Transfers screen: the list, a new transfer, and the screens of a transfer and of a schedule.
import { Detail } from './detail.js'
import { TransferList } from './list.js'
import { Maker } from './make.js'
import { SchedulePage } from './schedule.js'

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const [what, id] = route.path
  const Screen = !what ? TransferList : what === 'new' ? Maker : what === 'schedules' ? SchedulePage : Detail
  /** @type {TransferList | Maker | SchedulePage | Detail} */
  const screen = new Screen(shell, what === 'schedules' ? id : what)
  const turn = 'go' in screen ? (/** @type {import('../router.js').Route} */ next) => screen.go(next) : () => true
  turn(route)
  return {
    element: screen.element, flush: Screen !== Detail && Screen !== SchedulePage, close: () => screen.close(),
    // These screens share an address.
    go: (next) => next.path[0] === what && next.path[1] === id && turn(next)
  }
}
