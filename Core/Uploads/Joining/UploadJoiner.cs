using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads.Joining;

/// <param name="ReceivedBytes">The received bytes of all parts while the upload waits for them.</param>
/// <param name="Size">The total size; null while a part's size is unknown.</param>
public sealed record JoinProgress(Upload Upload, long ReceivedBytes, long? Size);

/// <summary>
/// Concatenates uploads (E27). No byte is copied: the new upload shares the parts' files, and it is complete and can be downloaded when its
/// transaction commits. Afterwards the parts may be deleted or expire.
/// </summary>
public sealed class UploadJoiner(
    IUploadLedger ledger, Admission admission, ContentCheck check, PendingConcatenations pending,
    BackgroundWork background, TypeCheck types, ILogger<UploadJoiner> log)
{
    public const int MaxParts = 10_000;

    // A part that is listed several times is hashed several times although its bytes were sent once. Limit that work: any part up to
    // MaxRepeats times, a small part more often.
    private const int MaxRepeats = 16;
    private const long MaxRepeated = 64L << 20;

    /// <param name="upload">The upload to create, as it was admitted; its size is the sum of its parts' sizes.</param>
    /// <param name="mayWait">Whether to accept incomplete parts and complete the upload together with the last of them.</param>
    public async Task<Result<Upload>> JoinAsync(
        NewUpload upload, IReadOnlyList<UploadId> parts, bool mayWait, CancellationToken cancellationToken)
    {
        if (parts.Count is 0 or > MaxParts)
            return new UploadFailure(UploadError.PartsMismatch, $"Between 1 and {MaxParts} parts can be joined.");
        var listed = parts.CountBy(part => part).ToDictionary();
        var there = (await ledger.FindAllAsync(upload.Caller, listed.Keys, cancellationToken)).ToDictionary(part => part.Id);
        foreach (var (part, count) in listed)
        {
            if (!there.TryGetValue(part, out var found))
                return new UploadFailure(UploadError.NotFound, $"There is no part {part}.");
            if (found.HasExpired)
                return UploadRefusals.PartExpired(found);
            if (count > MaxRepeats && (found.Size is not { } size || size > MaxRepeated / count))
                return new UploadFailure(UploadError.PartsMismatch,
                    $"Part {part} is listed {count} times; a part that adds more than {MaxRepeated} bytes in total can be listed "
                        + $"at most {MaxRepeats} times.");
            var checkedPart = await check.EnsureAsync(found, cancellationToken);
            if (checkedPart.IsElsewhere)
                return UploadRefusals.Elsewhere(found);
            if (checkedPart.DamagedAt is not null)
                return UploadRefusals.Damaged(found);
        }

        // Where types are limited, only complete parts are joined, because the beginning of the file must be known.
        var limited = types.AppliesTo(upload.Caller);
        if (limited && await types.RefuseAsync(upload.ContentType, parts.Select(part => there[part]), cancellationToken) is { } mismatch)
            return mismatch;

        // The same through a link, because what the upload takes of the link's limits must be known; and with a key whose limit is smaller
        // than its user's, because the key is not known when the last part is completed.
        var most = admission.LargestUpload(upload.Caller);
        mayWait &= upload.Caller.Grant is null && !limited && most >= admission.LargestUpload(upload.Caller.Tenant, upload.Caller.Subject);
        var joined = await ledger.ConcatenateAsync(upload, parts, most, mayWait, cancellationToken);
        if (joined.Ok && joined.Value is { IsReceived: true } whole)
        {
            UploadLog.Completed(log, whole.Id, whole.Size);
            // The background worker computes the digest (E25).
            _ = background.Schedule(whole.Id);
        }

        return joined;
    }

    /// <summary>The current upload, and the progress of its parts while it waits for them.</summary>
    public async Task<JoinProgress> ProgressAsync(Upload upload, CancellationToken cancellationToken)
    {
        var now = await pending.RefreshAsync(upload, cancellationToken);
        if (!now.WaitsForParts)
            return new JoinProgress(now, now.ReceivedBytes, now.Size);
        var listed = now.Parts.CountBy(part => part).ToDictionary();
        var parts = await ledger.FindAllAsync(new Caller(now.Tenant, now.Subject), listed.Keys, cancellationToken);
        // The upload expires with the last of its parts, or when an incomplete part expires. The idle times decide this, whether or not the
        // purge has run (T129, T156).
        var left = parts.Append(now).Max(upload => upload.IdleAllowance - upload.IdleFor);
        now = now with { IdleFor = now.IdleAllowance - left };
        if (left <= TimeSpan.Zero)
            return new JoinProgress(now with { State = UploadState.Expired }, 0, null);
        if (parts.Count < listed.Count || parts.Any(part => part.State != UploadState.Completed && part.HasExpired))
            return new JoinProgress(now with { State = UploadState.Failed, StateReason = StateReasons.PartGone }, 0, null);
        long received = 0;
        long? size = 0;
        foreach (var part in parts)
        {
            received += part.ReceivedBytes * listed[part.Id];
            size += part.Size * listed[part.Id];
        }

        return new JoinProgress(now, received, size);
    }

    /// <summary>Called after a part was completed: completes the uploads that waited only for this part.</summary>
    public async Task CompletedAsync(Upload part, CancellationToken cancellationToken)
    {
        if (!part.IsPart)
            return;
        try
        {
            foreach (var waiting in await ledger.WaitingForAsync(part.Id, cancellationToken))
                await pending.JoinAsync(waiting, cancellationToken);
        }
        catch (LedgerUnavailableException exception)
        {
            // The part stays complete. A later query of the whole upload or the job finish-pending completes the whole.
            UploadLog.JoinPutOff(log, part.Id, exception);
        }
    }
}
