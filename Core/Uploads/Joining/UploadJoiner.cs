using ChunkUpload.Core.Access;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <param name="ReceivedBytes">Of all parts together, while it waits.</param>
/// <param name="Size">Null while a part's size is not known.</param>
public sealed record JoinProgress(Upload Upload, long ReceivedBytes, long? Size);

/// <summary>
/// Makes one upload of several (E27). No byte is copied for it: the whole shares the parts' files and is complete, and can be
/// downloaded, with the transaction that creates it. Parts may be deleted or expire afterwards.
/// </summary>
public sealed class UploadJoiner(
    IJoinLedger ledger, IUploadQueryLedger uploads, UploadCatalog desk, Admission admission, ContentCheck check, PendingConcatenations late,
        BackgroundWork background, ILogger<UploadJoiner> log)
{
    public const int MaxParts = 10_000;

    // The bytes of what is listed again are hashed again, beside, and nobody has sent them again: so often anything, more often only a
    // little.
    private const int MaxRepeats = 16;
    private const long MaxRepeated = 64L << 20;

    /// <param name="stream">The whole; its size is what its parts have together.</param>
    /// <param name="mayWait">Parts that are not complete yet: accept, and complete with the last of them.</param>
    public async Task<Result<Upload>> JoinAsync(
        NewStream stream, IReadOnlyList<UploadId> parts, bool mayWait, CancellationToken cancellationToken)
    {
        if (parts.Count is 0 or > MaxParts)
            return new UploadFailure(UploadError.PartsMismatch, $"Between 1 and {MaxParts} parts can be joined.");
        if (admission.RefuseCreation(null) is { } refusal)
            return refusal;
        var listed = parts.CountBy(part => part).ToDictionary();
        var there = (await uploads.FindAllAsync(stream.Caller, listed.Keys, cancellationToken)).ToDictionary(part => part.Id);
        foreach (var (part, count) in listed)
        {
            if (!there.TryGetValue(part, out var found))
                return new UploadFailure(UploadError.NotFound, $"There is no part {part}.");
            if (found.IsOver)
                return UploadRules.Over(found);
            if (count > MaxRepeats && (found.Size is not { } size || size > MaxRepeated / count))
                return new UploadFailure(UploadError.PartsMismatch,
                    $"Part {part} is listed {count} times; one that brings more than {MaxRepeated} bytes in this way can be listed "
                        + $"{MaxRepeats} times.");
            if ((await check.EnsureAsync(found, cancellationToken)).DamagedAt is not null)
                return UploadRefusals.Damaged(found);
        }

        var joined = await ledger.ConcatenateAsync(desk.Describe(stream), parts, admission.LargestUpload, mayWait, cancellationToken);
        if (joined.Ok && joined.Value is { State: UploadState.Completed } whole)
        {
            UploadLog.Completed(log, whole.Id, whole.Size);
            // Its digest is computed beside (E25).
            _ = background.Signal(whole.Id);
        }

        return joined;
    }

    /// <summary>The upload as it is now, and how far its parts have come while it waits for them.</summary>
    public async Task<JoinProgress> ProgressAsync(Upload upload, CancellationToken cancellationToken)
    {
        var now = await late.RefreshAsync(upload, cancellationToken);
        if (!now.WaitsForParts)
            return new JoinProgress(now, now.ReceivedBytes, now.Size);
        var listed = now.Parts.CountBy(part => part).ToDictionary();
        var parts = await uploads.FindAllAsync(new Caller(now.Tenant, now.Subject), listed.Keys, cancellationToken);
        // It lasts as long as the last of its parts, and no longer than one that takes no more bytes and lacks some; both by the count,
        // whether or not the purge has come by (T129, T156).
        var left = parts.Append(now).Max(upload => upload.IdleAllowance - upload.IdleFor);
        now = now with { IdleFor = now.IdleAllowance - left };
        if (left <= TimeSpan.Zero)
            return new JoinProgress(now with { State = UploadState.Expired }, 0, null);
        if (parts.Count < listed.Count || parts.Any(part => part.State != UploadState.Completed && part.IsOver))
            return new JoinProgress(now with { State = UploadState.Failed, StateReason = "a part that it waited for is gone" }, 0, null);
        long received = 0;
        long? size = 0;
        foreach (var part in parts)
        {
            received += part.ReceivedBytes * listed[part.Id];
            size += part.Size * listed[part.Id];
        }

        return new JoinProgress(now, received, size);
    }

    /// <summary>A part has been completed: completes whoever waits for it and nothing else.</summary>
    public async Task CompletedAsync(Upload part, CancellationToken cancellationToken)
    {
        if (!part.IsPart)
            return;
        try
        {
            foreach (var waiting in await ledger.WaitingForAsync(part.Id, cancellationToken))
                await late.JoinAsync(waiting, cancellationToken);
        }
        catch (LedgerUnavailableException exception)
        {
            // The part is complete all the same; whoever asks for the whole completes it, or the job finish-pending.
            UploadLog.JoinPutOff(log, part.Id, exception);
        }
    }
}
