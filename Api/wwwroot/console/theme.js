// Runs before the first paint, so that the page does not change its colours while it loads.
const theme = localStorage.getItem('theme')
if (theme) document.documentElement.dataset.theme = theme
