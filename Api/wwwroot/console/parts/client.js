// The program at the other end, by what it says itself.
import { visible } from '../format.js'
import { t } from '../texts/client.js'

const BROWSERS = [['Edg/', 'Edge'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari'],
  ['curl/', 'curl']]
const SYSTEMS = [
  ['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS', 'macOS'],
  ['Linux', 'Linux']
]

/**
 * "Firefox on Linux", or what the program says itself; empty where it says nothing.
 * @param {string | null | undefined} userAgent
 */
export function clientOf(userAgent) {
  if (!userAgent) return ''
  const name = BROWSERS.find(([sign]) => userAgent.includes(sign))?.[1]
  const system = SYSTEMS.find(([sign]) => userAgent.includes(sign))?.[1]
  return name ? t.client(name, system) : visible(userAgent).slice(0, 60)
}
