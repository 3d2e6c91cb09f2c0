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
/// are known, flushes, and points the extents at the copy in one transaction (E3, E22). In the same way, joins small files of a store into
/// larger ones. Whatever happens meanwhile, the bytes stay where they were or are in the new file; the other one is discarded or becomes a
/// tombstone. Readers follow.
/// </summary>
public sealed partial class ContentMover(
    IMovingLedger ledger, IContentLedger contents, Stores stores, ContentCheck check, FileRemover remover, IRunningHashes hashes,
    ILogger<ContentMover> log)
{
    private const int PageSize = 1000;
    private const int BlockSize = 256 << 10;

    /// <summary>Reads an upload as the job scrub-files does, and tells what is wrong with its stored bytes.</summary>
    private readonly DeviceCheck _device = new(contents, stores, hashes);

    public Task<MoveOutcome> MoveAsync(Upload upload, IMoveTarget target, CancellationToken cancellationToken) => CopyAsync(
        upload, target, extents => extents.Where(extent => extent.File.Store != target.Store).ToList() is { Count: > 0 } all ? [all] : [],
        cancellationToken);

    /// <summary>Joins adjacent small files of the target, which contain bytes of the upload, into larger files of the target.</summary>
    public Task<MoveOutcome> JoinAsync(Upload upload, IMoveTarget target, CancellationToken cancellationToken) =>
        CopyAsync(upload, target, extents => SmallFiles.Group(extents, target.Store), cancellationToken);

    /// <param name="choose">Returns the extents to copy, in order: those that become one file are one list.</param>
    private async Task<MoveOutcome> CopyAsync(
        Upload upload, IMoveTarget target, Func<List<Extent>, List<List<Extent>>> choose, CancellationToken cancellationToken)
    {
        // Check the bytes of an earlier incarnation before copying them: the copy would hide doubtful ones (E30, E31).
        if (await check.EnsureAsync(upload, cancellationToken) is not { State: UploadState.Completed, DamagedAt: null } checkedNow
            || checkedNow.PlacedBytes < checkedNow.ReceivedBytes)
        {
            return MoveOutcome.Refused;
        }

        var extents = await ExtentsAsync(upload.Id, cancellationToken);
        var lists = choose(extents);
        if (lists.Count == 0)
            return MoveOutcome.Moved;
        var length = lists.Sum(LengthOf);
        if (!target.HasRoomFor(length))
            return MoveOutcome.NoRoom;
        Queue<(StoredFile File, List<Extent> Copied)> stored = new();
        try
        {
            // Store all files before one of them is recorded: the digest of the whole file is compared at the end of the last one.
            using var whole = upload.Sha256 is null ? null : hashes.Start();
            for (var (index, read) = (0, 0); index < lists.Count; index++)
            {
                var copied = lists[index];
                var end = index == lists.Count - 1 ? extents.Count : extents.IndexOf(copied[^1]) + 1;
                var content = ReadAsync(upload, extents[read..end], copied, whole, isLast: end == extents.Count, cancellationToken);
                stored.Enqueue((await target.PutAsync(LengthOf(copied), content, cancellationToken), copied));
                read = end;
            }

            while (stored.TryDequeue(out var next))
            {
                // From here on, only the ledger decides what becomes of the file (E10).
                if (await ledger.MoveContentAsync(upload.Id, next.File, next.Copied, CancellationToken.None))
                    continue;
                await target.GiveUpAsync(next.File);
                return MoveOutcome.Refused;
            }
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
        finally
        {
            foreach (var (file, _) in stored)
                await target.GiveUpAsync(file);
        }

        await remover.RemoveReleasedAsync(CancellationToken.None);
        Moved(log, upload.Id, length, lists.Count, target.Store);
        return MoveOutcome.Moved;
    }

    private static long LengthOf(List<Extent> extents) => extents.Sum(extent => extent.Range.Length);

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
    /// Reads the bytes of <paramref name="copied"/>, and all others of <paramref name="extents"/> too if the digest of the whole file is
    /// known. Throws at the end of an extent or of the file if its digest differs.
    /// </summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Upload upload, List<Extent> extents, List<Extent> copied, IRunningHash? whole, bool isLast,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[BlockSize];
        IStoredFileReader? reader = null;
        StoredFile open = default;
        var done = 0;
        try
        {
            foreach (var extent in extents)
            {
                var isCopied = done < copied.Count && copied[done] == extent;
                done += isCopied ? 1 : 0;
                if (!isCopied && whole is null)
                    continue;
                if (reader is null || open != extent.File)
                {
                    var opened = stores.Of(extent.File).OpenRead(extent.File);
                    reader?.Dispose();
                    (reader, open) = (opened, extent.File);
                }

                using var own = extent.Sha256 is null ? null : hashes.Start();
                for (long at = 0; at < extent.Range.Length;)
                {
                    var block = buffer.AsMemory(0, (int)Math.Min(BlockSize, extent.Range.Length - at));
                    var read = await reader.ReadAsync(block, extent.FileOffset + at, cancellationToken);
                    if (read == 0)
                        throw new StoreException(StoreError.Damaged, "A file of the upload is too short.");
                    own?.Append(block.Span[..read]);
                    whole?.Append(block.Span[..read]);
                    at += read;
                    if (isCopied)
                        yield return block[..read];
                }

                if (own is not null && own.Current() != extent.Sha256)
                    throw Different();
            }

            if (isLast && whole is not null && (whole.Length != upload.Size || whole.Current() != upload.Sha256))
                throw Different();
        }
        finally
        {
            reader?.Dispose();
        }
    }

    private static StoreException Different() => new(StoreError.Damaged, "The bytes of the upload differ from a recorded digest.");

    [LoggerMessage(4018, LogLevel.Information, "Upload {Upload}: {Bytes} bytes now lie in {Files} file(s) of the store {Store}")]
    private static partial void Moved(ILogger log, UploadId upload, long bytes, int files, Guid store);
}
