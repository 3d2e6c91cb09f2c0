namespace ChunkUpload.Core.Work;

/// <summary>A lease of an item. Every record of its worker contains it, and the ledger rejects records of a lost lease.</summary>
/// <param name="Work">The item.</param>
/// <param name="Epoch">A number that increases with each lease of the item.</param>
public readonly record struct LeaseId(long Work, long Epoch);
