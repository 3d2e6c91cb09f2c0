// Finds sections of the documents. The index is loaded when the field gets the focus; it is a script, so that it loads from a folder, too.
(() => {
  const MOST = 30
  const BEFORE = 60
  const LENGTH = 200
  const base = new URL('.', document.currentScript.src)
  const box = document.querySelector('.search')
  const field = box.querySelector('input')
  const found = box.querySelector('.found')
  const status = box.querySelector('[role=status]')
  const list = box.querySelector('ol')
  let loading

  /** All sections in lower case, for comparing; the index has pages as [path, title, [[anchor, heading, text]]]. */
  const sections = () => globalThis.docsIndex.flatMap(([path, title, parts]) => parts.map(([anchor, heading, text]) => ({
    address: `${new URL(path, base)}#${anchor}`, title, heading, text,
    low: { title: title.toLowerCase(), heading: heading.toLowerCase(), text: text.toLowerCase() }
  })))

  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement('script')
      script.src = new URL('search-index.js', base)
      script.addEventListener('load', () => resolve(sections()))
      script.addEventListener('error', () => { loading = undefined; script.remove(); reject(new Error('no index')) })
      document.head.append(script)
    })
    return loading
  }

  /** Zero if a word is missing: every word must be found somewhere. */
  function score({ low }, words) {
    let sum = 0
    for (const word of words) {
      const times = low.text.split(word).length - 1
      const points = (low.heading.includes(word) ? 8 : 0) + (low.title.includes(word) ? 4 : 0) + Math.min(times, 3)
      if (points === 0) return 0
      sum += points
    }
    return sum
  }

  /** Appends the text to the element, with the words marked. */
  function append(element, text, words) {
    const low = text.toLowerCase()
    for (let at = 0; at < text.length;) {
      const next = words.map((word) => ({ word, start: low.indexOf(word, at) })).filter(({ start }) => start >= 0)
        .sort((one, other) => one.start - other.start || other.word.length - one.word.length)[0]
      element.append(text.slice(at, next?.start ?? text.length))
      if (!next) return
      const mark = document.createElement('mark')
      mark.append(text.slice(next.start, next.start + next.word.length))
      element.append(mark)
      at = next.start + next.word.length
    }
  }

  /** The part of the text around the first of the words that it has. */
  function excerpt({ text, low }, words) {
    const first = Math.min(...words.map((word) => low.text.indexOf(word)).filter((at) => at >= 0), text.length)
    const start = first === text.length || first < BEFORE ? 0 : low.text.indexOf(' ', first - BEFORE) + 1
    return `${start > 0 ? '… ' : ''}${text.slice(start, start + LENGTH)}${start + LENGTH < text.length ? ' …' : ''}`
  }

  function item(section, words) {
    const link = document.createElement('a')
    const heading = document.createElement('b')
    const small = document.createElement('small')
    link.href = section.address
    append(heading, section.heading === section.title ? section.title : `${section.title} › ${section.heading}`, words)
    append(small, excerpt(section, words), words)
    link.append(heading, small)
    const line = document.createElement('li')
    line.append(link)
    return line
  }

  async function search() {
    const asked = field.value
    const words = [...new Set(asked.toLowerCase().split(/\s+/).filter(Boolean))]
    found.hidden = words.length === 0
    if (found.hidden) return
    let all
    try {
      all = await load()
    } catch {
      list.replaceChildren()
      status.textContent = 'The search could not be loaded. Type again to try once more.'
      return
    }
    if (field.value !== asked) return
    const hits = all.map((section) => ({ section, points: score(section, words) })).filter(({ points }) => points > 0)
      .sort((one, other) => other.points - one.points)
    list.replaceChildren(...hits.slice(0, MOST).map(({ section }) => item(section, words)))
    status.textContent = hits.length === 0 ? 'Nothing was found. Try fewer or shorter words.'
      : hits.length > MOST ? `The best ${MOST} of ${hits.length} sections` : hits.length === 1 ? '1 section' : `${hits.length} sections`
  }

  const close = () => { found.hidden = true }
  field.addEventListener('focus', () => load().catch(() => {}))
  field.addEventListener('input', search)
  box.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return
    close()
    field.focus()
  })
  // A section of the same page is shown below the list.
  list.addEventListener('click', close)
  document.addEventListener('click', ({ target }) => { if (!box.contains(target)) close() })
  box.hidden = false
})()
