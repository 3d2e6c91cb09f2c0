using System.Collections.Concurrent;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Removes moved files at the source: each file whose digests were equal at both ends and that has not changed since, then the empty
/// folders. Removed items are moved to the storage's trash if it has one.
/// </summary>
public sealed class TransferRemoval(ITransferWorkLedger ledger, TransferEngineOptions options, TimeProvider time)
{
    private const int Batch = 100;

    /// <summary>
    /// Removes all items that may be removed now. Items that were removed before a kill are queried again and no longer exist.
    /// </summary>
    /// <returns>A failure that delays the transfer; <c>null</c> if nothing is left to remove.</returns>
    internal async Task<StorageFault?> RunAsync(
        WorkLease lease, Transfer transfer, OpenEnds ends, CancellationToken cancellationToken)
    {
        if (ends.Remover is not { } remover)
            return new StorageFault(FaultKind.Refused, "Nothing can be removed at the source.");
        string? last = null;
        while (true)
        {
            var due = await ledger.RemovalsAsync(transfer.Id, Batch, cancellationToken);
            if (due.Count == 0)
            {
                if (last is not null)
                    await remover.PurgeKeptAsync(last, time.GetUtcNow() - IFollowingSink.KeptFor, cancellationToken);
                return null;
            }

            last = due[^1].SourceId;
            var removed = new ConcurrentBag<Removal>();
            // The deepest folders come first, and a folder comes after all of its contents, so they are removed one at a time.
            var atOnce = due[0].Kind == StorageItemKind.Folder ? 1 : Math.Min(options.AtOnce, transfer.Options.AtOnce ?? options.AtOnce);
            StorageFault? failed = null;
            await Parallel.ForEachAsync(
                due, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
                async (item, stop) =>
                {
                    if (failed is not null)
                        return;
                    var one = await RemoveAsync(ends.Source, remover, item, stop);
                    if (one.Ok)
                        removed.Add(one.Value);
                    else
                        failed = one.Fault;
                    lease.Progress();
                });
            if (!await ledger.SaveRemovalsAsync(lease.Item, transfer.Id, [.. removed], cancellationToken))
                return null;
            if (failed is not null)
                return failed;
        }
    }

    private static async Task<Outcome<Removal>> RemoveAsync(
        ISource source, IFollowingSink remover, TransferItem item, CancellationToken cancellationToken)
    {
        var seen = new SinkEntry(item.SourceId, item.Name, item.Kind);
        if (item.Kind == StorageItemKind.File)
        {
            var now = await source.StatAsync(item.SourceId, cancellationToken);
            if (!now.Ok)
                return now.Fault.Kind == FaultKind.Gone ? new Removal(item.Id, null) : Kept(item, now.Fault);
            if (now.Value.IsTrashed)
                return new Removal(item.Id, null);
            if (now.Value.IsExported)
                return new Removal(item.Id, "It was exported, so the document itself stays.");
            var version = source.VersionOf(now.Value.Pin);
            if (version is null || version != source.VersionOf(item.Pin))
                return new Removal(item.Id, "It was changed after it was copied.");
            seen = seen with { Pin = version };
        }

        var fault = await remover.RemoveAsync(seen, cancellationToken);
        return fault is null or { Kind: FaultKind.Gone } ? new Removal(item.Id, null) : Kept(item, fault);
    }

    /// <summary>Returns the removal of an item that must be kept after a permanent fault; other faults are retried.</summary>
    private static Outcome<Removal> Kept(TransferItem item, StorageFault fault) => fault.Kind switch
    {
        FaultKind.Taken => new Removal(
            item.Id, item.Kind == StorageItemKind.Folder ? "It is not empty." : "It was changed after it was copied."),
        FaultKind.Refused => new Removal(item.Id, fault.Sentence),
        _ => fault,
    };
}

/// <summary>The outcome of the removal of a moved item at the source.</summary>
/// <param name="Kept">Why it was not removed; <c>null</c> if it was removed.</param>
public sealed record Removal(Guid Item, string? Kept);
