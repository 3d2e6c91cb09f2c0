using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>Sleeps while the volume is well; while it is degraded, probes it every few seconds (E5).</summary>
internal sealed class StoreProbeLoop(DiskChunkStore store, DiskStore volume, TimeProvider time, ILogger<StoreProbeLoop> log)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>Ends only with the token.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await volume.Health.WhenDegradedAsync(cancellationToken);
                await Task.Delay(Interval, time, cancellationToken);
                // The job finish-pending probes, too.
                if (volume.Health.Degraded is null)
                    continue;
                try
                {
                    await store.ProbeAsync(cancellationToken);
                }
                catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
                {
                    // A loop that ends would leave the volume refused for ever.
                    DiskLog.ProbeLoopFailed(log, failure);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }
}
