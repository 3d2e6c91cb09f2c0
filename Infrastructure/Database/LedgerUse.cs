namespace ChunkUpload.Infrastructure.Database;

/// <summary>How this service uses its ledger.</summary>
/// <param name="Alone">
/// Whether the ledger serves this service alone. Otherwise it is one of several nodes: its start waits for no other one and fences none.
/// </param>
internal sealed record LedgerUse(bool Alone = true);
