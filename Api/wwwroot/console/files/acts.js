// The user's actions on entries. An action that can be undone does not ask for confirmation.
import { h } from '../dom.js'
import { visible } from '../format.js'
import { ask, field } from '../parts/dialog.js'
import { chooseFolder } from '../frame/folders.js'
import { spacesOf } from '../parts/spaces.js'
import { OWN } from '../parts/storage.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/files.js'
import { askTaken } from '../upload/conflicts.js'
import * as tree from './tree.js'

// The number of concurrent changes. For more entries, the progress is shown.
const AT_ONCE = 6
const FEW = 20

export class Acts {
  /** @type {(() => Promise<void>) | null} */
  #back = null

  /** @param {any} screen */
  constructor(screen) { this.screen = screen }

  /** Undoes the last action. @returns {boolean} whether there was an action to undo */
  undo() {
    const back = this.#back
    back?.()
    return back !== null
  }

  /** Forgets the last action, because another folder is opened and its note is gone. */
  forget() { this.#back = null }

  async newFolder() {
    const { screen } = this
    const name = field(t.files.folderName, '')
    await ask({
      title: t.files.newFolder, text: [t.files.into(screen.placeOf(screen.path))], fields: [name.element],
      answers: [{ word: t.files.make, value: true }],
      check: () => sentence(async () => {
        if (!name.input.value.trim()) return name.input.focus()
        await tree.makeFolder(screen.space, [screen.path, name.input.value.trim()].filter(Boolean).join('/'))
      }, name.input)
    })
    screen.refresh()
  }

  /** @param {tree.Entry} entry */
  async rename(entry) {
    const name = field(t.files.newName, entry.name)
    const answer = ask({
      title: t.files.renameTitle(visible(entry.name)), fields: [name.element],
      answers: [{ word: t.files.rename, value: true }],
      check: () => sentence(() => tree.rename(entry, name.input.value.trim()), name.input)
    })
    // The extension is rarely what the user wants to change, so it is not selected.
    const dot = entry.name.lastIndexOf('.')
    if (entry.kind === 'file' && dot > 0) name.input.setSelectionRange(0, dot)
    if (await answer) {
      const now = visible(name.input.value.trim())
      this.#noteUndo('pen', visible(entry.name), t.renamed(now), [entry], tree.putBack)
    }
    this.screen.refresh()
  }

  /** @param {tree.Entry[]} entries */
  move(entries) { return this.#choose('move', entries) }

  /** @param {tree.Entry[]} entries */
  copy(entries) { return this.#choose('copy', entries) }

  /** @param {'move' | 'copy'} verb @param {tree.Entry[]} entries */
  async #choose(verb, entries) {
    const { screen } = this
    // The user may open another space while the entries are moved.
    const { space: from, path: at } = screen
    const spaces = (await spacesOf(screen.shell.me).catch(() => screen.spaces)).filter(({ may }) => may.change)
    const chosen = await chooseFolder({
      title: t.files[`${verb}Title`](entries.length, visible(entries[0].name)), act: t.files[`${verb}Here`], from: at,
      space: from, spaces
    })
    if (chosen) await this.bring(verb, entries, chosen, { from, spaces })
  }

  /**
   * Moves or copies entries to a folder.
   * @param {'move' | 'copy'} verb @param {tree.Entry[]} entries @param {{space: string, path: string}} to
   * @param {{from: string, spaces: any[]}} [where] the space of the entries, and the spaces that the user sees
   */
  async bring(verb, entries, { space, path: folder }, { from, spaces } = { from: this.screen.space,
    spaces: this.screen.spaces }) {
    const { screen } = this
    const away = space !== from
    let [running, leftOut, replaced] = [0, 0, false]
    const bringOne = async (entry, conflict) => {
      replaced ||= conflict === 'replace'
      if (verb === 'copy') {
        const made = await tree.copy(from, entry, space, folder, conflict)
        leftOut += made.leftOut ?? 0
      } else if (!away) await tree.move(entry, folder, conflict)
      else if ((await tree.moveAway(from, entry, space, folder, conflict)).state) running++
    }
    const taken = []
    // A copy in the folder of the original gets another name.
    const beside = (entry) => verb === 'copy' && !away
      && entry.path === [folder, entry.name].filter(Boolean).join('/')
    const failed = await this.#each(verb, entries, async (entry) => {
      try {
        await bringOne(entry, beside(entry) ? 'rename' : undefined)
      } catch (error) {
        if (error.code !== 'name_taken') throw error
        taken.push(entry)
      }
    })
    const skipped = await this.#resolve(verb, taken, { folder, space }, failed, bringOne)
    screen.list.choose([])
    const done = entries.length - skipped - failed.length
    if (done > 0) {
      const place = screen.placeOf(folder, spaces.find(({ id }) => id === space))
      const text = verb === 'copy' ? t.copied(place, leftOut) : t.moved[running > 0 ? 'soon' : 'text'](place)
      const gone = new Set(failed.map(({ entry }) => entry))
      // Undoing would not restore entries that were replaced or moved to another space.
      const back = verb === 'move' && !away && !replaced && skipped === 0
        ? entries.filter((entry) => !gone.has(entry)) : []
      this.#noteUndo(verb, t.removed.lead(done, visible(entries[0].name)), text, back, tree.putBack)
    }
    this.#tell(failed)
    screen.refresh()
  }

