using System.Runtime.CompilerServices;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Reading;

/// <summary>An open file and the range of the upload that lies contiguously in it.</summary>
public readonly record struct OpenRange(IStoredFileReader Reader, long FileOffset, ByteRange Range);

/// <summary>Reads the extents of an upload: joins those that are adjacent in one file, and opens that file (E22).</summary>
public sealed class ExtentReader(IContentLedger ledger, Stores stores)
{
    private const int PageSize = 500;

    /// <summary>
    /// Opens the files that contain the range, in order. The reader of a range is valid until the next one is requested. Throws <see
    /// cref="StoreException"/>: Missing or Damaged when bytes that the ledger names are not on the disk, Unreachable when they are in a
    /// store that is not here or does not answer.
    /// </summary>
    public async IAsyncEnumerable<OpenRange> OpenRangesAsync(
        UploadId id, ByteRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var at = range.Offset;
        while (at < range.End)
        {
            var extents = await ledger.ExtentsAsync(id, at, PageSize, cancellationToken);
            if (extents.Count == 0 || extents[0].Range.Offset > at)
                throw new StoreException(StoreError.Damaged, $"The ledger has no extent for byte {at}.");
            for (var index = 0; index < extents.Count && at < range.End;)
            {
                var joined = Join(extents, ref index);
                if (joined.Range.Offset > at)
                    break;
                var (reader, failure) = Open(id, joined);
                if (reader is null)
                {
                    // A merge may have moved the extent after the query: query again from here. The same file twice means damage, or that
                    // the other node does not answer.
                    if (await HasMovedAsync(id, joined, at, cancellationToken))
                        break;
                    throw failure!.Error == StoreError.Unreachable
                        ? failure
                        : new StoreException(
                            StoreError.Missing, $"The file that holds bytes {joined.Range.Offset}-{joined.Range.End - 1} is gone.");
                }

                using (reader)
                {
                    var end = Math.Min(joined.Range.End, range.End);
                    yield return new OpenRange(reader, joined.FileOffset + at - joined.Range.Offset, ByteRange.Between(at, end));
                    at = end;
                }
            }
        }
    }

    /// <summary>
    /// Throws Unreachable if a store that holds bytes of the range does not answer, so that nothing begins that could not be completed.
    /// Costs nothing on a ledger of one node.
    /// </summary>
    public async Task RequireStoresAsync(UploadId id, ByteRange range, CancellationToken cancellationToken)
    {
        if (!stores.HasOthers)
            return;
        foreach (var extent in await ledger.FirstElsewhereAsync(id, range, cancellationToken))
        {
            try
            {
                OpenRead(extent.File).Dispose();
            }
            catch (StoreException exception) when (exception.Error == StoreError.Unreachable)
            {
                if (!await HasMovedAsync(id, extent, extent.Range.Offset, cancellationToken))
                    throw;
            }
        }
    }

    /// <summary>Feeds the bytes from the hash's length up to <paramref name="target"/> into it.</summary>
    public async Task HashAsync(UploadId id, IRunningHash hash, long target, CancellationToken cancellationToken)
    {
        if (hash.Length >= target)
            return;
        await foreach (var range in OpenRangesAsync(id, ByteRange.Between(hash.Length, target), cancellationToken))
        {
            if (await range.Reader.HashAsync(hash, range.FileOffset, range.Range.Length, cancellationToken) < range.Range.Length)
                throw new StoreException(
                    StoreError.Damaged, $"The file that holds bytes {range.Range.Offset}-{range.Range.End - 1} is too short.");
        }
    }

    private static Extent Join(IReadOnlyList<Extent> extents, ref int index)
    {
        var joined = extents[index++];
        while (index < extents.Count && extents[index] is var next && next.File == joined.File && next.Range.Offset == joined.Range.End &&
            next.FileOffset == joined.FileOffset + joined.Range.Length)
        {
            joined = joined with { Range = ByteRange.Between(joined.Range.Offset, next.Range.End) };
            index++;
        }

        return joined;
    }

    private async Task<bool> HasMovedAsync(UploadId id, Extent extent, long at, CancellationToken cancellationToken) =>
        await ledger.ExtentsAsync(id, at, 1, cancellationToken) is not [var now, ..] || now.File != extent.File;

    private (IStoredFileReader? Reader, StoreException? Failure) Open(UploadId id, Extent joined)
    {
        try
        {
            var reader = OpenRead(joined.File);
            return (stores.IsOwn(joined.File) ? reader : new FollowingReader(joined, reader, FindAsync, OpenRead), null);
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Unreachable)
        {
            return (null, exception);
        }

        async Task<Extent?> FindAsync(long at, CancellationToken cancellationToken)
        {
            var index = 0;
            return await ledger.ExtentsAsync(id, at, PageSize, cancellationToken) is { Count: > 0 } found ? Join(found, ref index) : null;
        }
    }

    private IStoredFileReader OpenRead(StoredFile file) => stores.Of(file).OpenRead(file);
}
