using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads.Claims;

/// <summary>
/// Registers which request of this process may write where: at most one current writer per stream, and one per chunk offset of a session
/// (E14, E18). A newer request asks the current writer to stop and waits for its end, but no longer than
/// <see cref="UploadOptions.TakeoverWait"/>. A writer that has not ended by then is superseded: it stays registered until it ends, so that
/// no other request writes to its file (E20), and every newer request to its stream raises the epoch. Requests at other nodes ask
/// (<see cref="StopAnswers"/>). The ledger rejects the writers of other incarnations, by epoch or by attempt.
/// </summary>
public sealed class WriterClaims(IOptions<UploadOptions> options, TimeProvider time)
{
    /// <summary>Stands for the offset in the claim of a stream, which has one writer wherever it appends.</summary>
    public const long WholeStream = -1;

    private const long AllOffsets = -2;

    // The newest writer of each stream or chunk; every claim links to the one before it. Only the newest can be current, all others are
    // superseded.
    private readonly Dictionary<(UploadId Upload, long Offset), WriterClaim> _newest = [];

    // Counters that rise when a writer ends, shared by hash: a collision costs one more query.
    private readonly long[] _versions = new long[1024];

    internal Lock Gate { get; } = new();

    /// <summary>Read this before querying the ledger; taking the claim then shows whether the answer may be stale.</summary>
    public long VersionOf(UploadId upload, long offset) =>
        Volatile.Read(ref Version(upload, offset)) + Volatile.Read(ref Version(upload, AllOffsets));

    /// <summary>
    /// Claims a chunk's offset. Waits while the current writer makes progress, and asks it to stop when it is silent or its client is back.
    /// </summary>
    /// <param name="version">The result of <see cref="VersionOf"/> before the ledger was queried.</param>
    /// <returns>The claim, and whether another writer had the offset in between.</returns>
    public async Task<(WriterClaim Claim, bool Stale)> TakeAsync(
        Caller caller, UploadId upload, long offset, CancellationToken cancellationToken, long? version = null)
    {
        var waited = false;
        while (true)
        {
            var claim = new WriterClaim(this, caller, upload, offset, time);
            if (Register(claim, waited) is not { } current)
                return (claim, waited || (version is { } before && before != VersionOf(upload, offset)));
            waited = true;
            var left = current.IsAskedToStop ? TimeSpan.Zero : options.Value.TakeoverSilence - current.SilentFor;
            if (left <= TimeSpan.Zero)
                await StopAsync(current, cancellationToken);
            else
                await WaitAsync(current.WhenEnded, left, cancellationToken);
        }
    }

    /// <summary>
    /// Claims a stream to append at an offset. Of two requests with the same offset the later one gets the stream while the earlier one has
    /// taken no byte. Afterwards the earlier one continues and the later one gets no claim, as soon as the ledger knows a higher offset.
    /// </summary>
    /// <param name="atAnyOffset">Stop the current writer wherever it stands.</param>
    /// <returns>No claim when the current writer stands at another offset; else also whether what was queried before may be
    /// stale.</returns>
    public async Task<(WriterClaim? Claim, bool Stale)> TakeStreamAsync(
        Caller caller, UploadId upload, long offset, long version, bool atAnyOffset, CancellationToken cancellationToken)
    {
        var waited = false;
        while (true)
        {
            var claim = new WriterClaim(this, caller, upload, WholeStream, time, offset);
            if (Register(claim, waited) is not { } current)
                return (claim, waited || version != VersionOf(upload, WholeStream));
            waited = true;
            if (atAnyOffset || current.AskToStopAt(offset))
            {
                await StopAsync(current, cancellationToken);
                continue;
            }

            // The current writer has more than the ledger knows. Refusing now would send the client back to the offset it came with.
            if (current.KeptOffset > offset)
                await WaitAsync(current.WhenRecordedBeyond(offset), options.Value.TakeoverWait, cancellationToken);
            if (!current.WhenEnded.IsCompleted)
                return (null, true);
        }
    }

