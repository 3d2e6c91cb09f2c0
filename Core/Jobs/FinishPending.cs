using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Jobs;

/// <summary>
/// Catches up on background work that the engine missed: schedules every upload that still has to be joined, merged, hashed or freed, and
/// probes a degraded store (E5).
/// </summary>
internal sealed class FinishPending(BackgroundWork work, IChunkStore store) : IMaintenanceJob
{
    public string Name => JobNames.FinishPending;

    public bool IsOfStore => true;

    public string Description =>
        "Schedules uploads that still have to be joined, merged, hashed or freed, and probes a store that accepts no writes.";

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        var wasDegraded = store.Health.Degraded is not null;
        var healed = wasDegraded && store is IProbedStore probed && await probed.ProbeAsync(cancellationToken);
        progress.Report(0, null, "looking for work");
        var pending = await work.SchedulePendingAsync(cancellationToken);
        var outcome = (wasDegraded, healed) switch
        {
            (false, _) => "",
            (true, true) => " The store accepts writes again.",
            (true, false) => " The store still accepts no writes.",
        };
        return new JobReport(
            (pending == 0 ? "Nothing was left to do." : $"Scheduled {pending} uploads.") + outcome,
            new Dictionary<string, long> { ["pending"] = pending, ["probed"] = wasDegraded ? 1 : 0, ["healed"] = healed ? 1 : 0 });
    }
}
