using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Uploads;

/// <param name="Missing">The first missing ranges.</param>
public sealed record UploadStatus(Upload Upload, IReadOnlyList<ByteRange> Missing, Failures Failures);

/// <summary>One page of items of an upload, with the upload.</summary>
public sealed record UploadPage<T>(Upload Upload, IReadOnlyList<T> Items);

/// <summary>
/// Returns where a finished upload lies: the names from the root of a space, or null if the upload lies nowhere where the caller sees it.
/// </summary>
public delegate Task<IReadOnlyList<string>?> FindPlace(Caller caller, UploadId upload, CancellationToken cancellationToken);

/// <summary>The operations on uploads that carry no bytes: query, pause, delete ranges, end.</summary>
public sealed class UploadCatalog(
    IUploadLedger ledger, IChunkLedger chunks, WriterClaims claims, OtherNodes nodes, ContentCheck check,
    PendingConcatenations pending, FileRemover remover, FindPlace findPlace, NetworkBook networks, IBandwidthLimiter limiter)
{
    public const int MissingInStatus = 100;
    public const int FailuresInStatus = 10;

    /// <summary>Returns the upload in any state, as long as the ledger remembers it.</summary>
    public async Task<Result<UploadStatus>> StatusAsync(Caller caller, UploadId id, CancellationToken cancellationToken)
    {
        if (await FindAsync(caller, id, cancellationToken) is not { } upload)
            return UploadRefusals.NotFound(id);
        var missing = upload.IsLive ? await ledger.MissingAsync(id, 0, MissingInStatus, cancellationToken) : [];
        var failures = upload.FailureCount > 0 ? await ledger.FailuresAsync(id, FailuresInStatus, cancellationToken) : Failures.None;
        return new UploadStatus(upload, missing, failures);
    }

    public async Task<Result<UploadPage<ByteRange>>> MissingAsync(
        Caller caller, UploadId id, long from, int limit, CancellationToken cancellationToken)
    {
        if (await FindAsync(caller, id, cancellationToken) is not { } upload)
            return UploadRefusals.NotFound(id);
        return new UploadPage<ByteRange>(upload, upload.IsLive ? await ledger.MissingAsync(id, from, limit, cancellationToken) : []);
    }

    public async Task<Result<UploadPage<Chunk>>> ChunksAsync(
        Caller caller, UploadId id, long from, int limit, CancellationToken cancellationToken)
    {
        if (await FindAsync(caller, id, cancellationToken) is not { } upload)
            return UploadRefusals.NotFound(id);
        return new UploadPage<Chunk>(upload, await ledger.ChunksAsync(id, from, limit, cancellationToken));
    }

    public Task<Page<Upload>> ListAsync(UploadQuery query, CancellationToken cancellationToken) =>
        ledger.ListAsync(query, cancellationToken);

    public Task<Result<Upload>> PauseAsync(Caller caller, UploadId id, CancellationToken cancellationToken) =>
        ledger.PauseAsync(caller, id, cancellationToken);

    public Task<Result<Upload>> ResumeAsync(Caller caller, UploadId id, CancellationToken cancellationToken) =>
        ledger.ResumeAsync(caller, id, cancellationToken);

    /// <summary>Changes the priority, also of requests that run.</summary>
    public async Task<Result<Upload>> SetPriorityAsync(
        Caller caller, UploadId id, BandwidthPriority priority, CancellationToken cancellationToken)
    {
        var changed = await ledger.SetPriorityAsync(caller, id, caller.PriorityFor(priority), cancellationToken);
        if (changed.Ok)
            limiter.SetPriority(Topic.Of(id), changed.Value.Priority);
        return changed;
    }

    /// <summary>Removes received chunks inside the range, so that other bytes can be sent.</summary>
    public async Task<Result<Upload>> ReopenRangeAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken)
    {
        // In another store the bytes would be lost, and no others could come in their place.
        if (await ledger.FindAsync(caller, id, cancellationToken) is { } upload
            && UploadRefusals.IfElsewhere(await check.EnsureAsync(upload, cancellationToken)) is { } elsewhere)
            return elsewhere;
        var reopened = await chunks.ReopenRangeAsync(caller, id, range, cancellationToken);
        if (reopened.Ok)
            await remover.TryReclaimAsync(id, cancellationToken);
        return reopened;
    }

    /// <summary>Ends an unfinished session: stops its writers and frees its space. Repeatable.</summary>
    public async Task<Result<Upload>> CancelAsync(Caller caller, UploadId id, CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(caller, id, cancellationToken) is not { } upload)
            return UploadRefusals.NotFound(id);
        if (upload.State == UploadState.Completed)
            return UploadRefusals.Of("completed", upload);
        return await EndAsync(caller, id, UploadState.Cancelled, "cancelled by the client", cancellationToken);
    }

    /// <summary>Cancels a stream because a request sent more bytes than declared, unless a newer request has taken over (E14).</summary>
    public Task<Result<Upload>> CancelStreamAsync(Caller caller, UploadId id, long epoch, CancellationToken cancellationToken) =>
        EndAsync(caller, id, () =>
            ledger.EndStreamAsync(caller, id, epoch, UploadState.Cancelled, "more bytes came than were declared", cancellationToken));

    /// <summary>Returns a finished file, or NotFound, Deleted, NotCompleted or Damaged.</summary>
    public async Task<Result<Upload>> FileAsync(Caller caller, UploadId id, CancellationToken cancellationToken)
    {
        if (await FindAsync(caller, id, cancellationToken) is not { } upload)
            return new UploadFailure(UploadError.NotFound, $"There is no file {id}.");
        return upload.State switch
        {
            _ when upload.IsPart => new UploadFailure(UploadError.NotFound, $"There is no file {id}."),
            UploadState.Completed when upload.DamagedAt is not null => UploadRefusals.Damaged(upload),
            UploadState.Completed => upload,
            UploadState.Open or UploadState.Paused or UploadState.Completing or UploadState.Checking =>
                UploadRefusals.NotCompleted(upload),
            _ => UploadRefusals.Ended(upload),
        };
    }

    /// <summary>Repeatable. A damaged file can be deleted, and so can a completed part that belongs to no concatenation yet.</summary>
    public async Task<Result<Upload>> DeleteFileAsync(Caller caller, UploadId id, CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(caller, id, cancellationToken) is not { } found)
            return new UploadFailure(UploadError.NotFound, $"There is no file {id}.");
        var upload = await pending.RefreshAsync(found, cancellationToken);
        if (upload.IsLive)
            return UploadRefusals.Of("not_completed", upload);
        if (upload.State is not (UploadState.Completed or UploadState.Deleted))
            return UploadRefusals.Ended(upload);
        return await EndAsync(caller, id, UploadState.Deleted, "deleted by the client", cancellationToken);
    }

    /// <summary>
    /// Ends an upload: cancels an unfinished one, which needs the scope Upload; deletes a finished one, which needs Delete. An upload that
    /// has ended already is reported as such.
    /// </summary>
    public async Task<Result<Upload>> RemoveAsync(Caller caller, UploadId id, CancellationToken cancellationToken)
    {
        // It may become complete between the query and the end.
        while (true)
        {
            if (await ledger.FindAsync(caller, id, cancellationToken) is not { } upload)
                return UploadRefusals.NotFound(id);
            if (!upload.IsLive && upload.State != UploadState.Completed)
                return UploadRefusals.Ended(upload);
            if (upload.State == UploadState.Completed && !caller.Scopes.HasFlag(Scopes.Delete))
                return UploadRefusals.Of("completed", upload);
            var (state, reason) = upload.IsLive
                ? (UploadState.Cancelled, "terminated by the client")
                : (UploadState.Deleted, "deleted by the client");
            var ended = await EndAsync(caller, id, state, reason, cancellationToken);
            if (ended.Ok || ended.Failure.Error is not (UploadError.AlreadyCompleted or UploadError.NotCompleted))
                return ended;
        }
    }

    /// <summary>
    /// Returns the upload in any state, or null. Completes a pending concatenation first if its parts are complete (T150).
    /// </summary>
    public async Task<Upload?> FindAsync(Caller caller, UploadId id, CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(caller, id, cancellationToken) is not { } upload)
            return null;
        return upload.WaitsForParts
            ? await pending.RefreshAsync(upload, cancellationToken)
            : await check.EnsureAsync(upload, cancellationToken);
    }

    /// <summary>Stops what still runs for an upload that the ledger has ended by itself, and frees its space. Repeatable.</summary>
    public async Task StopEndedAsync(UploadId id, CancellationToken cancellationToken)
    {
        await claims.StopAllAsync(id, cancellationToken);
        networks.Close(id);
        await remover.TryReclaimAsync(id, cancellationToken);
    }

    private Task<Result<Upload>> EndAsync(
        Caller caller, UploadId id, UploadState state, string reason, CancellationToken cancellationToken) =>
        EndAsync(caller, id, () => ledger.EndAsync(caller, id, state, reason, cancellationToken));

    private async Task<Result<Upload>> EndAsync(Caller caller, UploadId id, Func<Task<Result<Upload>>> end)
    {
        // Ledger first: no further bytes are recorded. Then stop the writers, also at other nodes, then free the bytes (E28).
        var ended = await end();
        if (!ended.Ok)
            return ended.Failure.Error == UploadError.Published ? await PublishedAsync(caller, id) : ended;
        var others = nodes.Any ? nodes.AskAllAsync(StopRequest.ForEnd(id), CancellationToken.None) : Task.CompletedTask;
        await Task.WhenAll(claims.StopAllAsync(id, CancellationToken.None), others);
        networks.Close(id);
        await remover.TryReclaimAsync(id, CancellationToken.None);
        return ended;
    }

    private async Task<UploadFailure> PublishedAsync(Caller caller, UploadId id)
    {
        return new UploadFailure(UploadError.Published, await findPlace(caller, id, CancellationToken.None) is { } path
            ? $"The upload is the content of the file \"{TreePath.Join(path)}\"; delete that file instead."
            : "The upload is the content of a file in the trash; delete it there.");
    }
}
