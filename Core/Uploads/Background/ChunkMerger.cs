using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>The work that remains after a merge step.</summary>
public enum MergeStep
{
    /// <summary>There was nothing to merge, or merging is impossible.</summary>
    Nothing,

    /// <summary>More chunks may be there.</summary>
    More,

    /// <summary>All chunks that were there at the query are merged. Later chunks schedule the upload again.</summary>
    Last,
}

/// <summary>
/// Merges recorded chunks into one file, the assembly, each at its own offset, while other chunks still arrive (E22). A step copies a batch
/// inside the kernel, flushes it, points the extents at the copies and unlinks the chunk files. Only the bytes of the current batch are on
/// the disk twice, so a session takes up its own size plus one batch. A failed flush ends the use of that assembly, and the next batch
/// begins another (E23). Earlier batches are durable and stay in the old one. Only chunks in this process's store are merged here.
/// </summary>
public sealed class ChunkMerger(
    IBackgroundLedger ledger, IContentLedger extents, Stores stores, ContentCheck check, FileRemover remover, Incarnation incarnation,
    IOptions<UploadOptions> options, ILogger<ChunkMerger> log)
{
    private const int MaxBatchCount = 1000;

    // Assemblies whose flush failed in this incarnation. Their pages may look clean without being on the device (E5).
    private readonly ConcurrentDictionary<StoredFile, bool> _givenUp = new();

    /// <summary>Merges one batch.</summary>
    public async Task<MergeStep> StepAsync(Upload upload, CancellationToken cancellationToken)
    {
        if (upload.Protocol != UploadProtocol.Session || stores.Own.Health.Degraded is not null)
            return MergeStep.Nothing;

        // Including the file system's block rounding, less than a tenth of the file may be on the disk twice. A single chunk cannot be
        // split.
        var most = Math.Min(options.Value.MergeBatchBytes, Math.Max(1, (upload.Size ?? upload.ReceivedBytes) / 11));
        var found = await ledger.UnplacedAsync(upload.Id, most, MaxBatchCount, cancellationToken);
        var batch = found.Chunks;
        if (batch.Count == 0 || IsSingleChunk(upload, found))
            return MergeStep.Nothing;
        if (await AssemblyAsync(upload, found.Assembly, cancellationToken) is not { } assembly)
            return MergeStep.Nothing;

        await using (assembly)
        {
            var range = batch[0].Range;
            try
            {
                foreach (var extent in batch)
                {
                    range = extent.Range;
                    await assembly.BeforeWriteAsync(range.Length);
                    assembly.CopyFrom(extent.File, extent.FileOffset, range.Length, range.Offset, cancellationToken);
                }

                // Flush with relaxed durability too: the chunk files are removed next, and the upload may be complete.
                await assembly.FlushAsync(final: true, cancellationToken);
            }
            catch (StoreException exception) when (exception.Error is StoreError.FlushFailed)
            {
                _givenUp.TryAdd(assembly.File, true);
                throw;
            }
            catch (StoreException exception) when (exception.Error is StoreError.Missing)
            {
                // The range was removed, or the upload has ended, after the query: query again. If the ledger still names the file, it is
                // lost.
                if (await StillNamedAsync(upload.Id, batch, cancellationToken) is not { } lost)
                    return MergeStep.More;
                await DamagedAsync(upload.Id, lost);
                return MergeStep.Nothing;
            }
            catch (StoreException exception) when (exception.Error is StoreError.Damaged)
            {
                await DamagedAsync(upload.Id, range);
                return MergeStep.Nothing;
            }

            var freed = await ledger.PlaceAsync(upload.Id, assembly.File, batch, CancellationToken.None);
            await remover.RemoveAsync(freed, CancellationToken.None);
            var moved = batch.Sum(extent => extent.Range.Length);
            UploadLog.Merged(log, upload.Id, batch.Count, moved);
            return moved < upload.ReceivedBytes - upload.PlacedBytes ? MergeStep.More : MergeStep.Last;
        }
    }

    private static bool IsSingleChunk(Upload upload, MergeBatch batch) =>
        batch is { Assembly: null, Chunks: [var only] } && only.Range.Offset == 0 && only.Range.Length == upload.Size;

    private async Task<IStoredFileWriter?> AssemblyAsync(Upload upload, StoredFile? current, CancellationToken cancellationToken)
    {
        if (current is { } existing && !_givenUp.ContainsKey(existing))
        {
            try
            {
                return await stores.Own.ReopenAsync(existing, null, cancellationToken);
            }
            catch (StoreException exception) when (exception.Error == StoreError.Missing)
            {
                // Either the upload has ended, and the ledger refuses another assembly; or bytes are lost, and their next reader reports
                // that.
            }
        }

        // Disk first, ledger last (E3).
        var fresh = StoredFile.New(stores.Own.Id, StoredFileKind.Assembly, incarnation.Id);
        var created = await stores.Own.CreateAsync(fresh, null, cancellationToken);
        var (unrecorded, taken) = (true, false);
        try
        {
            await created.FlushAsync(final: true, cancellationToken);
            unrecorded = false;
            taken = await ledger.SetAssemblyAsync(upload.Id, created.File, CancellationToken.None);
            if (!taken)
                await remover.GiveUpAsync(created.File);
            return taken ? created : null;
        }
        finally
        {
            if (unrecorded)
                remover.Discard(created.File);
            if (!taken)
                await created.DisposeAsync();
        }
    }

    private async Task<ByteRange?> StillNamedAsync(UploadId id, IReadOnlyList<Extent> batch, CancellationToken cancellationToken)
    {
        foreach (var extent in batch.Where(extent => stores.Own.Length(extent.File) is null))
        {
            var now = await extents.ExtentsAsync(id, extent.Range.Offset, 1, cancellationToken);
            if (now is [var same, ..] && same.Range == extent.Range && same.File == extent.File)
                return extent.Range;
        }

        return null;
    }

    private Task DamagedAsync(UploadId id, ByteRange range) =>
        check.QuarantineAsync(id, $"bytes {range.Offset}-{range.End - 1} are missing on the disk");
}
