// The words for people, keys and links in lists.
import { t as common } from './shell.js'

export const t = {
  people: { operator: common.me.key, kinds: { user: 'Another person', key: 'A key', link: 'A link' } }
}
