using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Sync;

/// <summary>Schedules a scan of pairs when a folder of this service, or a watched folder of its machine, changes.</summary>
public sealed class SyncWatch(
    ISyncWorkLedger ledger, IFolderWatches watches, WorkQueue queue, TimeProvider time, ILogger<SyncWatch> log)
    : PeriodicStep(TimeSpan.FromSeconds(1), time, log)
{
    public override int Order => StartOrder.Background + 21;

    public override string Name => "sync";

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        if (await ledger.WakeAsync(watches.List(), cancellationToken) > 0)
            queue.Wake();
    }
}
