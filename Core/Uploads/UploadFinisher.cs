using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

public sealed class UploadFinisher
{
    /// <summary>
    /// Completes; waits at most Uploads:CompleteWait for a digest that must be computed. The upload that comes back is completed,
    /// or still completing when the wait was too short.
    /// </summary>
    public Task<Result<Upload>> CompleteAsync(Caller caller, UploadId id, long? size, Sha256Digest? sha256, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
