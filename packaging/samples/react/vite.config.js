// The library hashes in a module worker, which loads a part of itself on demand.
export default { worker: { format: 'es' } }
