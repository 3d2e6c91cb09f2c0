// Locates the modules and style sheets of the screens. Api/wwwroot/build/pack.mjs replaces this module in the packed
// console.

/** @param {string} folder the folder of the screen */
export const screenIn = (folder) => import(`./${folder}/screen.js`)

/** Returns the address of a style sheet. @param {string} name */
export const sheetAt = (name) => name

/**
 * Returns the files that the screens need and that the document does not reference.
 * @param {import('./screens.js').Screen[]} screens
 * @returns {string[]}
 */
export const partsOf = (screens) => screens.flatMap(({ folder, styles }) => [`${folder}/screen.js`, ...styles])
