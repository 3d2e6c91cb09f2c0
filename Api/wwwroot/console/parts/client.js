// Names the program that sent a request, by its User-Agent header.
import { visible } from '../format.js'
import { t } from '../texts/client.js'

const BROWSERS = [['Edg/', 'Edge'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari'],
  ['curl/', 'curl']]
const SYSTEMS = [
  ['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS', 'macOS'],
  ['Linux', 'Linux']
]

/**
 * Returns a name such as "Firefox on Linux", or the User-Agent itself if the program is unknown; empty if there is
 * none.
 * @param {string | null | undefined} userAgent
 */
export function clientOf(userAgent) {
  if (!userAgent) return ''
  const name = BROWSERS.find(([sign]) => userAgent.includes(sign))?.[1]
  const system = SYSTEMS.find(([sign]) => userAgent.includes(sign))?.[1]
  return name ? t.client(name, system) : visible(userAgent).slice(0, 60)
}
