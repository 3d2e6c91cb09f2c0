using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// In Relaxed nothing is flushed as it comes; before an upload is said to be complete, all of it is (E31). What an earlier, relaxed life
/// left unflushed is flushed in Committed too.
/// </summary>
public sealed class ContentFlusher(IUploadLedger ledger, IChunkStore store)
{
    private const int PageSize = 1000;

    /// <summary>Everything that is recorded of the upload when this is called is durable when it returns.</summary>
    /// <exception cref="StoreException">It is not.</exception>
    public async Task FlushAsync(UploadId id, CancellationToken cancellationToken)
    {
        IReadOnlyList<Piece> before = [];
        while (await ledger.UnflushedAsync(id, PageSize, cancellationToken) is { Count: > 0 } pieces)
        {
            var lost = await FlushAsync(pieces, cancellationToken);
            await ledger.MarkFlushedAsync(id, [.. pieces.Where(piece => !lost.Contains(piece.File))], cancellationToken);
            // A file that is gone was merged meanwhile, and its pieces are elsewhere now; still there when asked again, it is lost.
            if (lost.Count > 0 && pieces.SequenceEqual(before))
                throw new StoreException(StoreError.Missing, "A file of the upload is gone.");
            before = pieces;
        }
    }

    private async Task<HashSet<StoredFile>> FlushAsync(IReadOnlyList<Piece> pieces, CancellationToken cancellationToken)
    {
        var lost = new HashSet<StoredFile>();
        foreach (var file in pieces.Select(piece => piece.File).Distinct())
        {
            try
            {
                await using var writer = await store.ReopenAsync(file, cancellationToken);
                await writer.FlushAsync(final: true, cancellationToken);
            }
            catch (StoreException exception) when (exception.Error == StoreError.Missing)
            {
                lost.Add(file);
            }
        }

        return lost;
    }
}
