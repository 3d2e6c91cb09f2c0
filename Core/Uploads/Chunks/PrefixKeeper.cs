using System.Collections.Concurrent;
using System.Security.Cryptography;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Chunks;

/// <summary>
/// The files of chunks while they are being received. Keeps the received part of a broken chunk, its prefix, and opens it again for the
/// request that continues (E19, E20). A prefix is recorded in the ledger and never counts as received.
/// </summary>
public sealed class PrefixKeeper(
    Stores stores, IChunkLedger ledger, IRunningHashes hashes, WriterClaims claims, FileRemover remover, Incarnation incarnation,
    UploadHub hub, IOptions<StorageOptions> options, ILogger<PrefixKeeper> log)
{
    private const int FetchSize = 256 << 10;

    // Prefixes of earlier incarnations and of other nodes that this one has read again and found intact.
    private readonly ConcurrentDictionary<(UploadId Upload, long Offset, long Attempt), bool> _trusted = new();

    // Files of prefixes after a failed write or flush: read from the device before they are trusted, never written to again (E5).
    private readonly ConcurrentDictionary<StoredFile, bool> _suspect = new();

    /// <summary>Opens a fresh file, or the prefix's. Null when the prefix is not the queried one any more.</summary>
    internal async Task<ChunkAttempt?> OpenAsync(ChunkRequest request, Prefix? seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        if (!request.Continues)
        {
            IStoredFileWriter fresh = stores.Reception.IsOn
                ? await ObjectFile.CreateAsync(
                    stores.Reception, StoredFileKind.Chunk, incarnation.Id, request.Length, cancellationToken)
                : await stores.Own.CreateAsync(NewFile(), request.Length, cancellationToken);
            claim.File = fresh.File;
            return new ChunkAttempt(fresh, hashes.Start(), StartMessage(request), null);
        }

        if (seen is null || !await TrustAsync(request.Upload, seen, cancellationToken))
            return null;
        // Set the file before the ledger grants the prefix: a later claimant must see that this request writes to it (E20).
        claim.File = seen.File;
        if (await ledger.ClaimPrefixAsync(request.Upload, seen, cancellationToken) is not { } claimed)
            return null;
        _trusted.TryRemove((request.Upload, seen.Offset, seen.Attempt), out _);
        try
        {
            return await OpenClaimedAsync(request, claimed, claim, cancellationToken);
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged)
        {
            UploadLog.PrefixDamaged(log, request.Upload, claimed.Offset);
            await DropAsync(request.Upload, claimed, cancellationToken);
            return null;
        }
        catch (StoreException exception) when (exception.Error is StoreError.Unreachable && !IsShared(claimed))
        {
            // The other node has fallen silent since the check: the prefix counts as none, and stays.
            return null;
        }
    }

    /// <summary>Makes the received part durable and records it; returns how much is kept now.</summary>
    internal async Task<long> KeepAsync(ChunkRequest request, Upload upload, ChunkAttempt attempt)
    {
        // Captured before the flush (E9). Nothing is written afterwards, as the receive loop has ended.
        var (kept, claimed) = (attempt.Kept, attempt.Claimed);
        if (attempt.Own == 0)
            return Withdraw(attempt);
        var prefix = new Prefix(
            request.Offset, request.Length ?? claimed?.Length, request.Sha256 ?? claimed?.Sha256, kept, attempt.Digest, attempt.HashState,
            attempt.Writer.File, FreshAttempt(), incarnation.Id);
        try
        {
            // Return the space that was reserved for the whole chunk: the client may never return.
            (attempt.Writer as IPreallocatingWriter)?.Trim(long.MaxValue);
            await attempt.Writer.FlushAsync(final: false, CancellationToken.None);
        }
        catch (StoreException exception)
        {
            UploadLog.PrefixNotKept(log, request.Upload, request.Offset, exception);
            return Fail(attempt);
        }

        // From here on the file is deleted only after the ledger's clear refusal (E10).
        if (await ledger.RecordPrefixAsync(request.Upload, prefix, claimed, CancellationToken.None))
        {
            attempt.OwnKept = attempt.Own;
            // A prefix is durable, but it counts as received only with the rest of its chunk.
            hub.Publish(new DurableBytes(upload, attempt.Own, upload.ReceivedBytes));
            // The ledger has given up older prefixes that overlap this one.
            await FreeAsync(request.Upload);
            return kept;
        }

        if (attempt.IsFresh)
            await remover.GiveUpAsync(attempt.Writer.File);
        // Another attempt has kept more of the same chunk. What it kept in a store that is not here counts as nothing.
        var seen = await ledger.InspectChunkAsync(request.Caller, request.Upload, new ByteRange(request.Offset, 1), CancellationToken.None);
        return seen.Prefix is { } other && other.Length == prefix.Length && other.Sha256 == prefix.Sha256
            && (stores.IsOwn(other.File) || await TrustAsync(request.Upload, other, CancellationToken.None))
                ? other.Kept
                : 0;
    }

    /// <summary>
    /// Makes a whole chunk durable under its final name, and compares what the store then has with what was received. False: it differs,
    /// and the attempt is discarded.
    /// </summary>
    internal async Task<bool> MakeDurableAsync(ChunkRequest request, ChunkAttempt attempt)
    {
        var file = attempt.Writer.File;
        try
        {
            await attempt.Writer.RenameDurablyAsync(CancellationToken.None);
            var intact = options.Value.VerifyAfterWrite == VerifyAfterWrite.Full
                ? await stores.Of(file).HashFromDeviceAsync(file, 0, attempt.Kept, CancellationToken.None) == (attempt.Digest, attempt.Kept)
                // The shared store has compared the bytes itself.
                : attempt.IsShared || stores.Own.Length(file) == attempt.Kept;
            if (intact)
                return true;
        }
        catch (StoreException)
        {
            Fail(attempt);
            throw;
        }

        UploadLog.VerifyFailed(log, request.Upload, request.Offset);
        await DiscardAsync(request, attempt);
        return false;
    }

    /// <summary>Discards this request's bytes. A prefix that it continued stays. Returns how many bytes that prefix has.</summary>
    internal long Withdraw(ChunkAttempt attempt)
    {
        if (attempt.IsFresh)
            Discard(attempt);
        return attempt.Claimed?.Kept ?? 0;
    }

    /// <summary>After a failed write or flush: falls back to what is recorded; the next request continues in a new file (E5).</summary>
    internal long Fail(ChunkAttempt attempt)
    {
        if (!attempt.IsFresh)
            _suspect.TryAdd(attempt.Writer.File, true);
        return Withdraw(attempt);
    }

    /// <summary>Discards this request's bytes and the prefix that it continued.</summary>
    internal async Task DiscardAsync(ChunkRequest request, ChunkAttempt attempt)
    {
        if (attempt.Claimed is { } claimed)
            await DropAsync(request.Upload, claimed, CancellationToken.None);
        if (attempt.IsFresh)
            Discard(attempt);
    }

    /// <summary>Discards the same after the ledger refused to record them as a chunk.</summary>
    internal async Task GiveUpAsync(ChunkRequest request, ChunkAttempt attempt)
    {
        if (attempt.Claimed is { } claimed)
            await DropAsync(request.Upload, claimed, CancellationToken.None);
        if (attempt.IsFresh)
            await remover.GiveUpAsync(attempt.Writer.File);
    }

    /// <summary>Drops the prefix if the same attempt still has it, and frees the files that the ledger then releases.</summary>
    public async Task DropAsync(UploadId upload, Prefix prefix, CancellationToken cancellationToken)
    {
        var free = await ledger.DropPrefixAsync(upload, prefix.Offset, prefix.Attempt, cancellationToken);
        await FreeAsync(upload, () => remover.RemoveAsync(free, CancellationToken.None));
        // If another attempt has the prefix, its file stays, and so does the doubt about it (E5).
        if (free.Contains(prefix.File))
            _suspect.TryRemove(prefix.File, out _);
    }

    /// <summary>Deletes files of the upload that the ledger has released.</summary>
    public Task FreeAsync(UploadId upload) => FreeAsync(upload, () => remover.ReclaimAsync(upload, CancellationToken.None));

    /// <summary>
    /// Whether the recorded prefix is intact on the disk. After a restart or a failure, and when it is in the store of another node, it is
    /// read once and compared (E20). A damaged one is dropped. One in the store of another node counts as none if that node does not answer
    /// or the bytes differ, and stays: only its own node says that it is damaged. An object of the shared store is whole, and compared when
    /// it is continued.
    /// </summary>
    public async Task<bool> TrustAsync(UploadId upload, Prefix prefix, CancellationToken cancellationToken)
    {
        if (IsShared(prefix) || (prefix.Incarnation == incarnation.Id && stores.IsOwn(prefix.File) && !_suspect.ContainsKey(prefix.File)) ||
            _trusted.ContainsKey((upload, prefix.Offset, prefix.Attempt)))
            return true;
        try
        {
            var (digest, length) = await stores.Of(prefix.File).HashFromDeviceAsync(prefix.File, 0, prefix.Kept, cancellationToken);
            if (length == prefix.Kept && digest == prefix.KeptSha256)
            {
                _trusted.TryAdd((upload, prefix.Offset, prefix.Attempt), true);
                return true;
            }
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged or StoreError.Io)
        {
        }
        catch (StoreException exception) when (exception.Error is StoreError.Unreachable)
        {
            return false;
        }

        if (!stores.IsOwn(prefix.File))
            return false;
        UploadLog.PrefixDamaged(log, upload, prefix.Offset);
        await DropAsync(upload, prefix, cancellationToken);
        return false;
    }

    private async Task<ChunkAttempt> OpenClaimedAsync(
        ChunkRequest request, Prefix claimed, WriterClaim claim, CancellationToken cancellationToken)
    {
        if (stores.Reception.IsOn)
            return await CopyToObjectAsync(request, claimed, claim, cancellationToken);
        var mustCopy =
            !stores.IsOwn(claimed.File) || _suspect.ContainsKey(claimed.File) || claims.IsBeingWritten(claimed.File, claim);
        var (writer, prefix) = mustCopy
            ? await CopyAsync(request, claimed, cancellationToken)
            : (await stores.Own.ReopenAsync(claimed.File, request.Length, cancellationToken), claimed);
        try
        {
            claim.File = prefix.File;
            var whole = hashes.Restore(prefix.HashState) is { } restored && restored.Length == prefix.Kept
                ? restored
                : await RehashAsync(prefix, cancellationToken);
            return new ChunkAttempt(writer, whole, StartMessage(request), prefix);
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Begins an object with the bytes of the prefix. Nothing is recorded: the prefix stays where it is until the chunk, or a longer
    /// prefix, is recorded with the object.
    /// </summary>
    private async Task<ChunkAttempt> CopyToObjectAsync(
        ChunkRequest request, Prefix claimed, WriterClaim claim, CancellationToken cancellationToken)
    {
        var copy = await ObjectFile.CreateAsync(
            stores.Reception, StoredFileKind.Chunk, incarnation.Id, request.Length, cancellationToken);
        var whole = hashes.Start();
        try
        {
            claim.File = copy.File;
            await FetchAsync(claimed, copy, whole, cancellationToken);
            return whole.Current() == claimed.KeptSha256
                ? new ChunkAttempt(copy, whole, StartMessage(request), claimed)
                : throw Different(claimed);
        }
        catch
        {
            whole.Dispose();
            await copy.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Copies the prefix to a new file, because its previous writer may still write to the old one (E20) or has failed (E5), or because the
    /// old file is in the store of another node.
    /// </summary>
    private async Task<(IStoredFileWriter Writer, Prefix Prefix)> CopyAsync(
        ChunkRequest request, Prefix claimed, CancellationToken cancellationToken)
    {
        // Reserve space for the prefix only: if nothing is written after it, a larger reservation would stay.
        var copy = await stores.Own.CreateAsync(NewFile(), claimed.Kept, cancellationToken);
        var (unseen, taken) = (true, false);
        try
        {
            await copy.BeforeWriteAsync(claimed.Kept);
            if (stores.IsOwn(claimed.File))
                copy.CopyFrom(claimed.File, 0, claimed.Kept, 0, cancellationToken);
            else
                await FetchAsync(claimed, copy, null, cancellationToken);
            await copy.FlushAsync(final: false, cancellationToken);
            var (digest, _) = await stores.Own.HashFromDeviceAsync(copy.File, 0, claimed.Kept, cancellationToken);
            if (digest != claimed.KeptSha256)
                throw Different(claimed);
            var moved = claimed with { File = copy.File, Attempt = FreshAttempt() };
            unseen = false;
            taken = await ledger.RecordPrefixAsync(request.Upload, moved, claimed, CancellationToken.None);
            if (!taken)
            {
                await remover.GiveUpAsync(copy.File);
                throw new StoreException(StoreError.Missing, "The kept part of a chunk was given up meanwhile.");
            }

            _suspect.TryRemove(claimed.File, out _);
            await FreeAsync(request.Upload);
            return (copy, moved);
        }
        finally
        {
            if (unseen)
                remover.Discard(copy.File);
            if (!taken)
                await copy.DisposeAsync();
        }
    }

    /// <summary>Writes the prefix from any store to a new file.</summary>
    private async Task FetchAsync(Prefix claimed, IStoredFileWriter copy, IRunningHash? hash, CancellationToken cancellationToken)
    {
        var buffer = new byte[(int)Math.Min(FetchSize, claimed.Kept)];
        using var reader = stores.Of(claimed.File).OpenRead(claimed.File);
        for (long done = 0; done < claimed.Kept;)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, claimed.Kept - done));
            var read = await reader.ReadAsync(part, done, cancellationToken);
            if (read == 0)
                throw new StoreException(StoreError.Damaged, "The kept part of a chunk is shorter than recorded.");
            await copy.BeforeWriteAsync(read);
            copy.Write(part.Span[..read], done);
            hash?.Append(part.Span[..read]);
            done += read;
        }
    }

    private async Task<IRunningHash> RehashAsync(Prefix prefix, CancellationToken cancellationToken)
    {
        var hash = hashes.Start();
        try
        {
            using var reader = stores.Of(prefix.File).OpenRead(prefix.File);
            if (await reader.HashAsync(hash, 0, prefix.Kept, cancellationToken) < prefix.Kept)
                throw new StoreException(StoreError.Damaged, "The kept part of a chunk is shorter than recorded.");
            return hash.Current() == prefix.KeptSha256
                ? hash
                : throw new StoreException(StoreError.Damaged, "The kept part of a chunk is not what was recorded.");
        }
        catch
        {
            hash.Dispose();
            throw;
        }
    }

    // A previous writer that still has one of the files open writes to a deleted file.
    private async Task FreeAsync(UploadId upload, Func<Task> free)
    {
        try
        {
            await free();
        }
        catch (Exception exception) when (exception is LedgerUnavailableException or StoreException)
        {
            UploadLog.ReclaimPutOff(log, upload, exception);
        }
    }

    private void Discard(ChunkAttempt attempt)
    {
        if (attempt.Writer is not ObjectFile { MayExist: false })
            remover.Discard(attempt.Writer.File);
    }

    private StoreException Different(Prefix claimed) => stores.IsOwn(claimed.File) || IsShared(claimed)
        ? new StoreException(StoreError.Damaged, "The kept part of a chunk is not what was recorded.")
        : UnreachableStore.Failure("the bytes are not what was recorded.");

    private bool IsShared(Prefix prefix) => prefix.File.Store == stores.Shared?.Id;

    private StoredFile NewFile() => StoredFile.New(stores.Own.Id, StoredFileKind.Chunk, incarnation.Id);

    private IRunningHash? StartMessage(ChunkRequest request) => request.MessageSha256 is null ? null : hashes.Start();

    /// <summary>Random instead of counted, so that no attempt ever gets the number of an earlier one.</summary>
    private static long FreshAttempt() => BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue;
}
