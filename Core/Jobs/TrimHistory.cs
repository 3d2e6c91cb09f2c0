using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Jobs;

/// <summary>Deletes history that is older than the configured age. The scheduler trims its own history by the same age.</summary>
internal sealed class TrimHistory(IReclaimLedger ledger, IOptions<JobsOptions> options) : IMaintenanceJob
{
    private const int Batch = 1000;

    public string Name => "trim-history";

    public string Description => "Deletes ended uploads, failed attempts, events and changes of the tree that are older than "
        + "Jobs:KeepHistory.";

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        long rows = 0;
        while (await ledger.TrimHistoryAsync(options.Value.KeepHistory, Batch, cancellationToken) is > 0 and var batch)
        {
            rows += batch;
            progress.Report(rows, null, "rows removed");
        }

        return new JobReport(
            rows == 0 ? "Nothing was old enough." : $"Removed {rows} rows older than {options.Value.KeepHistory.TotalDays:0.#} days.",
            new Dictionary<string, long> { ["rows"] = rows });
    }
}