  /** Shows what was done, with a button that undoes it if that is possible. */
  #noteUndo(glyph, lead, text, entries, undo) {
    const { notes } = this.screen
    const hide = () => { this.#back = null; notes.hide('undo') }
    const back = async () => {
      hide()
      this.#tell(await this.#each('restore', entries, undo))
      this.screen.refresh()
    }
    this.#back = entries.length > 0 ? back : null
    notes.show('undo', { glyph, lead, text,
      actions: [entries.length > 0 ? { word: t.undo, act: back } : { word: t.close, act: hide }] })
  }

  /**
   * Asks what to do with entries whose names are taken.
   * @returns {Promise<number>} the number of entries that are not moved or copied
   */
  async #resolve(verb, taken, { folder, space }, failed, bringOne) {
    if (taken.length === 0) return 0
    const pathOf = ({ name }) => [folder, name].filter(Boolean).join('/')
    const folderOf = ({ path }) => path.split('/').slice(0, -1).join('/')
    // A search may find entries with the same name in several folders.
    const several = new Set(taken.map(folderOf)).size > 1
    const answers = await askTaken(taken.map((entry) => (
      { key: entry, path: pathOf(entry), size: entry.size, at: entry.modifiedAt,
        picture: entry.contentUrl && tree.contentOf(entry),
        ...(several ? { from: folderOf(entry) } : {}) })), folder, space)
    const moved = answers ? taken.filter((entry) => answers.get(entry) !== 'skip') : []
    failed.push(...await this.#each(verb, moved, (entry) => bringOne(entry, answers.get(entry))))
    return taken.length - moved.length
  }

  /** Returns the transfer items of a folder's menu; on a phone, the bar of the selection has no room for them. */
  transfers() {
    const { space, path, shell, may } = this.screen
    if (!shell.me.scopes.includes('transfers')) return []
    const open = (end) => go(addressOf('transfers', ['new'], { ...end, space, folder: path }))
    return [
      { word: t.files.send, glyph: 'transfer', act: () => open({ from: OWN }) },
      { word: t.files.keep, glyph: 'swap',
        act: () => go(addressOf('syncs', ['new'], { left: OWN, space, folder: path })) },
      may.change && { word: t.files.bring, glyph: 'download', act: () => open({ to: OWN }) }
    ]
  }

