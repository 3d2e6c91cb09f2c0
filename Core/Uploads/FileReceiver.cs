using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <param name="Sha256">Declared by the client; compared before the file is published.</param>
public sealed record NewFile(Caller Caller, string FileName, string ContentType, Sha256Digest? Sha256);

/// <summary>One request, one file, streamed.</summary>
public sealed class FileReceiver
{
    /// <summary>The finished file; on a broken request nothing is kept.</summary>
    public Task<Result<Upload>> ReceiveAsync(NewFile file, UploadBody body, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
