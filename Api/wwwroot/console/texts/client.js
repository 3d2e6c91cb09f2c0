// How a program at the other end is called.
export const t = /** @type {const} */ ({
  client: (name, system) => (system ? `${name} on ${system}` : name)
})
