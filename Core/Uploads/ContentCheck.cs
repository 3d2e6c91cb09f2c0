using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Before an upload of an earlier life is answered for the first time in this one: every file of its pieces exists and is long enough,
/// else the upload is quarantined (E30). Pieces that were only Relaxed when the machine went down are read and compared (E31).
/// </summary>
public sealed class ContentCheck(IUploadLedger ledger, IChunkStore store, ServiceLife life, ILogger<ContentCheck> log)
{
    private const int PageSize = 1000;
    private const int Remembered = 200_000;

    private static readonly Task<bool> Unchanged = Task.FromResult(false);

    private readonly ConcurrentDictionary<UploadId, Task<bool>> _checked = new();

    /// <summary>The upload, quarantined if it had to be.</summary>
    public async Task<Upload> EnsureAsync(Upload upload, CancellationToken cancellationToken)
    {
        // What waits for its parts has no pieces to look at; it is looked at when it has theirs.
        if (upload.Life == life.Id || upload.DamagedAt is not null || upload.WaitsForParts)
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
        var now = await ledger.GetAsync(upload.Id, cancellationToken) ?? upload;
        // Whoever has read the row before its quarantine, and comes here after it, looks at it again; who has read it since does not get this far.
        if (now.DamagedAt is null)
            _checked.TryUpdate(upload.Id, Unchanged, check);
        return now;
    }

    private async Task<bool> CheckAsync(Upload upload)
    {
        var changed = await SettleDoubtAsync(upload.Id);
        long from = 0;
        var lengths = new Dictionary<StoredFile, long?>();
        while (await ledger.PiecesAsync(upload.Id, from, PageSize, CancellationToken.None) is { Count: > 0 } pieces)
        {
            foreach (var piece in pieces)
            {
                if (IsThere(piece, lengths))
                    continue;
                // A merge may have moved it between the look at the ledger and the look at the disk: once more, with fresh eyes.
                var again = await ledger.PiecesAsync(upload.Id, piece.Range.Offset, 1, CancellationToken.None);
                lengths.Clear();
                if (again is [var now, ..] && now.Range.Offset == piece.Range.Offset && !IsThere(now, lengths))
                {
                    var reason = $"bytes {piece.Range.Offset}-{piece.Range.End - 1} are not on the disk";
                    UploadLog.Damaged(log, upload.Id, reason);
                    await ledger.MarkDamagedAsync(upload.Id, reason, CancellationToken.None);
                    return true;
                }
            }

            from = pieces[^1].Range.End;
        }

        return changed;
    }

    private bool IsThere(Piece piece, Dictionary<StoredFile, long?> lengths)
    {
        if (!lengths.TryGetValue(piece.File, out var length))
        {
            if (lengths.Count > PageSize)
                lengths.Clear();
            lengths[piece.File] = length = store.Length(piece.File);
        }

        return length >= piece.FileOffset + piece.Range.Length;
    }

    private async Task<bool> SettleDoubtAsync(UploadId id)
    {
        var changed = false;
        IReadOnlyList<Piece> before = [];
        // What is asked again and does not change is out of the ledger's hands: the upload has ended, or is quarantined.
        while (await ledger.DoubtfulAsync(id, 100, CancellationToken.None) is { Count: > 0 } doubtful && !doubtful.SequenceEqual(before))
        {
            before = doubtful;
            List<Piece> good = [], bad = [];
            foreach (var piece in doubtful)
                (await IsGoodAsync(piece) ? good : bad).Add(piece);
            await ledger.SettleDoubtAsync(id, good, bad, CancellationToken.None);
            changed = true;
        }

        return changed;
    }

    private async Task<bool> IsGoodAsync(Piece piece)
    {
        try
        {
            var (digest, length) = await store.HashFromDeviceAsync(piece.File, piece.FileOffset, piece.Range.Length, CancellationToken.None);
            return length == piece.Range.Length && digest == piece.Sha256;
        }
        catch (StoreException exception) when (exception.Error is StoreError.Missing or StoreError.Damaged or StoreError.Io)
        {
            return false;
        }
    }
}
