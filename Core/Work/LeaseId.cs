namespace ChunkUpload.Core.Work;

/// <summary>One lease of an item. Every record that its worker makes has it, and the ledger rejects the records of a lost lease.</summary>
/// <param name="Work">The item.</param>
/// <param name="Epoch">Rises with each lease of the item.</param>
public readonly record struct LeaseId(long Work, long Epoch);
