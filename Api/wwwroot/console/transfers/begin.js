// Starts a transfer, once for each click, and offers an equal transfer that has not ended.
import { call } from '../api.js'
import { ask } from '../parts/dialog.js'
import { addressOf, go } from '../router.js'
import { t } from '../texts/transfers.js'

// crypto.randomUUID is available only over HTTPS and on localhost.
const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-')

/**
 * Keeps the idempotency key of a request until it is answered, so that a request whose answer was lost does not start
 * a second transfer.
 */
export class Beginner {
  #sent = ''
  #key = ''

  /**
   * @param {object} draft the body of the request
   * @returns {Promise<string | null>} the id of the transfer, or null if the user cancelled
   */
  async begin(draft) {
    const sent = JSON.stringify(draft)
    if (sent !== this.#sent) [this.#sent, this.#key] = [sent, newKey()]
    try {
      const { id } = await call('POST', 'api/transfers', draft, { 'Idempotency-Key': this.#key })
      this.#sent = ''
      return id
    } catch (error) {
      if (error.code !== 'equal_transfer_open') throw error
      const answer = await ask({ title: t.equal.title, text: [t.equal.text], answers: [
        { word: t.equal.open, value: 'open' }, { word: t.equal.another, value: 'another' }] })
      if (answer === 'open') return error.body.transfer
      return answer === 'another' ? await this.begin({ ...draft, allowEqual: true }) : null
    }
  }
}

/** @param {string | null} id */
export const show = (id) => { if (id) go(addressOf('transfers', [id])) }
