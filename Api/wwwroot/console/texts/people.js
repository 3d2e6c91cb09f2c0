// What a person reads of those whom a list tells of.
import { t as common } from '../texts.js'

export const t = {
  people: { operator: common.me.key, kinds: { user: 'Another person', key: 'A key', link: 'A link' } }
}