    /// <summary>
    /// Stops the writer of a stream for a client that asks for the offset. The caller raises the epoch before it answers, and then disposes
    /// the claim. Until then no newer request waits for it, but each raises the epoch too: this one's statement may still be on its way.
    /// </summary>
    /// <returns>Null when the stream has no writer whose checkpoint could still be recorded.</returns>
    public async Task<WriterClaim?> TakeForOffsetAsync(Caller caller, UploadId upload, CancellationToken cancellationToken)
    {
        var waited = false;
        while (true)
        {
            WriterClaim current;
            lock (Gate)
            {
                var newest = _newest.GetValueOrDefault((upload, WholeStream));
                if (newest is null && !waited)
                    return null;
                if (newest is not { IsSuperseded: false })
                {
                    var claim = new WriterClaim(this, caller, upload, WholeStream, time) { IsSuperseded = true };
                    Add(claim, waited);
                    return claim;
                }

                current = newest;
            }

            waited = true;
            await StopAsync(current, cancellationToken);
        }
    }

    /// <summary>
    /// Asks the current writer of a chunk to stop because its client is back, and waits until it has recorded what it keeps.
    /// </summary>
    public async Task<StopAnswer> StopAsync(UploadId upload, long offset, CancellationToken cancellationToken)
    {
        WriterClaim? current;
        lock (Gate)
        {
            if (!_newest.TryGetValue((upload, offset), out current) || current.IsSuperseded)
                return StopAnswer.NoWriter;
        }

        return await StopAsync(current, cancellationToken) ? StopAnswer.Stopped : StopAnswer.NotConfirmed;
    }

    /// <summary>
    /// Stops every writer of an upload that has ended (E28). A request that queried the upload before and writes later queries it again.
    /// </summary>
    public async Task<StopAnswer> StopAllAsync(UploadId upload, CancellationToken cancellationToken)
    {
        List<WriterClaim> writers;
        lock (Gate)
        {
            Version(upload, AllOffsets)++;
            ForgetFenced(upload, long.MaxValue);
            writers = [.. _newest.Values.Where(claim => claim.Upload == upload && !claim.IsSuperseded)];
        }

        var ended = await Task.WhenAll(writers.Select(writer => StopAsync(writer, cancellationToken)));
        return ended.Length == 0 ? StopAnswer.NoWriter : ended.All(ok => ok) ? StopAnswer.Stopped : StopAnswer.NotConfirmed;
    }

    /// <summary>
    /// Stops the writer of a stream for a request of another node, as <see cref="TakeStreamAsync"/> does for one of this node: if it stands
    /// at the request's offset, or wherever it stands. A writer that has more than the ledger knows is given the time to record it.
    /// </summary>
    /// <param name="offset">The offset at which the writer must stand; <c>null</c> if it does not matter.</param>
    /// <param name="epoch">The epoch that the other node has read. A writer of a later one is not stopped, because the request is
    /// late.</param>
    public async Task<StopAnswer> StopStreamAsync(UploadId upload, long? offset, long epoch, CancellationToken cancellationToken)
    {
        while (true)
        {
            WriterClaim? current;
            lock (Gate)
            {
                if (!_newest.TryGetValue((upload, WholeStream), out current) || current.IsSuperseded || current.Epoch > epoch)
                    return StopAnswer.NoWriter;
            }

            if (offset is not { } at || current.AskToStopAt(at))
                return await StopAsync(current, cancellationToken) ? StopAnswer.Stopped : StopAnswer.NotConfirmed;
            if (current.KeptOffset > at)
                await WaitAsync(current.WhenRecordedBeyond(at), options.Value.TakeoverWait, cancellationToken);
            if (!current.WhenEnded.IsCompleted)
                return StopAnswer.FurtherOn;
        }
    }

    /// <summary>
    /// Forgets the ended writers that were kept because their last checkpoint might still have been recorded. The ledger records no
    /// checkpoint of an epoch below this upload's, and none at all when the upload has ended.
    /// </summary>
    public void ForgetFenced(Upload upload)
    {
        lock (Gate)
            ForgetFenced(upload.Id, upload.State is UploadState.Open or UploadState.Paused ? upload.Epoch : long.MaxValue);
    }

