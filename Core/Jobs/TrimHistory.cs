using ChunkUpload.Core.Audit;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Jobs;

/// <summary>
/// Deletes history that is older than the configured age, and blanks audit rows at the audit's own age. The scheduler trims its own history
/// by the same age as other history.
/// </summary>
internal sealed class TrimHistory(
    IReclaimLedger ledger, IAuditLedger audit, IOptions<JobsOptions> options, IOptions<AuditOptions> audited) : IMaintenanceJob
{
    private const int Batch = 1000;

    public string Name => JobNames.TrimHistory;

    public string Description => "Deletes ended uploads, failed attempts, events and changes of the tree that are older than "
        + "Jobs:KeepHistory, and blanks rows of the audit that are older than Audit:KeepFor.";

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        long rows = 0;
        while (await ledger.TrimHistoryAsync(options.Value.KeepHistory, Batch, cancellationToken) is > 0 and var batch)
        {
            rows += batch;
            progress.Report(rows, null, "rows removed");
        }

        long blanked = 0;
        while (await audit.BlankAsync(audited.Value.KeepFor, Batch, cancellationToken) is > 0 and var batch)
            blanked += batch;
        return new JobReport(
            rows + blanked == 0
                ? "Nothing was old enough."
                : $"Removed {rows} rows that were old enough, and blanked {blanked} of the audit.",
            new Dictionary<string, long> { ["rows"] = rows, ["blanked"] = blanked });
    }
}
