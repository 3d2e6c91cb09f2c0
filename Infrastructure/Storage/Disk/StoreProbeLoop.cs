using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>Sleeps while the store is well; while it is degraded, probes it every few seconds (E5).</summary>
internal sealed class StoreProbeLoop(DiskChunkStore chunks, DiskStore store, TimeProvider time, ILogger<StoreProbeLoop> log)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>Ends only with the token.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await store.Health.WhenDegradedAsync(cancellationToken);
                await Task.Delay(Interval, time, cancellationToken);
                // The job finish-pending probes, too.
                if (store.Health.Degraded is null)
                    continue;
                try
                {
                    await chunks.ProbeAsync(cancellationToken);
                }
                catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
                {
                    // A loop that ends would leave the store refused for ever.
                    DiskLog.ProbeLoopFailed(log, failure);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }
}
