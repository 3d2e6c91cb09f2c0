using System.IO.Pipelines;

namespace ChunkUpload.Core.Uploads;

/// <summary>Walks an upload's pieces (E22, E24).</summary>
public sealed class ContentReader
{
    /// <summary>
    /// Writes the range of a finished file to the pipe. When stored bytes are found missing or short the upload is quarantined and
    /// <see cref="UploadError.Damaged"/> comes back: whoever has begun to answer must cut the connection.
    /// </summary>
    /// <returns>Null when all of the range was written.</returns>
    public Task<UploadFailure?> CopyAsync(Upload upload, ByteRange range, PipeWriter destination, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