    /// <summary>
    /// Whether another writer of this process than <paramref name="asking"/> has not ended and may write to the file of this chunk.
    /// </summary>
    public bool IsBeingWritten(StoredFile file, WriterClaim asking)
    {
        lock (Gate)
        {
            for (var claim = _newest.GetValueOrDefault((asking.Upload, asking.Offset)); claim is not null; claim = claim.Previous)
            {
                if (claim != asking && claim.File == file)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Adds the upload of every current writer; an upload that receives several chunks is added as often.</summary>
    public void AddWriting(List<UploadId> uploads)
    {
        lock (Gate)
        {
            foreach (var (key, newest) in _newest)
            {
                if (!newest.IsSuperseded)
                    uploads.Add(key.Upload);
            }
        }
    }

    /// <summary>Bytes that have come for each upload and are not recorded yet.</summary>
    public Dictionary<UploadId, long> CountUnrecorded()
    {
        var unrecorded = new Dictionary<UploadId, long>();
        lock (Gate)
        {
            foreach (var (key, newest) in _newest)
            {
                if (!newest.IsSuperseded)
                    unrecorded[key.Upload] = unrecorded.GetValueOrDefault(key.Upload) + newest.Unrecorded;
            }
        }

        return unrecorded;
    }

    internal void Ended(WriterClaim claim)
    {
        lock (Gate)
        {
            Version(claim.Upload, claim.Offset)++;
            claim.HasEnded = true;
            if (claim.MayStillBeRecorded)
                claim.IsSuperseded = true;
            else
                Remove(claim);
        }
    }

    private ref long Version(UploadId upload, long offset) =>
        ref _versions[(uint)HashCode.Combine(upload, offset) % (uint)_versions.Length];

    /// <returns>Null when the claim is registered; else the current writer.</returns>
    private WriterClaim? Register(WriterClaim claim, bool waited)
    {
        lock (Gate)
        {
            if (_newest.TryGetValue((claim.Upload, claim.Offset), out var newest) && !newest.IsSuperseded)
                return newest;
            Add(claim, waited);
            return null;
        }
    }

    private void Add(WriterClaim claim, bool waited)
    {
        var key = (claim.Upload, claim.Offset);
        claim.Previous = _newest.GetValueOrDefault(key);
        claim.TakesOver = waited || claim.Previous is not null;
        _newest[key] = claim;
    }

    private void Remove(WriterClaim claim)
    {
        var key = (claim.Upload, claim.Offset);
        var newest = _newest.GetValueOrDefault(key);
        if (newest == claim)
        {
            if (claim.Previous is { } previous)
                _newest[key] = previous;
            else
                _newest.Remove(key);
            return;
        }

        var newer = newest;
        while (newer is not null && newer.Previous != claim)
            newer = newer.Previous;
        if (newer is not null)
            newer.Previous = claim.Previous;
    }

    private void ForgetFenced(UploadId upload, long epoch)
    {
        for (var claim = _newest.GetValueOrDefault((upload, WholeStream)); claim is not null; claim = claim.Previous)
        {
            claim.FencedBelow = Math.Max(claim.FencedBelow, epoch);
            if (!claim.HasEnded || claim.MayStillBeRecorded)
                continue;
            // A request that queried the ledger before cannot know what this writer has recorded in the end.
            Version(upload, WholeStream)++;
            Remove(claim);
        }
    }

    private async Task<bool> StopAsync(WriterClaim writer, CancellationToken cancellationToken)
    {
        writer.AskToStop();
        if (await WaitAsync(writer.WhenEnded, options.Value.TakeoverWait, cancellationToken))
            return true;
        lock (Gate)
            writer.IsSuperseded = true;
        return false;
    }

    private async Task<bool> WaitAsync(Task ended, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await ended.WaitAsync(timeout, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
