namespace ChunkUpload.Core.Audit;

/// <summary>Stores the audit: who did what. The ledger's functions that change uploads and files record those acts themselves.</summary>
public interface IAuditLedger
{
    /// <summary>
    /// Records an act of <see cref="Actor.Current"/>. An act on a user is recorded in each tenant that the user belongs to.
    /// </summary>
    Task AddAsync(string kind, string? target, string? json, CancellationToken cancellationToken);

    /// <summary>Records a download, once per object and hour.</summary>
    Task AddDownloadAsync(string tenant, string upload, string name, int hour, CancellationToken cancellationToken);

    /// <summary>Returns rows, the newest first. It includes all acts recorded before the first page was requested.</summary>
    Task<IReadOnlyList<AuditRow>> ListAsync(AuditQuery query, CancellationToken cancellationToken);

    /// <summary>Chains all acts that are not chained yet.</summary>
    Task ChainAsync(CancellationToken cancellationToken);

    /// <summary>Verifies the rows after a number.</summary>
    /// <param name="keep">Older rows may be blanked; newer ones only if an act in the chain names them.</param>
    Task<AuditVerdict> VerifyAsync(long number, byte[] chain, int limit, TimeSpan keep, CancellationToken cancellationToken);

    /// <summary>Blanks rows that are older than an age.</summary>
    /// <returns>The number of blanked rows.</returns>
    Task<int> BlankAsync(TimeSpan age, int limit, CancellationToken cancellationToken);
}
