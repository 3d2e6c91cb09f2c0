// Shows the valid links to an entry below its details.
import { call } from '../api.js'
import { button, h } from '../dom.js'
import * as format from '../format.js'
import { sure } from '../parts/fields.js'
import { command } from '../parts/command.js'
import { qrCode } from '../parts/qr.js'
import { addressKnown, changeLink, share } from '../parts/share.js'
import { t } from '../texts/share.js'

const MOST = 200

/**
 * @param {import('./tree.js').Entry} entry @param {string | null} space @param {string} place the path as it is shown
 * @returns {HTMLElement[]} a heading, and a list that fills itself
 */
export function sharesOf(entry, space, place) {
  const list = h('div', { class: 'shares' })
  const fault = h('p', { class: 'fault hint', role: 'alert', hidden: true })
  const load = async () => {
    try {
      const { items } = await call('GET', `api/links?limit=${MOST}`)
      list.replaceChildren(...items.filter((link) => link.entry === entry.id && link.state === 'open').map((link) =>
        card(link, act)))
    } catch (error) { tell(error) }
  }
  const tell = (error) => { fault.textContent = error.message; fault.hidden = false }
  const act = async (work) => {
    fault.hidden = true
    try { if (await work()) await load() } catch (error) { tell(error) }
  }
  load()
  const make = () => act(() => share({ kind: 'download', space, path: entry.path, place }))
  return [h('h3', {}, t.share.links, button(t.share.share, { glyph: 'link', kind: 'small', act: make })), list, fault]
}

function card(link, act) {
  const { downloads, maxDownloads, expiresAt } = link
  const address = addressKnown(link.id)
  const revoke = async () => await sure(t.share.revokeTitle(format.visible(link.title)), t.share.revokeText,
    t.share.revoke)
    && call('DELETE', `api/links/${link.id}`).then(() => true)
  return h('div', { class: 'share' }, address && command(address),
    h('div', { class: 'share-facts' },
      h('div', {},
        h('dl', {}, h('dt', {}, t.share.end), h('dd', { title: format.exactTime(expiresAt) }, format.when(expiresAt)),
          h('dt', {}, t.share.used), h('dd', {}, t.share.of(downloads, maxDownloads)),
          h('dt', {}, t.share.secret), h('dd', {}, link.hasPassword ? t.share.isSet : t.share.none)),
        h('div', { class: 'buttons tight' }, button(t.share.changeIt,
          { kind: 'small', act: () => act(() => changeLink(link)) }),
          button(t.share.revoke, { kind: 'small danger', act: () => act(revoke) }))),
      address && qrCode(address, t.share.qr)))
}
