using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Sync;

/// <summary>Has pairs looked at as soon as the folder of this service changes that is their left side.</summary>
public sealed class SyncWatch(ISyncWorkLedger ledger, WorkQueue queue, TimeProvider time, ILogger<SyncWatch> log)
    : PeriodicStep(TimeSpan.FromSeconds(1), time, log)
{
    public override int Order => StartOrder.Background + 21;

    public override string Name => "sync";

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        if (await ledger.WakeAsync(cancellationToken) > 0)
            queue.Wake();
    }
}
