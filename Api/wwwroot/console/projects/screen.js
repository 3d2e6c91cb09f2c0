// The Projects screen: the list, the screen of each project, and the screen of an invitation.
import { JoinPage } from './join.js'
import { ProjectList } from './list.js'
import { ProjectPage } from './page.js'

/** @param {import('../shell.js').Shell} shell @param {import('../router.js').Route} route */
export function open(shell, route) {
  const [id, token] = route.path
  const joins = id === 'join'
  const screen = joins ? new JoinPage(shell, token ?? '') : id ? new ProjectPage(shell, id) : new ProjectList(shell)
  screen.go(route)
  return {
    element: screen.element, flush: Boolean(id) && !joins, close: () => screen.life.leave(),
    go: (next) => next.path[0] === id && next.path[1] === token && screen.go(next)
  }
}
