using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Keeps what came of a broken chunk, and opens it again for whoever goes on (E19, E20). A prefix is a fact of the ledger; it never
/// counts as received.
/// </summary>
public sealed class PrefixKeeper(
    IChunkStore store, IUploadLedger ledger, IRunningHashes hashes, WriterClaims claims, FileRemover remover, ServiceLife life,
    ILogger<PrefixKeeper> log)
{
    // Prefixes of earlier lives that were read again and found whole in this one.
    private readonly ConcurrentDictionary<(UploadId Upload, long Offset, long Attempt), bool> _trusted = new();

    /// <summary>Opens a fresh file, or the prefix's; null when the prefix is not what was seen any more.</summary>
    internal async Task<ChunkAttempt?> OpenAsync(ChunkRequest request, Prefix? seen, CancellationToken cancellationToken)
    {
        var message = request.MessageSha256 is null ? null : hashes.Start();
        if (!request.Continues)
        {
            var expected = request.Length;
            var fresh = await store.CreateAsync(StoredFile.New(StoredFileKind.Chunk, life.Id), expected, cancellationToken);
            return new ChunkAttempt(fresh, hashes.Start(), message, null);
        }

        if (seen is null || !await TrustAsync(request.Upload, seen, cancellationToken) ||
            await ledger.ClaimPrefixAsync(request.Upload, seen, cancellationToken) is not { } claimed)
        {
            message?.Dispose();
            return null;
        }

        var (writer, prefix) = await OpenPrefixAsync(request, claimed, cancellationToken);
        try
        {
            var whole = hashes.Restore(prefix.HashState) is { } restored && restored.Length == prefix.Kept
                ? restored
                : await RehashAsync(prefix, cancellationToken);
            return new ChunkAttempt(writer, whole, message, prefix);
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the received part durable and records it; returns how much is kept now.</summary>
    internal async Task<long> KeepAsync(ChunkRequest request, ChunkAttempt attempt, CancellationToken cancellationToken)
    {
        // Captured before the flush (E9); nothing is written after it, the pump has ended.
        var kept = attempt.Kept;
        if (kept == (attempt.Claimed?.Kept ?? 0))
        {
            if (attempt.Claimed is null)
                store.Delete(attempt.Writer.File);
            return kept;
        }

        var prefix = new Prefix(
            request.Offset, request.Length, request.Sha256, kept, attempt.Digest, attempt.HashState, attempt.Writer.File,
            attempt.Claimed?.Attempt ?? RandomNumberGenerator.GetInt32(1, int.MaxValue), life.Id);
        try
        {
            await attempt.Writer.FlushAsync(final: false, cancellationToken);
        }
        catch (StoreException exception)
        {
            // What was recorded before stays true; this request's bytes are not believed (E5).
            UploadLog.PrefixNotKept(log, request.Upload, request.Offset, exception);
            if (attempt.Claimed is null)
                store.Delete(attempt.Writer.File);
            else
                await DropAsync(request.Upload, attempt.Claimed, cancellationToken);
            return 0;
        }

        // From here on nothing is unlinked unless the ledger has clearly said no (E10).
        if (await ledger.RecordPrefixAsync(request.Upload, prefix, attempt.Claimed, cancellationToken))
            return kept;
        if (attempt.Claimed is null)
            store.Delete(attempt.Writer.File);
        return 0;
    }

    /// <summary>Throws away what this attempt wrote, and the prefix that it went on with.</summary>
    internal async Task DiscardAsync(ChunkRequest request, ChunkAttempt attempt, CancellationToken cancellationToken)
    {
        if (attempt.Claimed is { } claimed)
            await DropAsync(request.Upload, claimed, cancellationToken);
        else
            store.Delete(attempt.Writer.File);
    }

    public async Task DropAsync(UploadId upload, Prefix prefix, CancellationToken cancellationToken)
    {
        // Only what the ledger has let go of: the file may have become a chunk since the prefix was seen.
        var free = await ledger.DropPrefixAsync(upload, prefix.Offset, prefix.Attempt, cancellationToken);
        if (!claims.IsBeingWritten(prefix.File))
            await remover.RemoveAsync(free, cancellationToken);
    }

    /// <summary>
    /// Whether the recorded prefix is really on the disk: within one life it is, after a restart it is read once and compared (E20).
    /// A prefix that is not is dropped.
    /// </summary>
    public async Task<bool> TrustAsync(UploadId upload, Prefix prefix, CancellationToken cancellationToken)
    {
        if (prefix.Life == life.Id || _trusted.ContainsKey((upload, prefix.Offset, prefix.Attempt)))
            return true;
        try
        {
            var (digest, length) = await store.HashFromDeviceAsync(prefix.File, 0, prefix.Kept, cancellationToken);
            if (length == prefix.Kept && digest == prefix.KeptSha256)
            {
                _trusted.TryAdd((upload, prefix.Offset, prefix.Attempt), true);
                return true;
            }
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged)
        {
        }

        UploadLog.PrefixDamaged(log, upload, prefix.Offset);
        await DropAsync(upload, prefix, cancellationToken);
        return false;
    }

    private async Task<(IStoredFileWriter Writer, Prefix Prefix)> OpenPrefixAsync(ChunkRequest request, Prefix claimed, CancellationToken cancellationToken)
    {
        if (!claims.IsBeingWritten(claimed.File))
            return (await store.ReopenAsync(claimed.File, cancellationToken), claimed);

        // The former writer was asked to stop and has not: a late write of its own may still come (E20). Its file is left to it.
        var copy = await store.CreateAsync(StoredFile.New(StoredFileKind.Chunk, life.Id), request.Length, cancellationToken);
        try
        {
            copy.CopyFrom(claimed.File, 0, claimed.Kept, 0, cancellationToken);
            await copy.FlushAsync(final: false, cancellationToken);
            var (digest, _) = await store.HashFromDeviceAsync(copy.File, 0, claimed.Kept, cancellationToken);
            var moved = claimed with { File = copy.File };
            if (digest != claimed.KeptSha256 || !await ledger.RecordPrefixAsync(request.Upload, moved, claimed, cancellationToken))
                throw new StoreException(StoreError.Damaged, "The kept part changed while it was copied.");
            return (copy, moved);
        }
        catch
        {
            await copy.DisposeAsync();
            throw;
        }
    }

    private async Task<IRunningHash> RehashAsync(Prefix prefix, CancellationToken cancellationToken)
    {
        var hash = hashes.Start();
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            using var reader = store.OpenRead(prefix.File);
            while (hash.Length < prefix.Kept)
            {
                var want = (int)Math.Min(buffer.Length, prefix.Kept - hash.Length);
                var got = await reader.ReadAsync(buffer.AsMemory(0, want), hash.Length, cancellationToken);
                if (got == 0)
                    throw new StoreException(StoreError.Damaged, "The kept part of a chunk is shorter than recorded.");
                hash.Append(buffer.AsSpan(0, got));
            }

            return hash;
        }
        catch
        {
            hash.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
