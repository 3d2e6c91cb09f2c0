// Changes the theme.

/** Changes to the next theme: light, dark, or as the system has it. */
export function turnTheme() {
  const dark = getComputedStyle(document.documentElement).colorScheme === 'dark'
    || (!document.documentElement.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches)
  const next = dark ? 'light' : 'dark'
  document.documentElement.dataset.theme = next
  localStorage.setItem('theme', next)
  dispatchEvent(new Event('themechange'))
}
