using System.Runtime.CompilerServices;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>An open file and the range of the upload that can be read from it in one go.</summary>
public readonly record struct OpenRun(IStoredFileReader Reader, long FileOffset, ByteRange Range);

/// <summary>Walks the extents of an upload, joins those that lie side by side in one file, and opens each run (E22).</summary>
public sealed class ExtentReader(IExtentLedger ledger, IChunkStore store)
{
    private const int PageSize = 500;

    /// <summary>
    /// The runs that make up the range, in order. The reader of a run is good until the next one is asked for. Throws
    /// <see cref="StoreException"/> (Missing or Damaged) when bytes that the ledger names are not there.
    /// </summary>
    public async IAsyncEnumerable<OpenRun> RunsAsync(
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
                var run = Join(extents, ref index);
                if (run.Range.Offset > at)
                    break;
                var reader = Open(run);
                if (reader is null)
                {
                    // A merge moved it between the two looks: ask the ledger again from here; twice in the same place is damage.
                    var again = await ledger.ExtentsAsync(id, at, 1, cancellationToken);
                    if (again is [var now, ..] && now.File == run.File)
                        throw new StoreException(StoreError.Missing, $"The file of bytes {run.Range.Offset}-{run.Range.End - 1} is gone.");
                    break;
                }

                using (reader)
                {
                    var end = Math.Min(run.Range.End, range.End);
                    yield return new OpenRun(reader, run.FileOffset + at - run.Range.Offset, ByteRange.Between(at, end));
                    at = end;
                }
            }
        }
    }

    /// <summary>Feeds the bytes from the hash's length up to <paramref name="target"/> into it.</summary>
    public async Task HashAsync(UploadId id, IRunningHash hash, long target, CancellationToken cancellationToken)
    {
        if (hash.Length >= target)
            return;
        await foreach (var run in RunsAsync(id, ByteRange.Between(hash.Length, target), cancellationToken))
        {
            if (await run.Reader.HashAsync(hash, run.FileOffset, run.Range.Length, cancellationToken) < run.Range.Length)
                throw new StoreException(StoreError.Damaged, $"The file of bytes {run.Range.Offset}-{run.Range.End - 1} is too short.");
        }
    }

    private static Extent Join(IReadOnlyList<Extent> extents, ref int index)
    {
        var run = extents[index++];
        while (index < extents.Count && extents[index] is var next && next.File == run.File && next.Range.Offset == run.Range.End &&
            next.FileOffset == run.FileOffset + run.Range.Length)
        {
            run = run with { Range = ByteRange.Between(run.Range.Offset, next.Range.End) };
            index++;
        }

        return run;
    }

    private IStoredFileReader? Open(Extent run)
    {
        try
        {
            return store.OpenRead(run.File);
        }
        catch (StoreException exception) when (exception.Error == StoreError.Missing)
        {
            return null;
        }
    }
}
