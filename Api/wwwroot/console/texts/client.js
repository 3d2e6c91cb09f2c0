// How a program at the other end is called.
export const t = {
  client: (name, system) => (system ? `${name} on ${system}` : name)
}
