// In the page: the buttons whose words do not fit into them, that lie over other words, or that stand below the name of their row.
export function faultsOfButtons() {
  const SLACK = 1.5
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !element.closest('.only-heard')
  /** What stays in its place while the page scrolls lies over it on purpose. */
  const isAbove = (element) => {
    for (let at = element; at; at = at.parentElement) if (/fixed|sticky/.test(getComputedStyle(at).position)) return true
    return false
  }
  const main = document.querySelector('main')
  const buttons = [...main?.querySelectorAll('.button') ?? []].filter((button) => isSeen(button) && button.offsetWidth > 0)
  const isTooSmall = (one) => one.scrollWidth > one.clientWidth + SLACK || one.scrollHeight > one.clientHeight + SLACK
  const faults = buttons.filter(isTooSmall).map((button) => `the words of "${button.textContent}" do not fit`)
  for (const row of document.querySelectorAll('.things tbody tr')) {
    const [lead, acts] = [row.querySelector('td.lead'), row.querySelector('td.acts')].map((cell) => cell?.getBoundingClientRect())
    if (acts?.height > 0 && acts.top >= lead?.bottom) faults.push(`the buttons of "${row.innerText.split('\n')[0]}" stand below it`)
  }
  const texts = []
  const walk = document.createTreeWalker(main ?? document.body, NodeFilter.SHOW_TEXT)
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const parent = node.parentElement
    if (!node.data.trim() || !isSeen(parent) || parent.closest('.button, option, select, svg, [inert]')) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    for (const box of range.getClientRects()) if (box.width > 0) texts.push({ box, parent, text: node.data.trim() })
  }
  for (const button of buttons.filter((button) => !isAbove(button))) {
    const own = button.getBoundingClientRect()
    for (const { box, parent, text } of texts) {
      const left = Math.max(own.left, box.left)
      const top = Math.max(own.top, box.top)
      const [width, height] = [Math.min(own.right, box.right) - left, Math.min(own.bottom, box.bottom) - top]
      // A panel covers the page.
      if (width <= SLACK || height <= SLACK || button.closest('.panel') !== parent.closest('.panel')) continue
      // What is cut off or scrolled away is not seen there.
      const seen = document.elementsFromPoint(left + width / 2, top + height / 2)
      if (seen.includes(parent) && seen.some((element) => button.contains(element)) && !parent.contains(button)) {
        faults.push(`"${button.textContent || button.ariaLabel}" lies over "${text}"`)
      }
    }
  }
  return [...new Set(faults)].slice(0, 5)
}
