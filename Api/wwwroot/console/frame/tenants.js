// Shows the current tenant and lets the user change to another one, if the user belongs to several.
import { call, codeOf } from '../api.js'
import { h, icon } from '../dom.js'
import { visible } from '../format.js'
import { t } from '../texts/tenants.js'
import { openMenu } from '../parts/menu.js'

/**
 * @param {import('../shell.js').Shell} shell
 * @param {HTMLElement} place the element; it stays empty if there is nothing to choose
 */
export async function tenantSwitch(shell, place) {
  const { me } = shell
  let tenants
  try {
    // Only administrators and operators can read the titles of tenants; members see the names.
    const titles = me.scopes.includes('admin') ? (await call('GET', 'api/tenants')).items : []
    const titled = ({ tenant }) => titles.find(({ name }) => name === tenant)
      ?? { name: tenant, title: tenant, state: 'active' }
    const own = me.memberships.map(titled)
    tenants = (me.isOperator ? titles : own).filter(({ state }) => state === 'active')
  } catch {
    return
  }
  if (tenants.length < 2) return
  shell.tenants = tenants.map(({ name }) => name)
  // All tabs of a browser share one session, and thus one tenant.
  const others = new BroadcastChannel(`chunkupload-tenant ${me.subject}`)
  let goOn = null
  others.onmessage = async ({ data }) => {
    if (data === 'leave') goOn = pauseAll(shell)
    else if (data === 'stay') (await goOn)?.()
    else begin()
  }
  const now = visible(tenants.find(({ name }) => name === me.tenant)?.title ?? me.tenant)
  const open = (anchor) => openMenu(anchor, tenants.map(({ name, title }) => ({
    word: visible(title), glyph: name === me.tenant ? 'check' : 'tenant', act: () => choose(shell, name, others)
  })))
  // On a phone, the screen "More" opens this menu.
  shell.switchTenant = open
  place.replaceChildren(h('button', {
    type: 'button', class: 'tenant', title: t.tenant.switch(now), 'aria-label': t.tenant.switch(now),
    'aria-haspopup': 'menu',
    on: { click: ({ currentTarget }) => open(currentTarget) }
  }, icon('tenant'), h('span', { class: 'word cut' }, now), icon('down', 'out')))
}

/**
 * Pauses the uploads of this page, because another tenant does not know them.
 * @returns {Promise<() => void>} resumes them
 */
async function pauseAll(shell) {
  const [{ engineOf }, { pauseRunning }] = await Promise.all([import('../upload/engine.js'),
    import('../upload/running.js')])
  return pauseRunning(await engineOf(shell))
}

/** Reloads the page, because all of its data belongs to the previous tenant. */
function begin() {
  // Don't notify the screen: it would load data of the previous tenant.
  history.replaceState(null, '', `#/${location.hash.replace(/^#\/?/, '').split(/[/?]/)[0]}`)
  location.reload()
}

async function choose(shell, tenant, others) {
  if (tenant === shell.me.tenant) return
  let goOn = null
  try {
    others.postMessage('leave')
    goOn = await pauseAll(shell)
    await call('POST', 'api/me/tenant', { tenant })
    others.postMessage('changed')
    begin()
  } catch (error) {
    others.postMessage('stay')
    goOn?.()
    shell.notes.show('tenant', { kind: 'bad', glyph: 'fail', text: error.message, code: codeOf(error),
      actions: [{ word: t.close, act: () => shell.notes.hide('tenant') }] })
  }
}
