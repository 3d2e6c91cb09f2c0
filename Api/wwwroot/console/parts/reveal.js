// A button in a field of a secret that shows what was typed: on a phone, hidden characters are mistyped.
import { h, icon } from '../dom.js'

/**
 * Puts the button into the field.
 * @param {HTMLInputElement} input in its label
 * @param {{show: string, hide: string}} words
 */
export function reveal(input, words) {
  // The button is no part of the field's name.
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
  // What is sent is a password again, which the browser's store knows by the type of its field.
  input.form?.addEventListener('submit', () => turn(false))
  turn(false)
  const place = h('span', { class: 'secret' })
  input.replaceWith(place)
  place.append(input, eye)
}
