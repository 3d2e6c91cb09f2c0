using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads.Reading;

/// <summary>
/// Checks an upload of an earlier incarnation before its first answer in this one: every file of its extents must exist and be long enough,
/// or the upload is quarantined (E30). Extents that were written with relaxed durability before the machine went down are read and compared
/// (E31).
/// </summary>
public sealed class ContentCheck(
    IContentLedger ledger, IUploadLedger uploads, IChunkStore store, Incarnation incarnation, ILogger<ContentCheck> log)
{
    private const int PageSize = 1000;
    private const int Remembered = 200_000;

    private static readonly Task<bool> Unchanged = Task.FromResult(false);

    private readonly ConcurrentDictionary<UploadId, Task<bool>> _checked = new();
    private readonly ConcurrentDictionary<long, bool> _elsewhere = new();

    /// <summary>Returns the upload after its check; the check may have quarantined it.</summary>
    public async Task<Upload> EnsureAsync(Upload upload, CancellationToken cancellationToken)
    {
        // A pending concatenation has no extents yet. It is checked once it has them.
        if (upload.Incarnation == incarnation.Id || upload.WaitsForParts)
            return upload;
        if (await IsElsewhereAsync(upload.Incarnation, cancellationToken))
            return upload with { IsElsewhere = true };
        if (upload.DamagedAt is not null)
            return upload;
        if (!_checked.TryGetValue(upload.Id, out var check))
        {
            // An upload that was dropped from the cache is checked once more.
            if (_checked.Count > Remembered)
                _checked.Clear();
            check = _checked.GetOrAdd(upload.Id, _ => CheckAsync(upload));
        }

        bool changed;
        try
        {
            changed = await check.WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _checked.TryRemove(new KeyValuePair<UploadId, Task<bool>>(upload.Id, check));
            throw;
        }

        if (!changed)
            return upload;
        var now = await uploads.GetAsync(upload.Id, cancellationToken) ?? upload;
        // The damage was repaired. Cache that result, so that a caller who read the row during the quarantine reads it again.
        if (now.DamagedAt is null)
            _checked.TryUpdate(upload.Id, Unchanged, check);
        return now;
    }

    /// <summary>
    /// All files of an upload lie in the store of the incarnation that created it. That never changes, so the ledger is asked once.
    /// </summary>
    private async Task<bool> IsElsewhereAsync(long creator, CancellationToken cancellationToken)
    {
        if (!_elsewhere.TryGetValue(creator, out var elsewhere))
            _elsewhere[creator] = elsewhere = await ledger.IsElsewhereAsync(creator, cancellationToken);
        return elsewhere;
    }

    /// <summary>
    /// Quarantines an upload whose stored bytes are missing or wrong, so that they are not served. Runs even if the client has
    /// disconnected.
    /// </summary>
    public Task QuarantineAsync(UploadId id, string reason)
    {
        UploadLog.Damaged(log, id, reason);
        return ledger.MarkDamagedAsync(id, reason, CancellationToken.None);
    }

    private async Task<bool> CheckAsync(Upload upload)
    {
        var changed = await SettleDoubtAsync(upload.Id);
        long from = 0;
        var lengths = new Dictionary<StoredFile, long?>();
        while (await ledger.ExtentsAsync(upload.Id, from, PageSize, CancellationToken.None) is { Count: > 0 } extents)
        {
            foreach (var extent in extents)
            {
                if (Exists(extent, lengths))
                    continue;
                // A merge may have moved the extent between the query of the ledger and the check of the disk: check once more.
                var again = await ledger.ExtentsAsync(upload.Id, extent.Range.Offset, 1, CancellationToken.None);
                lengths.Clear();
                if (again is [var now, ..] && now.Range.Offset == extent.Range.Offset && !Exists(now, lengths))
                {
                    await QuarantineAsync(upload.Id, $"bytes {extent.Range.Offset}-{extent.Range.End - 1} are not on the disk");
                    return true;
                }
            }

            from = extents[^1].Range.End;
        }

        return changed;
    }

    private bool Exists(Extent extent, Dictionary<StoredFile, long?> lengths)
    {
        if (!lengths.TryGetValue(extent.File, out var length))
        {
            if (lengths.Count > PageSize)
                lengths.Clear();
            lengths[extent.File] = length = store.Length(extent.File);
        }

        return length >= extent.FileOffset + extent.Range.Length;
    }

    private async Task<bool> SettleDoubtAsync(UploadId id)
    {
        var changed = false;
        IReadOnlyList<Extent> before = [];
        // An unchanged answer means that the ledger settles nothing any more: the upload has ended or is quarantined.
        while (await ledger.DoubtfulAsync(id, 100, CancellationToken.None) is { Count: > 0 } doubtful && !doubtful.SequenceEqual(before))
        {
            before = doubtful;
            List<Extent> good = [], bad = [];
            foreach (var extent in doubtful)
                (await IsGoodAsync(extent) ? good : bad).Add(extent);
            await ledger.SettleDoubtAsync(id, good, bad, CancellationToken.None);
            changed = true;
        }

        return changed;
    }

    private async Task<bool> IsGoodAsync(Extent extent)
    {
        try
        {
            var (digest, length) =
                await store.HashFromDeviceAsync(extent.File, extent.FileOffset, extent.Range.Length, CancellationToken.None);
            return length == extent.Range.Length && digest == extent.Sha256;
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged or StoreError.Io)
        {
            return false;
        }
    }
}
