using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Statistics;

/// <summary>Counts new events, even if nobody queries them, and removes old figures and history.</summary>
internal sealed class RollUpStatistics(
    StatisticsCollector collector, IStatisticsLedger ledger, IOptions<StatisticsOptions> options) : IMaintenanceJob
{
    private const int Batch = 1000;

    public string Name => JobNames.RollUpStatistics;

    public string Description => "Adds up uploads by minute, hour and day, writes the history of those that ended, and removes what is "
        + "older than Statistics:KeepFor.";

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        var ended = await collector.RunAsync(count => progress.Report(count, null, "ended uploads"), cancellationToken);
        long removed = 0;
        while (await ledger.TrimAsync(options.Value.KeepFor, Batch, cancellationToken) is > 0 and var rows)
        {
            removed += rows;
            progress.Report(removed, null, "old rows removed");
        }

        return new JobReport(
            ended + removed == 0 ? "Nothing new." : $"Counted {ended} ended uploads and removed {removed} old rows.",
            new Dictionary<string, long> { ["uploads"] = ended, ["removed"] = removed });
    }
}
