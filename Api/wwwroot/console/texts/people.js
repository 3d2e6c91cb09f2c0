// The words for people, keys and links in lists, and for spaces.
import { t as common } from './shell.js'

export const t = /** @type {const} */ ({
  people: { operator: common.me.key, kinds: { user: 'A removed person', key: 'A key', link: 'A link' } },
  spaces: { ...common.spaces, of: (name) => `Files of ${name}` }
})
