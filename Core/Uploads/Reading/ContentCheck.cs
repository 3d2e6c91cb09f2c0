using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads.Reading;

/// <summary>
/// Checks an upload of an earlier incarnation before its first answer in this one: every file of its extents in this store must exist and
/// be long enough, or the upload is quarantined (E30). Extents that were written with relaxed durability before the machine went down are
/// read and compared (E31). Extents in other stores are checked by the services of those stores. If no node of this ledger has such a
/// store, the upload is reported as elsewhere.
/// </summary>
public sealed class ContentCheck(
    IContentLedger ledger, IUploadLedger uploads, Stores stores, Incarnation incarnation, ILogger<ContentCheck> log)
{
    private const int PageSize = 1000;
    private const int Remembered = 200_000;

    private readonly ConcurrentDictionary<UploadId, Task<Facts>> _checked = new();

    /// <param name="Changed">The check has changed the upload, so the caller reads it again.</param>
    /// <param name="Others">The other stores in which bytes of the upload lie.</param>
    private readonly record struct Facts(bool Changed, IReadOnlyList<Guid> Others);

    /// <summary>Returns the upload after its check; the check may have quarantined it.</summary>
    public async Task<Upload> EnsureAsync(Upload upload, CancellationToken cancellationToken)
    {
        // A pending concatenation has no extents yet. It is checked once it has them, because they are those of its parts. Of every other
        // upload of this incarnation, the bytes in this store were written by it; others lie in stores of nodes that run beside it.
        if (upload.WaitsForParts || (upload.Incarnation == incarnation.Id && upload.Parts.Count == 0))
            return upload;
        if (upload.DamagedAt is not null)
            return upload;
        if (!_checked.TryGetValue(upload.Id, out var check))
        {
            // An upload that was dropped from the cache is checked once more.
            if (_checked.Count > Remembered)
                _checked.Clear();
            check = _checked.GetOrAdd(upload.Id, _ => CheckAsync(upload));
        }

        Facts facts;
        try
        {
            facts = await check.WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _checked.TryRemove(new KeyValuePair<UploadId, Task<Facts>>(upload.Id, check));
            throw;
        }

        // A node may have joined since the check, or the bytes may have been moved away from one that is forgotten now.
        var elsewhere = facts.Others.Any(store => !stores.IsKnown(store))
            && (await OthersAsync(upload.Id)).Any(store => !stores.IsKnown(store));
        if (!facts.Changed)
            return elsewhere ? upload with { IsElsewhere = true } : upload;
        var now = await uploads.GetAsync(upload.Id, cancellationToken) ?? upload;
        // The damage was repaired. Cache that result, so that a caller who read the row during the quarantine reads it again.
        if (now.DamagedAt is null)
            _checked.TryUpdate(upload.Id, Task.FromResult(facts with { Changed = false }), check);
        return elsewhere && now.DamagedAt is null ? now with { IsElsewhere = true } : now;
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

    private async Task<Facts> CheckAsync(Upload upload)
    {
        // The files of a concatenation of this incarnation were there when its parts were checked.
        if (upload.Incarnation == incarnation.Id)
        {
            return new Facts(false, await ledger.IsElsewhereAsync(upload.Id, CancellationToken.None) ? await OthersAsync(upload.Id) : []);
        }

        var changed = await SettleDoubtAsync(upload.Id);
        var others = new HashSet<Guid>();
        long from = 0;
        var lengths = new Dictionary<StoredFile, long?>();
        while (await ledger.ExtentsAsync(upload.Id, from, PageSize, CancellationToken.None) is { Count: > 0 } extents)
        {
            foreach (var extent in extents)
            {
                if (!stores.IsOwn(extent.File))
                {
                    others.Add(extent.File.Store);
                    continue;
                }

                if (Exists(extent, lengths))
                    continue;
                // A merge may have moved the extent between the query of the ledger and the check of the disk: check once more.
                var again = await ledger.ExtentsAsync(upload.Id, extent.Range.Offset, 1, CancellationToken.None);
                lengths.Clear();
                if (again is [var now, ..] && now.Range.Offset == extent.Range.Offset && stores.IsOwn(now.File)
                    && !Exists(now, lengths))
                {
                    await QuarantineAsync(upload.Id, $"bytes {extent.Range.Offset}-{extent.Range.End - 1} are not on the disk");
                    return new Facts(true, [.. others]);
                }
            }

            from = extents[^1].Range.End;
        }

        return new Facts(changed, [.. others]);
    }

    private async Task<IReadOnlyList<Guid>> OthersAsync(UploadId id)
    {
        var firsts = await ledger.FirstElsewhereAsync(id, new ByteRange(0, long.MaxValue), CancellationToken.None);
        return [.. firsts.Select(extent => extent.File.Store)];
    }

    private bool Exists(Extent extent, Dictionary<StoredFile, long?> lengths)
    {
        if (!lengths.TryGetValue(extent.File, out var length))
        {
            if (lengths.Count > PageSize)
                lengths.Clear();
            lengths[extent.File] = length = stores.Own.Length(extent.File);
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
            var (digest, length) = await stores.Own.HashFromDeviceAsync(
                extent.File, extent.FileOffset, extent.Range.Length, CancellationToken.None);
            return length == extent.Range.Length && digest == extent.Sha256;
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged or StoreError.Io)
        {
            return false;
        }
    }
}
