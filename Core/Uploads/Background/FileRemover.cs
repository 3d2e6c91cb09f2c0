using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// The second half of every delete: unlinks files that the ledger has tombstoned, and then removes the tombstones (E3). While a backup
/// copies the files, the job sweep-orphans is left to do it later.
/// </summary>
public sealed class FileRemover(IChunkStore store, IReclaimLedger ledger)
{
    /// <returns>False if a backup needs them.</returns>
    public async Task<bool> RemoveAsync(IReadOnlyCollection<StoredFile> tombstones, CancellationToken cancellationToken)
    {
        if (tombstones.Count == 0)
            return true;
        // Asked after the tombstones were committed: a backup that begins later has a ledger without these files.
        if (!await ledger.MayUnlinkAsync(cancellationToken))
            return false;
        foreach (var file in tombstones)
            store.Delete(file);
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

        store.Delete(file);
    }

    /// <summary>Frees the content of an ended upload in batches.</summary>
    public async Task ReclaimAsync(UploadId id, CancellationToken cancellationToken)
    {
        while (await ledger.ReclaimAsync(id, 500, cancellationToken) is { Count: > 0 } files
            && await RemoveAsync(files, cancellationToken))
        {
        }
    }
}
