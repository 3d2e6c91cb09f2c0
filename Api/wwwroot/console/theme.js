// Sets the theme before the first paint, so that the colours do not change while the page loads.
const theme = localStorage.getItem('theme')
if (theme) document.documentElement.dataset.theme = theme
