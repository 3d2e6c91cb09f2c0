namespace ChunkUpload.Core.Uploads.Joining;

/// <summary>
/// Completes uploads that wait for their parts (E27, T150). The request that completes the last part does so. If it could not, a later
/// query of the whole upload or the background worker does.
/// </summary>
public sealed class PendingConcatenations(ContentCheck check, BackgroundWork background)
{
    /// <summary>Returns the current upload; completes it first if it waits and all of its parts are complete.</summary>
    public async Task<Upload> RefreshAsync(Upload upload, CancellationToken cancellationToken) =>
        upload.WaitsForParts && await JoinAsync(upload.Id, cancellationToken) is { } now
            ? await check.EnsureAsync(now, cancellationToken)
            : upload;

    /// <summary>Completes the upload if all of its parts are complete. Returns the upload after the call.</summary>
    public async Task<Upload?> JoinAsync(UploadId waiting, CancellationToken cancellationToken)
    {
        var now = await background.JoinAsync(waiting, cancellationToken);
        // The background worker computes the digest (E25).
        if (now is { IsReceived: true })
            _ = background.Schedule(waiting);
        return now;
    }
}
