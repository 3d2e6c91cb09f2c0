// Parses numbers as users write them.
const UNITS = ['', 'k', 'm', 'g', 't', 'p']

/**
 * Parses a number such as "12", "1,000", "1.5 GiB" or "500M", and rounds it to a whole one. Returns null for an empty
 * text.
 * @param {string} text @param {boolean} inBytes whether k stands for 1024 instead of 1000
 * @returns {number | null} NaN if the text is not a number
 */
export function amountOf(text, inBytes) {
  if (text.trim() === '') return null
  const [, number, unit, byte] = /^([\d.,_ ]*\d)\s*([kmgtp]?)(i?b)?$/i.exec(text.trim()) ?? []
  // A comma is accepted only between thousands: elsewhere, some languages use it as the decimal point.
  if (!number || !/^(\d+|\d{1,3}([,_ ]\d{3})+)(\.\d+)?$/.test(number) || (byte && !inBytes)) return NaN
  const value = Number(number.replace(/[,_ ]/g, '')) * (inBytes ? 1024 : 1000) ** UNITS.indexOf(unit.toLowerCase())
  return inBytes || Number.isInteger(value) ? Math.round(value) : NaN
}
