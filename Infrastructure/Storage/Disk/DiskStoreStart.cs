using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>Opens the volume and proves that it takes writes before the first request (E30); then keeps watch over it.</summary>
internal sealed class DiskStoreStart(DiskStore volume, StoreProbeLoop loop, DiskMetrics metrics, ILogger<DiskStore> log) : IStartStep,
    IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _watch = Task.CompletedTask;

    public int Order => StartOrder.Storage;

    public string Name => "volume";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        OpenSslHashes.RequireLibrary();
        volume.Open();
        StoreProbe.Clean(volume);
        try
        {
            await volume.RunFlushAsync(() => StoreProbe.Run(volume), cancellationToken);
        }
        catch (StoreException full) when (full.Error == StoreError.NoSpace)
        {
            // A full disk must not keep the service down: it is mended by deleting files, through the service.
            DiskLog.TooFullToProbe(log, full.Message);
        }
        catch (StoreException failure)
        {
            throw new StartRefusedException(
                $"The store in {volume.Directory} does not take writes: {failure.Message.TrimEnd('.')}; check the disk.", failure);
        }

        metrics.Watch(volume);
        var state = volume.State;
        DiskLog.Ready(log, state.FreeBytes, state.TotalBytes, state.ReserveBytes);
        _watch = loop.RunAsync(_stop.Token);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _watch;
    }

    public void Dispose() => _stop.Dispose();
}
