using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>Probes a degraded store every few seconds (E5), and sleeps while the store takes writes.</summary>
internal sealed class StoreProbeLoop(DiskChunkStore chunks, DiskStore store, TimeProvider time, ILogger<StoreProbeLoop> log)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await store.Health.WhenDegradedAsync(cancellationToken);
                await Task.Delay(Interval, time, cancellationToken);
                // The job finish-pending probes too, and may have healed the store.
                if (store.Health.Degraded is null)
                    continue;
                try
                {
                    await chunks.ProbeAsync(cancellationToken);
                }
                catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
                {
                    // If the loop ended, the store would refuse writes for ever.
                    DiskLog.ProbeLoopFailed(log, failure);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }
}
