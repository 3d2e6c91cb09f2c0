// Numbers as people write them.
const UNITS = ['', 'k', 'm', 'g', 't', 'p']

/**
 * "12", "1,000", "1.5 GiB", "500M": a whole number; null for nothing.
 * @param {string} text @param {boolean} inBytes whether k is 1024; of what is counted it is 1000
 * @returns {number | null} NaN: not a number
 */
export function amountOf(text, inBytes) {
  if (text.trim() === '') return null
  const [, number, unit, byte] = /^([\d.,_ ]*\d)\s*([kmgtp]?)(i?b)?$/i.exec(text.trim()) ?? []
  // A comma is only taken between thousands: elsewhere some mean a point by it.
  if (!number || !/^(\d+|\d{1,3}([,_ ]\d{3})+)(\.\d+)?$/.test(number) || (byte && !inBytes)) return NaN
  const value = Number(number.replace(/[,_ ]/g, '')) * (inBytes ? 1024 : 1000) ** UNITS.indexOf(unit.toLowerCase())
  return inBytes || Number.isInteger(value) ? Math.round(value) : NaN
}
