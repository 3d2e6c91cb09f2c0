using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Claims;

/// <summary>A request that writes bytes to an upload.</summary>
public interface IWriteRequest
{
    UploadId Upload { get; }

    /// <summary>The offset of the chunk or, in a stream, of the first byte.</summary>
    long Offset { get; }

    /// <summary>The offset that the request claims: the chunk's, or <see cref="WriterClaims.WholeStream"/>.</summary>
    long ClaimedOffset { get; }
}

/// <summary>What is known of an upload before a request writes to it.</summary>
public interface IWriteInspection
{
    /// <summary>Null when there is no such upload that the caller may see.</summary>
    Upload? Upload { get; }

    /// <summary>Whether the state comes from a cache. It may be used to continue, but not to refuse.</summary>
    bool IsCached { get; }
}

/// <summary>
/// Defines how a request becomes a writer, for chunks and for streams: steps 3 and 4 of both paths in ARCHITECTURE.md. It inspects the
/// upload, and answers what needs no claim, because a claim stops the current writer. It claims, inspects again if the state may have
/// changed, and answers what needs no bytes. Then it receives. The claim is always released, because newer requests wait for it.
/// </summary>
public abstract class ClaimedWriter<TRequest, TSeen, TReceipt>(WriterClaims claims, Receptions receptions)
    where TRequest : IWriteRequest
    where TSeen : IWriteInspection
    where TReceipt : class
{
    protected WriterClaims Claims => claims;

    protected Receptions Receptions => receptions;

    protected async Task<Result<TReceipt>> WriteClaimedAsync(TRequest request, UploadBody body, CancellationToken cancellationToken)
    {
        var version = claims.VersionOf(request.Upload, request.ClaimedOffset);
        var seen = await InspectAsync(request, mayUseCache: true, cancellationToken);
        (seen, var early) = await AnswerAsync(seen, now => AnswerBeforeClaim(request, body, now));
        if (early is { } answer)
            return answer;

        var (taken, stale) = await TakeAsync(request, version, atAnyOffset: false, cancellationToken);
        if (taken is null)
        {
            // The current writer is not where this request begins. It is stopped all the same if the ledger knows of no more.
            seen = await InspectAsync(request, mayUseCache: false, cancellationToken);
            if (AnswerUnderClaim(request, body, seen) is { } conflict)
                return conflict;
            (taken, stale) = await TakeAsync(request, version, atAnyOffset: true, cancellationToken);
        }

        using var claim = taken!;
        try
        {
            if (stale)
                seen = await InspectAsync(request, mayUseCache: false, cancellationToken);
            (seen, var late) = await AnswerAsync(seen, now => AnswerUnderClaim(request, body, now));
            return late ?? await ReceiveAsync(request, body, seen, claim, cancellationToken);
        }
        catch (StoreException exception)
        {
            return await receptions.FailAsync(seen.Upload!, exception, request.Offset);
        }

        async Task<(TSeen Seen, Result<TReceipt>? Answer)> AnswerAsync(TSeen view, Func<TSeen, Result<TReceipt>?> rules)
        {
            var found = rules(view);
            if (found is null || !view.IsCached)
                return (view, found);
            view = await InspectAsync(request, mayUseCache: false, cancellationToken);
            return (view, rules(view));
        }
    }

    /// <summary>Queries the upload and what it has at the request's offset.</summary>
    protected abstract Task<TSeen> InspectAsync(TRequest request, bool mayUseCache, CancellationToken cancellationToken);

    /// <summary>The answer that neither a claim nor a byte can change. Null: go on.</summary>
    protected abstract Result<TReceipt>? AnswerBeforeClaim(TRequest request, UploadBody body, TSeen seen);

    /// <summary>The answer under the claim, before the first byte. Null: receive.</summary>
    protected abstract Result<TReceipt>? AnswerUnderClaim(TRequest request, UploadBody body, TSeen seen);

    /// <param name="version">The result of <see cref="WriterClaims.VersionOf"/> before the ledger was queried.</param>
    /// <param name="atAnyOffset">Stop the current writer wherever it stands.</param>
    /// <returns>No claim when the current writer must not be stopped; else also whether what was seen may be stale.</returns>
    protected abstract Task<(WriterClaim? Claim, bool Stale)> TakeAsync(
        TRequest request, long version, bool atAnyOffset, CancellationToken cancellationToken);

    /// <summary>Steps 5 to 7. Nothing refuses the request before its first byte any more.</summary>
    protected abstract Task<Result<TReceipt>> ReceiveAsync(
        TRequest request, UploadBody body, TSeen seen, WriterClaim claim, CancellationToken cancellationToken);
}
