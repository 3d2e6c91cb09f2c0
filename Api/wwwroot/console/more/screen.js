// The screen "More" on a phone: the screens without a tab of their own, and the items of the user's menu.
import { button, h } from '../dom.js'
import { ownItems } from '../frame/own.js'
import { groups } from '../screens.js'
import { t } from '../texts/frame.js'

/** @param {import('../shell.js').Shell} shell */
export function open(shell) {
  shell.place(t.nav.more)
  const parts = groups.filter((group) => group.may(shell.me)).map(({ id, word }) => {
    const lines = shell.nav.untabbed(id)
    return lines.length > 0 && h('nav', { class: 'nav', 'aria-label': `${t.nav.more}: ${word || t.nav.main}` },
      word && h('h2', { class: 'group' }, word), h('div', { class: 'lines' },
        lines.map((line) => shell.nav.line(line))))
  })
  const { name, role } = shell.person
  const own = ({ word, glyph, act }) => button(word, { glyph, kind: 'plain', act })
  const tenant = shell.switchTenant && button(t.own.tenant, {
    glyph: 'tenant', kind: 'plain', 'aria-haspopup': 'menu', act: (event) => shell.switchTenant(event.currentTarget)
  })
  return {
    element: h('div', { class: 'more' }, parts, h('section', { class: 'own', 'aria-label': t.own.you },
      h('p', { class: 'who' }, name, h('small', {}, role)),
      h('div', { class: 'lines' }, tenant, ownItems(shell).map(own))))
  }
}
