using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>
/// Flushes an upload before it is reported as complete. With relaxed durability its bytes were not flushed when they arrived (E31). With
/// committed durability this flushes what an earlier, relaxed incarnation left unflushed. Bytes in a store that is not here cannot be
/// flushed, so the upload cannot be completed until that store's service has done so.
/// </summary>
public sealed class ContentFlusher(IContentLedger ledger, Stores stores)
{
    private const int PageSize = 1000;

    // Files whose flush failed in this incarnation. Their pages look clean without being on the device, so another flush would succeed
    // although bytes are lost (E5).
    private readonly ConcurrentDictionary<StoredFile, bool> _failed = new();

    /// <summary>Makes all recorded bytes of the upload durable. Removes the extents whose bytes are lost.</summary>
    /// <exception cref="StoreException">The bytes could not be made durable.</exception>
    public async Task FlushAsync(UploadId id, CancellationToken cancellationToken)
    {
        IReadOnlyList<Extent> before = [];
        while (await ledger.UnflushedAsync(id, PageSize, cancellationToken) is { Count: > 0 } extents)
        {
            var bad = await FindLostAsync(extents, cancellationToken);
            var unchanged = extents.SequenceEqual(before);
            before = extents;
            if (bad.Count > 0)
            {
                // Only an upload that can still receive bytes loses the extents. One that has ended or is complete keeps them.
                if (unchanged)
                    throw new StoreException(StoreError.Damaged, "Bytes of the upload were lost when a flush failed.");
                await ledger.SettleDoubtAsync(id, [], bad, CancellationToken.None);
                continue;
            }

            var lost = await FlushAsync(extents, cancellationToken);
            await ledger.MarkFlushedAsync(id, [.. extents.Where(extent => !lost.Contains(extent.File))], cancellationToken);
            // A missing file was merged meanwhile, and its extents are elsewhere now. If the ledger still names it at the next query, it is
            // lost.
            if (lost.Count > 0 && unchanged)
                throw new StoreException(StoreError.Missing, "A file of the upload is gone.");
        }
    }

    /// <summary>
    /// Marks a file whose flush failed: its recorded bytes are read from the device before a flush of it is trusted again.
    /// </summary>
    public void MarkSuspect(StoredFile file) => _failed.TryAdd(file, true);

    /// <summary>Whether a flush of the file has failed. A stream then continues in a new file.</summary>
    public bool IsSuspect(StoredFile file) => _failed.ContainsKey(file);

    private async Task<HashSet<StoredFile>> FlushAsync(IReadOnlyList<Extent> extents, CancellationToken cancellationToken)
    {
        var lost = new HashSet<StoredFile>();
        foreach (var file in extents.Select(extent => extent.File).Distinct())
        {
            try
            {
                // No node flushes the disk of another one.
                if (!stores.IsOwn(file))
                    throw UnreachableStore.Failure();
                await using var writer = await stores.Own.ReopenAsync(file, null, cancellationToken);
                await writer.FlushAsync(final: true, cancellationToken);
            }
            catch (StoreException exception) when (exception.Error == StoreError.Missing)
            {
                lost.Add(file);
            }
            catch (StoreException exception) when (exception.Error == StoreError.FlushFailed)
            {
                MarkSuspect(file);
                throw;
            }
        }

        return lost;
    }

    /// <summary>Finds the extents in suspect files that the device does not have, or that have no digest to compare with.</summary>
    private async Task<List<Extent>> FindLostAsync(IReadOnlyList<Extent> extents, CancellationToken cancellationToken)
    {
        List<Extent> lost = [];
        foreach (var extent in extents.Where(extent => _failed.ContainsKey(extent.File)))
        {
            try
            {
                if (extent.Sha256 is null ||
                    await stores.Of(extent.File).HashFromDeviceAsync(
                        extent.File, extent.FileOffset, extent.Range.Length, cancellationToken) != (
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
                // The file was merged meanwhile, or the flush reports that it is missing.
            }
        }

        return lost;
    }
}
