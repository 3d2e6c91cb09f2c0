// Where the modules and style sheets of the screens are. The packed console has another one of this module:
// Api/wwwroot/build/pack.mjs.

/** @param {string} folder of a screen */
export const screenIn = (folder) => import(`./${folder}/screen.js`)

/** The address of a style sheet. @param {string} name */
export const sheetAt = (name) => name

/**
 * What the screens need and the document does not name.
 * @param {import('./screens.js').Screen[]} screens
 * @returns {string[]}
 */
export const partsOf = (screens) => screens.flatMap(({ folder, styles }) => [`${folder}/screen.js`, ...styles])
