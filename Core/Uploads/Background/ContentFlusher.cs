using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// In Relaxed nothing is flushed as it comes; before an upload is said to be complete, all of it is (E31). What an earlier, relaxed
/// incarnation left unflushed is flushed in Committed too.
/// </summary>
public sealed class ContentFlusher(IExtentLedger ledger, IChunkStore store)
{
    private const int PageSize = 1000;

    // Files whose flush failed in this incarnation: their pages look clean and need not be on the device, so that the next flush would
    // succeed over what is lost (E5).
    private readonly ConcurrentDictionary<StoredFile, bool> _failed = new();

    /// <summary>Everything that is recorded of the upload when this is called is durable when it returns, or has been taken back.</summary>
    /// <exception cref="StoreException">It is not.</exception>
    public async Task FlushAsync(UploadId id, CancellationToken cancellationToken)
    {
        IReadOnlyList<Extent> before = [];
        while (await ledger.UnflushedAsync(id, PageSize, cancellationToken) is { Count: > 0 } extents)
        {
            var bad = await LostAsync(extents, cancellationToken);
            if (bad.Count > 0)
            {
                await ledger.SettleDoubtAsync(id, [], bad, CancellationToken.None);
                continue;
            }

            var lost = await FlushAsync(extents, cancellationToken);
            await ledger.MarkFlushedAsync(id, [.. extents.Where(extent => !lost.Contains(extent.File))], cancellationToken);
            // A file that is gone was merged meanwhile, and its extents are elsewhere now; still there when asked again, it is lost.
            if (lost.Count > 0 && extents.SequenceEqual(before))
                throw new StoreException(StoreError.Missing, "A file of the upload is gone.");
            before = extents;
        }
    }

    /// <summary>
    /// A flush of the file has failed in this incarnation: what is recorded of it is read from the device before a flush of it is believed
    /// again.
    /// </summary>
    public void Doubt(StoredFile file) => _failed.TryAdd(file, true);

    /// <summary>A stream goes on in another file then.</summary>
    public bool Doubts(StoredFile file) => _failed.ContainsKey(file);

    private async Task<HashSet<StoredFile>> FlushAsync(IReadOnlyList<Extent> extents, CancellationToken cancellationToken)
    {
        var lost = new HashSet<StoredFile>();
        foreach (var file in extents.Select(extent => extent.File).Distinct())
        {
            try
            {
                await using var writer = await store.ReopenAsync(file, null, cancellationToken);
                await writer.FlushAsync(final: true, cancellationToken);
            }
            catch (StoreException exception) when (exception.Error == StoreError.Missing)
            {
                lost.Add(file);
            }
            catch (StoreException exception) when (exception.Error == StoreError.FlushFailed)
            {
                Doubt(file);
                throw;
            }
        }

        return lost;
    }

    /// <summary>Extents behind a failed flush that the device does not have, or that have no digest to compare with.</summary>
    private async Task<List<Extent>> LostAsync(IReadOnlyList<Extent> extents, CancellationToken cancellationToken)
    {
        List<Extent> lost = [];
        foreach (var extent in extents.Where(extent => _failed.ContainsKey(extent.File)))
        {
            try
            {
                if (extent.Sha256 is null ||
                    await store.HashFromDeviceAsync(extent.File, extent.FileOffset, extent.Range.Length, cancellationToken) != (
                        extent.Sha256.Value, extent.Range.Length))
                {
                    lost.Add(extent);
                }
            }
            catch (StoreException exception) when (exception.Error is StoreError.Damaged or StoreError.Io)
            {
                lost.Add(extent);
            }
            catch (StoreException exception) when (exception.Error == StoreError.Missing)
            {
                // Merged meanwhile, or for the flush to find.
            }
        }

        return lost;
    }
}
