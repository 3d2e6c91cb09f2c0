namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Joins an upload that waits for its parts (E27, T150). The last part's request does so; where it could not, whoever asks for the whole, or
/// the background.
/// </summary>
public sealed class PendingConcatenations(ContentCheck check, BackgroundWork background)
{
    /// <summary>The upload as it is now; a waiting one is completed if its last part has been.</summary>
    public async Task<Upload> RefreshAsync(Upload upload, CancellationToken cancellationToken) =>
        upload.WaitsForParts && await JoinAsync(upload.Id, cancellationToken) is { } now
            ? await check.EnsureAsync(now, cancellationToken)
            : upload;

    /// <summary>Completes it if all of its parts are complete; returns it as it is then.</summary>
    public async Task<Upload?> JoinAsync(UploadId waiting, CancellationToken cancellationToken)
    {
        var now = await background.JoinAsync(waiting, cancellationToken);
        // Its digest is computed beside (E25).
        if (now is { State: UploadState.Completed })
            _ = background.Signal(waiting);
        return now;
    }
}
