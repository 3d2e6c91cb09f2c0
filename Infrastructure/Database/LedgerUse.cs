namespace ChunkUpload.Infrastructure.Database;

/// <summary>How this service uses its ledger.</summary>
/// <param name="Alone">
/// Whether the ledger serves this service alone. Otherwise it is one of several nodes: its start waits for no other one and fences none.
/// </param>
/// <param name="NeedsStandby">
/// Whether a commit counts only once a synchronous standby has it, so that nothing that was acknowledged is lost in a failover.
/// </param>
internal sealed record LedgerUse(bool Alone = true, bool NeedsStandby = false);
