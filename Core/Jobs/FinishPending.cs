using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Jobs;

/// <summary>
/// The net under the engine's background work: hands it every upload that has something left to join, to merge, to hash or to free, and
/// asks a degraded store whether it accepts writes again (E5).
/// </summary>
internal sealed class FinishPending(BackgroundWork work, IChunkStore store) : IMaintenanceJob
{
    public string Name => "finish-pending";

    public string Description =>
        "Hands uploads with work left (joining, merging, hashing, freeing) to the background, and probes a store that accepts no writes.";

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
            (pending == 0 ? "Nothing was left to do." : $"Handed {pending} uploads to the background.") + outcome,
            new Dictionary<string, long> { ["pending"] = pending, ["probed"] = wasDegraded ? 1 : 0, ["healed"] = healed ? 1 : 0 });
    }
}
