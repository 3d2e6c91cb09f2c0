using System.Runtime.CompilerServices;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>An open file and the range of the upload that can be read from it in one go.</summary>
public readonly record struct OpenRun(IStoredFileReader Reader, long FileOffset, ByteRange Range);

/// <summary>Walks the pieces of an upload, joins those that lie side by side in one file, and opens each run (E22).</summary>
public sealed class PieceReader(IUploadLedger ledger, IChunkStore store)
{
    private const int PageSize = 500;

    /// <summary>
    /// The runs that make up the range, in order. The reader of a run is good until the next one is asked for. Throws
    /// <see cref="StoreException"/> (Missing or Damaged) when bytes that the ledger names are not there.
    /// </summary>
    public async IAsyncEnumerable<OpenRun> RunsAsync(UploadId id, ByteRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var at = range.Offset;
        while (at < range.End)
        {
            var pieces = await ledger.PiecesAsync(id, at, PageSize, cancellationToken);
            if (pieces.Count == 0 || pieces[0].Range.Offset > at)
                throw new StoreException(StoreError.Damaged, $"The ledger has no piece for byte {at}.");
            for (var index = 0; index < pieces.Count && at < range.End;)
            {
                var run = Join(pieces, ref index);
                if (run.Range.Offset > at)
                    break;
                var reader = Open(run);
                if (reader is null)
                {
                    // A merge moved it between the two looks: ask the ledger again from here; twice in the same place is damage.
                    var again = await ledger.PiecesAsync(id, at, 1, cancellationToken);
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

    private static Piece Join(IReadOnlyList<Piece> pieces, ref int index)
    {
        var run = pieces[index++];
        while (index < pieces.Count && pieces[index] is var next && next.File == run.File && next.Range.Offset == run.Range.End &&
            next.FileOffset == run.FileOffset + run.Range.Length)
        {
            run = run with { Range = ByteRange.Between(run.Range.Offset, next.Range.End) };
            index++;
        }

        return run;
    }

    private IStoredFileReader? Open(Piece run)
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
