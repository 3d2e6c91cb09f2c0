// What a person is told above everything else on the page of a link.

/** @param {string} [text] none: there is nothing to tell any more */
export function tell(text) {
  const place = document.getElementById('fault');
  place.textContent = text ?? '';
  place.hidden = !text;
}
