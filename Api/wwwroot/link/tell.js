// The message at the top of a link's page.

/** @param {string} [text] none: there is nothing to tell any more */
export function tell(text) {
  const place = document.getElementById('fault');
  place.textContent = text ?? '';
  place.hidden = !text;
}
