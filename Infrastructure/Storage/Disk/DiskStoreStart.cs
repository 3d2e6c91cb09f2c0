using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>Opens the store and proves before the first request that it takes writes (E30). Then runs the probe loop.</summary>
internal sealed class DiskStoreStart(
    DiskStore store, DataDirectory data, StoreProbeLoop loop, DiskMetrics metrics, ILogger<DiskStore> log) : IStartStep, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _watch = Task.CompletedTask;

    public int Order => StartOrder.Storage;

    public string Name => "store";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        OpenSslHashes.RequireLibrary();
        store.Open(data.StoreId);
        StoreProbe.Clean(store);
        try
        {
            await store.RunFlushAsync(() => StoreProbe.Run(store), cancellationToken);
        }
        catch (StoreException full) when (full.Error == StoreError.NoSpace)
        {
            // A full disk must not prevent the start: clients free space by deleting files through the service.
            DiskLog.TooFullToProbe(log, full.Message);
        }
        catch (StoreException failure)
        {
            throw new StartRefusedException(
                $"The store in {store.Directory} does not take writes: {failure.Message.TrimEnd('.')}; check the disk.", failure);
        }

        metrics.Watch(store);
        var state = store.State;
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
