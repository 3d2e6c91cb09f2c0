using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>
/// The second half of every delete: unlinks files that the ledger has tombstoned, and then removes the tombstones (E3). While a backup
/// copies the files, the job sweep-orphans is left to do it later. The ledger returns files of this process's store only, and the store
/// refuses others: their own service unlinks them. Files in the store that all nodes share are deleted by whichever node gets to them.
/// </summary>
public sealed class FileRemover(Stores stores, IReclaimLedger ledger, ILogger<FileRemover> log)
{
    private const int Batch = 500;
    private const int SharedAtOnce = 8;

    // Files that could not be unlinked. The ledger neither names nor tombstones them, so only this process knows of them.
    private readonly ConcurrentDictionary<StoredFile, bool> _discarded = new();

    // Discarded files in the shared store, which is not asked while a request waits.
    private readonly ConcurrentQueue<StoredFile> _discardedShared = new();

    /// <returns>False if a backup needs them.</returns>
    public async Task<bool> RemoveAsync(IReadOnlyCollection<StoredFile> tombstones, CancellationToken cancellationToken)
    {
        if (tombstones.Count == 0)
            return true;
        // Asked after the tombstones were committed: a backup that begins later has a ledger without these files.
        if (!await ledger.MayUnlinkAsync(cancellationToken))
            return false;
        foreach (var file in tombstones)
            stores.Own.Delete(file);
        await ledger.ForgetFilesAsync(tombstones, cancellationToken);
        return true;
    }

    /// <summary>
    /// Unlinks a file that the ledger refused to record, unless the ledger names it. It may name it despite the refusal: the answer to an
    /// earlier try of the same statement may have been lost, and that try may have committed before another writer or incarnation took over
    /// (E10).
    /// </summary>
    public async Task GiveUpAsync(StoredFile file)
    {
        try
        {
            if (await ledger.HasFileAsync(file, CancellationToken.None))
                return;
        }
        catch (LedgerUnavailableException)
        {
            // Left to the sweeper of the next incarnation.
            return;
        }

        if (stores.Shared is { } shared && shared.Id == file.Store)
            _ = await TryDeleteAsync(shared, file, CancellationToken.None);
        else
            Discard(file);
    }

    /// <summary>
    /// Unlinks a file that no record names or will name. A failure must not change the answer of the request that gives up: the job
    /// sweep-orphans tries again. A file in the shared store is deleted within seconds.
    /// </summary>
    public void Discard(StoredFile file)
    {
        if (file.Store == stores.Shared?.Id)
        {
            _discardedShared.Enqueue(file);
            return;
        }

        try
        {
            stores.Own.Delete(file);
        }
        catch (StoreException exception)
        {
            _discarded.TryAdd(file, true);
            UploadLog.DiscardPutOff(log, exception);
        }
    }

    /// <summary>Tries again to unlink what could not be discarded.</summary>
    public (long Removed, long Stuck) DiscardAgain()
    {
        long removed = 0;
        foreach (var file in _discarded.Keys)
        {
            _discarded.TryRemove(file, out _);
            Discard(file);
            removed += _discarded.ContainsKey(file) ? 0 : 1;
        }

        return (removed, _discarded.Count);
    }

    /// <summary>
    /// Frees the files of an upload that the ledger has released, as far as it can now. What stays has a tombstone, and sweep-orphans tries
    /// again: the upload has ended whether or not its files are gone.
    /// </summary>
    public async Task<bool> TryReclaimAsync(UploadId id, CancellationToken cancellationToken)
    {
        try
        {
            await ReclaimAsync(id, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is LedgerUnavailableException or StoreException)
        {
            UploadLog.ReclaimPutOff(log, id, exception);
            return false;
        }
    }

    /// <summary>Frees the files in this store that the ledger has released, whichever node had it release them.</summary>
    public async Task RemoveReleasedAsync(CancellationToken cancellationToken)
    {
        // The same files again mean that this incarnation is fenced, so that the ledger forgets nothing for it.
        StoredFile? first = null;
        while (await ledger.TombstonesAsync(Batch, cancellationToken) is { Count: > 0 } files && files[0] != first
            && await RemoveAsync(files, cancellationToken))
            first = files[0];
    }

    /// <summary>
    /// Deletes the files in the shared store that the ledger has released. Several nodes may do so at once: to delete a file twice is
    /// harmless.
    /// </summary>
    /// <returns>False if the store did not delete all of them.</returns>
    public async Task<bool> RemoveSharedAsync(CancellationToken cancellationToken)
    {
        for (var left = _discardedShared.Count; left > 0 && stores.Shared is { } known && _discardedShared.TryDequeue(out var file); left--)
        {
            if (await TryDeleteAsync(known, file, cancellationToken))
                continue;
            _discardedShared.Enqueue(file);
            return false;
        }

        StoredFile? first = null;
        while (stores.Shared is { } shared
            && await ledger.SharedTombstonesAsync(Batch, cancellationToken) is { Count: > 0 } files && files[0] != first
            && await ledger.MayUnlinkAsync(cancellationToken))
        {
            first = files[0];
            var gone = new ConcurrentBag<StoredFile>();
            var fails = false;
            await Parallel.ForEachAsync(
                files, new ParallelOptions { MaxDegreeOfParallelism = SharedAtOnce, CancellationToken = cancellationToken },
                async (file, stop) =>
                {
                    // A store that does not answer is not asked for each file.
                    if (fails)
                        return;
                    if (await TryDeleteAsync(shared, file, stop))
                        gone.Add(file);
                    else
                        fails = true;
                });
            if (!gone.IsEmpty)
                await ledger.ForgetFilesAsync(gone, cancellationToken);
            if (gone.Count < files.Count)
                return false;
        }

        return true;
    }

    /// <summary>Frees the files of an upload that the ledger has released, in batches.</summary>
    public async Task ReclaimAsync(UploadId id, CancellationToken cancellationToken)
    {
        while (await ledger.ReclaimAsync(id, Batch, cancellationToken) is { Count: > 0 } files
            && await RemoveAsync(files, cancellationToken))
        {
        }
    }

    private async Task<bool> TryDeleteAsync(IObjectStore shared, StoredFile file, CancellationToken cancellationToken)
    {
        try
        {
            await shared.DeleteAsync(file, cancellationToken);
            return true;
        }
        catch (StoreException exception)
        {
            UploadLog.SharedDeletePutOff(log, exception.Message);
            return false;
        }
    }
}
