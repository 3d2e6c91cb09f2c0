// Items for the signed-in user: the menu at the user's name, and the end of the screen "More".
import { addressOf, go } from '../router.js'
import { turnTheme } from './theme.js'
import { t } from '../texts/frame.js'

/** @param {import('../shell.js').Shell} shell @returns {{word: string, glyph: string, act: () => void}[]} */
export function ownItems(shell) {
  const { me, screens } = shell
  const to = (id, word) => {
    const found = screens.find((one) => one.id === id)
    return found && { word, glyph: found.icon, act: () => go(addressOf(id)) }
  }
  const away = (word, glyph, address) => ({ word, glyph, act: () => location.assign(address) })
  return [
    to('account', t.own.account), to('sessions', t.own.sessions), me.id && to('keys', t.own.keys),
    // Administrators have the screen of all limits instead.
    !me.scopes.includes('admin') && to('limits', t.own.limits),
    away(t.own.terminal, 'terminal', '../start.html'), away(t.own.api, 'code', '../swagger'),
    away(t.own.docs, 'lines', '../docs/'),
    { word: t.own.theme, glyph: 'theme', act: turnTheme },
    shell.signedIn && { word: t.own.signOut, glyph: 'out', act: () => shell.signOut() }
  ].filter(Boolean)
}
