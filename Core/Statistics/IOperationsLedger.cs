namespace ChunkUpload.Core.Statistics;

/// <summary>Reads the figures for operators that only the ledger has.</summary>
public interface IOperationsLedger
{
    /// <exception cref="LedgerUnavailableException">The database cannot be reached.</exception>
    Task<OperationsFigures> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>Figures for operators.</summary>
/// <param name="Damaged">The number of uploads whose stored bytes are wrong or missing.</param>
/// <param name="Transfers">The number of transfers that have not ended, by state.</param>
/// <param name="Waits">The number of transfers that wait, by reason.</param>
/// <param name="FailedJobs">1 for each job whose last run failed, and 0 for the others.</param>
public sealed record OperationsFigures(
    long Damaged, IReadOnlyDictionary<string, long> Transfers, IReadOnlyDictionary<string, long> Waits,
    IReadOnlyDictionary<string, long> FailedJobs);
