using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Begins this process's incarnation in the ledger, which fences every earlier one on this volume, and ends it in order (E30).
/// </summary>
internal sealed class IncarnationStart(
    IIncarnationLedger ledger, IChunkStore store, DataDirectory data, StorageOptions storage, Incarnation incarnation,
        ILogger<IncarnationStart> log) : IStartStep
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    // First of its place in the sequence: whatever is redone there is redone by this incarnation.
    public int Order => StartOrder.Recovery;

    public string Name => "incarnation";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var boot = (await File.ReadAllTextAsync(BootIdFile, cancellationToken)).Trim();
        await ledger.BeginIncarnationAsync(data.StoreId, boot, storage.Durability, cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            // What an incarnation left that stopped in order is believed whatever the machine does next, so it must be on the disk first
            // (E31).
            if (storage.Durability == Durability.Relaxed)
                await store.SyncAsync(cancellationToken);
            await ledger.EndIncarnationAsync(cancellationToken);
        }
        catch (Exception reason) when (reason is StoreException or LedgerUnavailableException or OperationCanceledException)
        {
            // Then it counts as one that did not stop in order, which only costs a look at what it wrote.
            log.IncarnationEndNotRecorded(incarnation.Id, reason.Message);
        }
    }
}
