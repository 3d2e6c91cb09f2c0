namespace ChunkUpload.Core.Uploads.Claims;

/// <summary>Another node of the ledger that runs now.</summary>
public interface IOtherNode
{
    /// <summary>Gets the number of the node's incarnation.</summary>
    long Incarnation { get; }

    /// <summary>
    /// Has the node answer the request with its <see cref="StopAnswers"/>. Returns <see cref="StopAnswer.NotConfirmed"/> if the node cannot
    /// be reached. The caller stops waiting after <see cref="UploadOptions.TakeoverWait"/>, and then cancels the call.
    /// </summary>
    Task<StopAnswer> StopAsync(StopRequest request, CancellationToken cancellationToken);
}
