using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Begins this process's incarnation in the ledger, which fences the earlier ones, and ends it in order (E30).
/// </summary>
internal sealed class IncarnationStart(
    IIncarnationLedger ledger, LedgerUse use, SoleUseCheck sole, DiskStore store, DataDirectory data, StorageOptions storage,
    Incarnation incarnation, ILogger<IncarnationStart> log) : IStartStep
{
    // Runs before the other recovery steps, so that this incarnation does their work.
    public int Order => StartOrder.Recovery;

    public string Name => "incarnation";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Another service may have begun after the check of the binding.
        var begun = new NewIncarnation(data.NodeId, data.StoreId, BootId.Read(), storage.Durability)
        {
            Newest = data.Marker.Incarnation,
            Ended = data.Ended,
            Alone = use.Alone,
        };
        while (!await ledger.BeginIncarnationAsync(begun, cancellationToken))
        {
            await sole.RequireAsync(data, cancellationToken);
        }

        data.NoteIncarnation(incarnation.Id);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            // The bytes of an incarnation that stopped in order count as durable, so flush all that is recorded before recording its end
            // (E31).
            await ledger.DrainAsync(cancellationToken);
            if (storage.Durability == Durability.Relaxed)
                await store.SyncAsync(cancellationToken);
            await ledger.EndIncarnationAsync(cancellationToken);
        }
        catch (Exception reason) when (reason is StoreException or LedgerUnavailableException or OperationCanceledException)
        {
            // The incarnation then counts as one that did not stop in order. That only costs a check of the bytes that it wrote.
            log.IncarnationEndNotRecorded(incarnation.Id, reason.Message);
        }
    }
}
