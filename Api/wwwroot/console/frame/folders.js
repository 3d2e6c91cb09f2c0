// A dialog for choosing a folder.
import { list, makeFolder } from '../files/tree.js'
import { button, h, icon } from '../dom.js'
import { visible } from '../format.js'
import { addOverlay } from '../overlay.js'
import { t } from '../texts/files.js'
import { field } from '../parts/dialog.js'

/**
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.act the label of the main button
 * @param {string} [question.from] the folder that is shown first
 * @param {string | null} question.space the space that is shown first, if it is among `spaces`
 * @param {{id: string, title: string}[]} question.spaces the spaces to choose from; at least one
 * @param {(folder: string) => Promise<string | void>} [question.check] returns an error message if the dialog must
 *   stay open
 * @returns {Promise<{space: string, path: string} | null>} null if the user cancelled
 */
export function chooseFolder({ title, act, from = '', space: first, spaces, check }) {
  // A double click must not open two dialogs.
  if (document.querySelector('dialog[open]') || spaces.length === 0) return Promise.resolve(null)
  return new Promise((resolve) => {
    const known = spaces.some(({ id }) => id === first)
    let space = known ? first : spaces[0].id
    let at = known ? from : ''
    let asked = 0
    let showing = Promise.resolve(true)
    let answer = null
    const way = h('div', { class: 'way' })
    const folders = h('ul', { class: 'folders' })
    const roots = h('select', { class: 'select', 'aria-label': t.files.space, hidden: spaces.length < 2,
      on: { change: () => show('', roots.value) } },
    spaces.map(({ id, title }) => h('option', { value: id, selected: id === space }, title)))
    const fault = h('p', { class: 'fault', role: 'alert', hidden: true })
    const name = field(t.files.folderName, '')
    const make = h('div', { class: 'make', hidden: true }, name.element,
      button(t.files.make, { act: () => makeIt() }))
    const tell = (sentence) => { fault.textContent = sentence; fault.hidden = !sentence }

    const show = (path, inSpace = space) => (showing = load(path, inSpace))

    /** Loads a folder. Returns whether it is shown, or another one that was requested later. */
    async function load(path, inSpace) {
      const asking = ++asked
      tell('')
      try {
        const page = await list(inSpace, path, { kind: 'folder', limit: 1000 })
        if (asking !== asked) return true
        at = path
        space = inSpace
        const names = path.split('/').filter(Boolean)
        const root = spaces.find(({ id }) => id === space).title
        way.replaceChildren(...[root, ...names].flatMap((word, index) => [
          index > 0 && icon('right'),
          button(index > 0 ? visible(word) : word, { kind: 'plain small',
            act: () => show(names.slice(0, index).join('/')) })
        ].filter(Boolean)))
        folders.replaceChildren(...page.items.map((folder) => h('li', {},
          button(visible(folder.name), { glyph: 'folder', kind: 'plain', act: () => show(folder.path) }))),
        ...(page.items.length === 0 ? [h('li', { class: 'hint' }, t.files.folderEmpty)] : []))
        return true
      } catch (error) {
        if (asking !== asked) return true
        // The folder may have been deleted. The root always exists.
        if (error.status === 404 && path) return load('', inSpace)
        roots.value = space
        tell(error.message)
        // Loading failed, so the previous folder is still shown and can be chosen.
        showing = Promise.resolve(true)
        return false
      }
    }

    /** Waits for a folder that is still loading, because the user no longer means the previous one. */
    async function shown() {
      for (let last = null; last !== showing;) if (!await (last = showing)) return false
      return true
    }

    async function makeIt() {
      const wanted = name.input.value.trim()
      if (!wanted) { name.input.focus(); return }
      if (!await shown()) return
      try {
        await makeFolder(space, [at, wanted].filter(Boolean).join('/'))
        name.input.value = ''
        make.hidden = true
        await show([at, wanted].filter(Boolean).join('/'))
      } catch (error) { tell(error.message) }
    }

    async function use() {
      if (!await shown()) return
      const sentence = await check?.(at)
      if (sentence) { tell(sentence); return }
      answer = { space, path: at }
      dialog.close()
    }

    const toMake = button(t.files.newFolder, { glyph: 'plus',
      act: () => { make.hidden = false; name.input.focus() } })
    name.input.addEventListener('keydown', (event) => { if (event.key === 'Enter') {
      event.preventDefault()
      makeIt()
    } })
    const dialog = h('dialog', { 'aria-labelledby': 'dialog-title',
      on: { close: () => { closed(); dialog.remove(); resolve(answer) } } },
      h('form', { on: { submit: (event) => event.preventDefault() } },
        h('h2', { id: 'dialog-title' }, title), roots, way, folders, make, fault,
        h('div', { class: 'buttons' }, button(act, { kind: 'primary', act: use }), toMake,
          button(t.cancel, { act: () => dialog.close() }))))
    document.body.append(dialog)
    dialog.showModal()
    const closed = addOverlay(() => dialog.close())
    show(at)
  })
}
