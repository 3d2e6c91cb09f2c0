namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// How this service uses its ledger. Every service is alone so far, and no setting changes this: only tests run two engines on a ledger.
/// </summary>
/// <param name="Alone">
/// Whether the ledger serves this service alone. Otherwise its start waits for no other node and fences none, and an empty data directory
/// beside a ledger with files is that of a new node.
/// </param>
internal sealed record LedgerUse(bool Alone = true);
