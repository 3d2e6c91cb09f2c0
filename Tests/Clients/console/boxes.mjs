// In the page: measures the boxes of each dialog, panel and menu whenever one opens or changes. Two boxes that overlap, and a box that is
// cut off, are an error of the page, which fails the scenario.
export function watchBoxes() {
  const ROOTS = 'dialog[open], [popover]:popover-open, .panel'
  const CONTROL = 'button, input, select, textarea, img, canvas, svg, video, iframe, progress'
  // Rounding of fractions of a pixel.
  const SLACK = 1.5
  const told = new Set()

  const nameOf = (element) => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className}`
    + ` "${(element.textContent || element.getAttribute('aria-label') || element.value || '').trim().slice(0, 30)}"`

  /** The part of a box that its ancestors show, or null. Those that scroll hide the rest without a fault. */
  function shown(box, element, root) {
    let { left, top, right, bottom } = box
    for (let at = element; at && at !== root.parentElement; at = at.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(at)
      if (overflowX === 'visible' && overflowY === 'visible') continue
      const outer = at.getBoundingClientRect()
      if (overflowX !== 'visible') { left = Math.max(left, outer.left); right = Math.min(right, outer.right) }
      if (overflowY !== 'visible') { top = Math.max(top, outer.top); bottom = Math.min(bottom, outer.bottom) }
    }
    return right - left > SLACK && bottom - top > SLACK ? { left, top, right, bottom } : null
  }

  /** The nearest ancestor within the root that cuts off what is wider than it, without a way to see the rest. */
  function cutter(box, element, root) {
    for (let at = element; at && at !== root.parentElement; at = at.parentElement) {
      const { overflowX, textOverflow, webkitLineClamp } = getComputedStyle(at)
      if (textOverflow === 'ellipsis' || webkitLineClamp !== 'none' || /auto|scroll/.test(overflowX)) return null
      const outer = at.getBoundingClientRect()
      const cuts = overflowX === 'hidden' || overflowX === 'clip' || at === root
      if (cuts && (box.right > outer.right + SLACK || box.left < outer.left - SLACK)) return at
    }
    return null
  }

  /** Lines of text, and controls. */
  function* boxesOf(root) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || element.closest('.only-heard, option')) continue
      if (node.nodeType === Node.TEXT_NODE) {
        if (!node.data.trim() || element.closest('select, textarea, svg')) continue
        const range = document.createRange()
        range.selectNodeContents(node)
        for (const box of range.getClientRects()) if (box.width > 0 && box.height > 0) yield { element, box, isText: true }
      } else if (element.matches(CONTROL) && !element.parentElement.closest('svg')) {
        const box = element.getBoundingClientRect()
        if (box.width > 0 && box.height > 0) yield { element, box, isText: false }
      }
    }
  }

  /** Buttons stand in some fields, and symbols in buttons, on purpose. */
  const isWithin = (one, other) => one.contains(other) || other.contains(one)
    || (one.closest('.secret') !== null && one.closest('.secret') === other.closest('.secret'))

  function* faultsOf(root) {
    const window = { left: 0, top: 0, right: innerWidth, bottom: innerHeight }
    const own = root.getBoundingClientRect()
    if (own.left < window.left - SLACK || own.right > window.right + SLACK || own.top < window.top - SLACK
      || own.bottom > window.bottom + SLACK) {
      yield `${nameOf(root)} reaches beyond the window`
    }
    const boxes = []
    for (const { element, box, isText } of boxesOf(root)) {
      const by = cutter(box, element, root)
      if (by) yield `${nameOf(element)} is cut off by ${nameOf(by)}`
      const seen = shown(box, element, root)
      if (seen) boxes.push({ element, isText, ...seen })
    }
    boxes.sort((a, b) => a.top - b.top)
    for (const [i, one] of boxes.entries()) {
      for (let j = i + 1; j < boxes.length && boxes[j].top < one.bottom - SLACK; j++) {
        const other = boxes[j]
        const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left)
        const high = Math.min(one.bottom, other.bottom) - other.top
        if (wide > SLACK && high > SLACK && !isWithin(one.element, other.element)) {
          yield `${nameOf(one.element)} and ${nameOf(other.element)} overlap in ${nameOf(root)}`
        }
      }
    }
  }

  function measure() {
    for (const root of document.querySelectorAll(ROOTS)) {
      for (const fault of faultsOf(root)) {
        const where = `${innerWidth}px: ${fault}`
        if (!told.has(where)) console.error(`boxes: ${where}`)
        told.add(where)
      }
    }
  }

  let waiting = 0
  // Two frames later the styles are applied and the layout has settled.
  const soon = () => { waiting ||= requestAnimationFrame(() => requestAnimationFrame(() => { waiting = 0; measure() })) }
  document.addEventListener('DOMContentLoaded', () => {
    const isInRoot = ({ target, addedNodes }) => (target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement)?.closest(ROOTS)
      || [...addedNodes].some((node) => node.nodeType === Node.ELEMENT_NODE && (node.matches(ROOTS) || node.querySelector(ROOTS)))
    new MutationObserver((all) => { if (all.some(isInRoot)) soon() })
      .observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
    document.addEventListener('toggle', soon, true)
    addEventListener('resize', soon)
  })
}
