using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>The second half of every delete: the ledger has tombstoned the files, now they are unlinked and forgotten (E3).</summary>
public sealed class FileRemover(IChunkStore store, IReclaimLedger ledger)
{
    public async Task RemoveAsync(IReadOnlyCollection<StoredFile> tombstones, CancellationToken cancellationToken)
    {
        if (tombstones.Count == 0)
            return;
        foreach (var file in tombstones)
            store.Delete(file);
        await ledger.ForgetFilesAsync(tombstones, cancellationToken);
    }

    /// <summary>
    /// Unlinks what an attempt has written and the ledger, which was asked to record it, would not. A refusal alone does not say that it has not:
    /// where the answer was lost and the statement repeated, its first try may have gone through before a newcomer or the next incarnation took over (E10).
    /// </summary>
    public async Task GiveUpAsync(StoredFile file)
    {
        try
        {
            if (await ledger.KnowsAsync(file, CancellationToken.None))
                return;
        }
        catch (LedgerUnavailableException)
        {
            // Left to the sweeper of the next incarnation.
            return;
        }

        store.Delete(file);
    }

    /// <summary>Frees the content of an ended upload, a batch at a time.</summary>
    public async Task ReclaimAsync(UploadId id, CancellationToken cancellationToken)
    {
        while (await ledger.ReclaimAsync(id, 500, cancellationToken) is { Count: > 0 } files)
            await RemoveAsync(files, cancellationToken);
    }
}
