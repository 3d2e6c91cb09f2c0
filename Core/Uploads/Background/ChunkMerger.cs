using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>What a step of merging leaves to be done.</summary>
public enum MergeStep
{
    /// <summary>There was nothing to merge, or it cannot be.</summary>
    Nothing,

    /// <summary>There is more to look for.</summary>
    More,

    /// <summary>All that was there when the upload was looked at is merged; whoever has added to it since then has signalled.</summary>
    Last,
}

/// <summary>
/// Brings recorded chunks to their own place in one file, while others still arrive (E22). A step is: copy a batch inside the kernel,
/// flush, point the extents at the copies, unlink the chunk files. At any moment a byte lies twice on the disk only while its batch is
/// under way, so a session takes up its own size and one batch. After a failed flush that assembly is given up and the next batch
/// begins another (E23): what was placed before is durable and stays where it is.
/// </summary>
public sealed class ChunkMerger(
    IBackgroundLedger ledger, IExtentLedger extents, IChunkStore store, ContentCheck check, FileRemover remover, Incarnation incarnation,
    IOptions<UploadOptions> options, ILogger<ChunkMerger> log)
{
    private const int MaxBatchCount = 1000;

    // Assemblies whose flush failed in this incarnation: their descriptors are gone, their pages may look clean (E5).
    private readonly ConcurrentDictionary<StoredFile, bool> _givenUp = new();

    /// <summary>Merges one batch.</summary>
    public async Task<MergeStep> StepAsync(Upload upload, CancellationToken cancellationToken)
    {
        if (upload.Protocol != UploadProtocol.Session || store.Health.Degraded is not null)
            return MergeStep.Nothing;

        // With the file system's own blocks, less than a tenth of the file may lie twice; but a chunk cannot be halved.
        var most = Math.Min(options.Value.MergeBatchBytes, Math.Max(1, (upload.Size ?? upload.ReceivedBytes) / 11));
        var batch = await ledger.UnplacedAsync(upload.Id, most, MaxBatchCount, cancellationToken);
        if (batch.Count == 0 || IsOneFileAlready(upload, batch))
            return MergeStep.Nothing;
        if (await AssemblyAsync(upload, cancellationToken) is not { } assembly)
            return MergeStep.Nothing;

        await using (assembly)
        {
            var at = batch[0].Range;
            try
            {
                foreach (var extent in batch)
                {
                    at = extent.Range;
                    await assembly.ReadyAsync(at.Length);
                    assembly.CopyFrom(extent.File, extent.FileOffset, at.Length, at.Offset, cancellationToken);
                }

                // Final also in Relaxed: the chunk files go now, and the upload may be complete already.
                await assembly.FlushAsync(final: true, cancellationToken);
            }
            catch (StoreException exception) when (exception.Error is StoreError.FlushFailed)
            {
                _givenUp.TryAdd(assembly.File, true);
                throw;
            }
            catch (StoreException exception) when (exception.Error is StoreError.Missing)
            {
                // Taken back or ended between the look and the copy: look again. Still named by the ledger, it is damage.
                if (await StillNamedAsync(upload.Id, batch, cancellationToken) is not { } lost)
                    return MergeStep.More;
                await DamagedAsync(upload.Id, lost);
                return MergeStep.Nothing;
            }
            catch (StoreException exception) when (exception.Error is StoreError.Damaged)
            {
                await DamagedAsync(upload.Id, at);
                return MergeStep.Nothing;
            }

            var freed = await ledger.PlaceAsync(upload.Id, assembly.File, batch, CancellationToken.None);
            await remover.RemoveAsync(freed, CancellationToken.None);
            var moved = batch.Sum(extent => extent.Range.Length);
            UploadLog.Merged(log, upload.Id, batch.Count, moved);
            return moved < upload.ReceivedBytes - upload.PlacedBytes ? MergeStep.More : MergeStep.Last;
        }
    }

    private static bool IsOneFileAlready(Upload upload, IReadOnlyList<Extent> batch) =>
        upload.Assembly is null && batch is [var only] && only.Range.Offset == 0 && only.Range.Length == upload.Size;

    private async Task<IStoredFileWriter?> AssemblyAsync(Upload upload, CancellationToken cancellationToken)
    {
        if (upload.Assembly is { } existing && !_givenUp.ContainsKey(existing))
        {
            try
            {
                return await store.ReopenAsync(existing, null, cancellationToken);
            }
            catch (StoreException exception) when (exception.Error == StoreError.Missing)
            {
                // The upload has ended, and the ledger will refuse another one; or bytes are lost, which whoever reads them will find.
            }
        }

        // Disk first, ledger last (E3). If the ledger refuses, nobody has seen the file.
        var created = await store.CreateAsync(StoredFile.New(StoredFileKind.Assembly, incarnation.Id), null, cancellationToken);
        var (unseen, taken) = (true, false);
        try
        {
            await created.FlushAsync(final: true, cancellationToken);
            unseen = false;
            taken = await ledger.SetAssemblyAsync(upload.Id, created.File, CancellationToken.None);
            if (!taken)
                await remover.GiveUpAsync(created.File);
            return taken ? created : null;
        }
        finally
        {
            if (unseen)
                store.Delete(created.File);
            if (!taken)
                await created.DisposeAsync();
        }
    }

    private async Task<ByteRange?> StillNamedAsync(UploadId id, IReadOnlyList<Extent> batch, CancellationToken cancellationToken)
    {
        foreach (var extent in batch.Where(extent => store.Length(extent.File) is null))
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
