using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Before an upload of an earlier incarnation is answered for the first time in this one: every file of its extents exists and is long
/// enough, else the upload is quarantined (E30). Extents that were only Relaxed when the machine went down are read and compared (E31).
/// </summary>
public sealed class ContentCheck(
    IExtentLedger ledger, IUploadQueryLedger uploads, IVerificationLedger quarantine, IChunkStore store, Incarnation incarnation,
        ILogger<ContentCheck> log)
{
    private const int PageSize = 1000;
    private const int Remembered = 200_000;

    private static readonly Task<bool> Unchanged = Task.FromResult(false);

    private readonly ConcurrentDictionary<UploadId, Task<bool>> _checked = new();

    /// <summary>The upload, quarantined if it had to be.</summary>
    public async Task<Upload> EnsureAsync(Upload upload, CancellationToken cancellationToken)
    {
        // What waits for its parts has no extents to look at; it is looked at when it has theirs.
        if (upload.Incarnation == incarnation.Id || upload.DamagedAt is not null || upload.WaitsForParts)
            return upload;
        if (!_checked.TryGetValue(upload.Id, out var check))
        {
            // Forgetting costs only another look.
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
        // Whoever has read the row before its quarantine, and comes here after it, looks at it again; who has read it since does not get
        // this far.
        if (now.DamagedAt is null)
            _checked.TryUpdate(upload.Id, Unchanged, check);
        return now;
    }

    /// <summary>Stored bytes are missing or wrong: from now on they are not served. A client that has gone does not prevent it.</summary>
    public Task QuarantineAsync(UploadId id, string reason)
    {
        UploadLog.Damaged(log, id, reason);
        return quarantine.MarkDamagedAsync(id, reason, CancellationToken.None);
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
                if (IsThere(extent, lengths))
                    continue;
                // A merge may have moved it between the look at the ledger and the look at the disk: once more, with fresh eyes.
                var again = await ledger.ExtentsAsync(upload.Id, extent.Range.Offset, 1, CancellationToken.None);
                lengths.Clear();
                if (again is [var now, ..] && now.Range.Offset == extent.Range.Offset && !IsThere(now, lengths))
                {
                    await QuarantineAsync(upload.Id, $"bytes {extent.Range.Offset}-{extent.Range.End - 1} are not on the disk");
                    return true;
                }
            }

            from = extents[^1].Range.End;
        }

        return changed;
    }

    private bool IsThere(Extent extent, Dictionary<StoredFile, long?> lengths)
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
        // What is asked again and does not change is out of the ledger's hands: the upload has ended, or is quarantined.
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