  /** Opens a new transfer that sends the entries to another storage. @param {tree.Entry[]} entries */
  send(entries) {
    const { space, path, searching } = this.screen
    const items = entries.map(({ id }) => id).join(',')
    // A search may find entries in several folders, and the tree of that screen shows one folder at first.
    const folder = searching ? entries[0].path.split('/').slice(0, -1).join('/') : path
    go(addressOf('transfers', ['new'], { from: OWN, space, folder, items }))
  }

  /** Moves entries to the trash, and shows a note that can undo it. @param {tree.Entry[]} entries */
  async remove(entries) {
    const { screen } = this
    const { space } = screen
    screen.list.passFocus(entries)
    const failed = await this.#each('remove', entries, tree.remove)
    const kept = new Set(failed.map(({ entry }) => entry))
    const removed = entries.filter((entry) => !kept.has(entry))
    screen.list.choose([])
    if (screen.query.get('open')) screen.details(null)
    if (removed.length > 0) {
      // An item in the trash has a version if it is an earlier content of a file; here, the whole entry is restored.
      this.#noteUndo('trash', t.removed.lead(removed.length, visible(removed[0].name)),
        t.removed.text(removed.length), removed,
        ({ id }) => tree.restore(space, { id }))
    }
    this.#tell(failed)
    screen.refresh()
  }

  /** Creates a link for others. @param {string} path @param {'download' | 'upload'} [kind] */
  async share(path, kind = 'download') {
    const { share } = await import('../parts/share.js')
    await share({ kind, space: this.screen.space, path, place: this.screen.placeOf(path) })
  }

  /** @param {tree.Entry[]} entries */
  zip(entries) {
    const { screen } = this
    // A search may find entries in several folders; each folder gets its own archive.
    const folders = new Map()
    for (const entry of entries) {
      const folder = entry.path.split('/').slice(0, -1).join('/')
      if (!folders.has(folder)) folders.set(folder, [])
      folders.get(folder).push(entry.name)
    }
    for (const [folder, names] of folders) {
      const whole = folder === screen.path && !screen.searching && screen.list.allChosen
      for (const address of tree.zipsOf(screen.space, folder, whole ? [] : names)) download(address)
    }
  }

  /**
   * Runs an operation for each entry, several concurrently. The list is loaded again once, at the end.
   * @param {'move' | 'copy' | 'remove' | 'restore'} verb
   * @param {tree.Entry[]} entries
   * @param {(entry: tree.Entry) => Promise<any>} work
   * @returns {Promise<{entry: tree.Entry, error: Error}[]>} the entries that failed
   */
  async #each(verb, entries, work) {
    const { notes } = this.screen
    const failed = []
    let [next, done, stopped] = [0, 0, false]
    const release = this.screen.hold()
    const worker = async () => {
      while (next < entries.length && !stopped) {
        const entry = entries[next++]
        try { await work(entry) } catch (error) { failed.push({ entry, error }) }
        done++
        if (entries.length > FEW) {
          notes.show('doing', { glyph: 'clock', text: t.doing(t.verbs[verb], done, entries.length),
            actions: [{ word: t.stop, act: () => { stopped = true } }] })
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    notes.hide('doing')
    release()
    // Entries that were not started are unchanged.
    for (const entry of entries.slice(next)) failed.push({ entry, error: new Error(t.stopped) })
    return failed
  }

  #tell(failed) {
    if (failed.length === 0) { this.screen.notes.hide('failed'); return }
    this.screen.notes.show('failed', { kind: 'bad', glyph: 'fail',
      text: t.failedSome(failed.length, failed[0].error.message),
      actions: [{ word: t.close, act: () => this.screen.notes.hide('failed') }] })
  }
}

/** Lets the browser download a file. @param {string} address */
export function download(address) {
  const link = h('a', { href: address, download: '' })
  document.body.append(link)
  link.click()
  link.remove()
}

/** Runs the operation and returns the error message for a dialog that stays open. */
async function sentence(work, input) {
  try {
    await work()
    return undefined
  } catch (error) {
    input.setAttribute('aria-invalid', 'true')
    return error.message
  }
}
