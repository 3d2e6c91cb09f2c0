using System.Runtime.CompilerServices;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Moving;

/// <summary>The outcome of a move.</summary>
public enum MoveOutcome
{
    /// <summary>All bytes of the upload are in the target now.</summary>
    Moved = 1,

    /// <summary>The upload has ended, is damaged, checked or merged, or its bytes were moved or freed while they were copied.</summary>
    Refused,

    /// <summary>The target accepts no writes, or has no room.</summary>
    NoRoom,

    /// <summary>A store that has bytes of the upload does not answer.</summary>
    Unreachable,

    /// <summary>The bytes that were read are not those that were received, or cannot be read.</summary>
    Unreadable,
}

/// <summary>
/// Moves the content of a finished upload into one store: copies all bytes that are not there into a new file, compares all digests that
/// are known, flushes, and points the extents at the copy in one transaction (E3, E22). Whatever happens meanwhile, the bytes stay where
/// they were or are in the new file; the other one is discarded or becomes a tombstone. Readers follow.
/// </summary>
public sealed partial class ContentMover(
    IMovingLedger ledger, IContentLedger contents, Stores stores, ContentCheck check, FileRemover remover, IRunningHashes hashes,
    ILogger<ContentMover> log)
{
    private const int PageSize = 1000;
    private const int BlockSize = 256 << 10;

    /// <summary>Reads an upload as the job scrub-files does, and tells what is wrong with its stored bytes.</summary>
    private readonly DeviceCheck _device = new(contents, stores, hashes);

    public async Task<MoveOutcome> MoveAsync(Upload upload, IMoveTarget target, CancellationToken cancellationToken)
    {
        // Check the bytes of an earlier incarnation before copying them: the copy would hide doubtful ones (E30, E31).
        if (await check.EnsureAsync(upload, cancellationToken) is not { State: UploadState.Completed, DamagedAt: null } checkedNow
            || checkedNow.PlacedBytes < checkedNow.ReceivedBytes)
        {
            return MoveOutcome.Refused;
        }

        var extents = await ExtentsAsync(upload.Id, cancellationToken);
        var copied = extents.Where(extent => extent.File.Store != target.Store).ToList();
        if (copied.Count == 0)
            return MoveOutcome.Moved;
        var length = copied.Sum(extent => extent.Range.Length);
        if (!target.HasRoomFor(length))
            return MoveOutcome.NoRoom;
        StoredFile file;
        try
        {
            file = await target.PutAsync(length, ReadAsync(upload, extents, target.Store, cancellationToken), cancellationToken);
        }
        catch (StoreException exception) when (exception.Error == StoreError.Unreachable)
        {
            return MoveOutcome.Unreachable;
        }
        catch (StoreException exception) when (
            exception.Error is StoreError.NoSpace or StoreError.Degraded or StoreError.FlushFailed or StoreError.Exhausted)
        {
            return MoveOutcome.NoRoom;
        }
        catch (StoreException)
        {
            return await JudgeAsync(upload, cancellationToken);
        }

        if (!await ledger.MoveContentAsync(upload.Id, file, copied, CancellationToken.None))
        {
            await target.GiveUpAsync(file);
            return MoveOutcome.Refused;
        }

        await remover.RemoveReleasedAsync(CancellationToken.None);
        Moved(log, upload.Id, length, target.Store);
        return MoveOutcome.Moved;
    }

    /// <summary>
    /// Quarantines the upload if its bytes are wrong or missing on the device. An upload that was freed or moved meanwhile has no faults.
    /// </summary>
    private async Task<MoveOutcome> JudgeAsync(Upload upload, CancellationToken cancellationToken)
    {
        var facts = await _device.RunAsync(upload, (_, _) => Task.CompletedTask, cancellationToken);
        if (facts.Faults.Count == 0)
            return MoveOutcome.Refused;
        if (facts.Faults.FirstOrDefault(fault => fault.IsDamage) is { } damage)
            await check.QuarantineAsync(upload.Id, damage.Sentence);
        return MoveOutcome.Unreadable;
    }

    private async Task<List<Extent>> ExtentsAsync(UploadId id, CancellationToken cancellationToken)
    {
        List<Extent> all = [];
        while (await contents.ExtentsAsync(id, all.Count == 0 ? 0 : all[^1].Range.End, PageSize, cancellationToken) is { Count: > 0 } page)
            all.AddRange(page);
        return all;
    }

    /// <summary>
    /// Reads the bytes that are not in the target, and the others too if the digest of the whole file is known. Throws at the end of an
    /// extent or of the file if its digest differs.
    /// </summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Upload upload, List<Extent> extents, Guid target, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[BlockSize];
        using var whole = upload.Sha256 is null ? null : hashes.Start();
        IStoredFileReader? reader = null;
        StoredFile open = default;
        try
        {
            foreach (var extent in extents)
            {
                var isCopied = extent.File.Store != target;
                if (!isCopied && whole is null)
                    continue;
                if (reader is null || open != extent.File)
                {
                    var opened = stores.Of(extent.File).OpenRead(extent.File);
                    reader?.Dispose();
                    (reader, open) = (opened, extent.File);
                }

                using var own = extent.Sha256 is null ? null : hashes.Start();
                for (long done = 0; done < extent.Range.Length;)
                {
                    var block = buffer.AsMemory(0, (int)Math.Min(BlockSize, extent.Range.Length - done));
                    var read = await reader.ReadAsync(block, extent.FileOffset + done, cancellationToken);
                    if (read == 0)
                        throw new StoreException(StoreError.Damaged, "A file of the upload is too short.");
                    own?.Append(block.Span[..read]);
                    whole?.Append(block.Span[..read]);
                    done += read;
                    if (isCopied)
                        yield return block[..read];
                }

                if (own is not null && own.Current() != extent.Sha256)
                    throw Different();
            }

            if (whole is not null && (whole.Length != upload.Size || whole.Current() != upload.Sha256))
                throw Different();
        }
        finally
        {
            reader?.Dispose();
        }
    }

    private static StoreException Different() => new(StoreError.Damaged, "The bytes of the upload differ from a recorded digest.");

    [LoggerMessage(4018, LogLevel.Information, "Upload {Upload}: {Bytes} bytes were moved into the store {Store}")]
    private static partial void Moved(ILogger log, UploadId upload, long bytes, Guid store);
}
