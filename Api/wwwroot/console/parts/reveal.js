// Adds a button to a password field that shows the text, because hidden characters are often mistyped on phones.
import { h, icon } from '../dom.js'

/**
 * Adds the button to the field.
 * @param {HTMLInputElement} input a field inside its label
 * @param {{show: string, hide: string}} words
 */
export function reveal(input, words) {
  // The button must not become part of the accessible name of the field.
  const word = input.closest('label').firstChild.textContent.trim()
  input.setAttribute('aria-label', word)
  const eye = h('button', { type: 'button', class: 'button plain square', 'aria-pressed': 'false' }, icon('eye'))
  const turn = (shown) => {
    input.type = shown ? 'text' : 'password'
    eye.setAttribute('aria-pressed', String(shown))
    eye.setAttribute('aria-label', shown ? words.hide : words.show)
    eye.title = shown ? words.hide : words.show
  }
  eye.addEventListener('click', (event) => { event.preventDefault(); turn(input.type === 'password'); input.focus() })
  // Restore the type before sending: the browser's password manager recognizes the field by it.
  input.form?.addEventListener('submit', () => turn(false))
  turn(false)
  const place = h('span', { class: 'secret' })
  input.replaceWith(place)
  place.append(input, eye)
}
