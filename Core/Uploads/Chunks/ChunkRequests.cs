using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Uploads.Chunks;

/// <summary>A request to write one chunk, or to continue a broken one.</summary>
/// <param name="Offset">The chunk's offset in the upload.</param>
/// <param name="From">The offset of this request's first byte: <paramref name="Offset"/>, or offset + kept when it continues a broken
/// chunk.</param>
/// <param name="Length">The whole chunk's length; null when neither Content-Length nor Content-Range names it.</param>
/// <param name="Sha256">The whole chunk's digest, null when it comes in the trailer.</param>
/// <param name="MessageSha256">The digest of this request's bytes alone: Content-Digest beside Content-Range (E21).</param>
public sealed record ChunkRequest(
    Caller Caller, UploadId Upload, long Offset, long From, long? Length, Sha256Digest? Sha256, Sha256Digest? MessageSha256)
    : IWriteRequest
{
    public bool Continues => From > Offset;

    public long ClaimedOffset => Offset;

    /// <summary>The whole file's size if the request names it (Content-Range: bytes A-B/N). It must equal the session's size.</summary>
    public long? FileSize { get; init; }
}

/// <summary>The result of a chunk: these bytes are verified and durable.</summary>
/// <param name="Fresh">False when the chunk had been received before, so that nothing was written.</param>
public sealed record ChunkReceipt(Upload Upload, ByteRange Range, Sha256Digest Sha256, bool Fresh);

/// <summary>How many bytes of a chunk are durable.</summary>
/// <param name="Kept">The number of durable bytes from the chunk's beginning.</param>
/// <param name="Whole">The digest, if the chunk is complete.</param>
/// <param name="Length">The whole chunk's length, where known.</param>
public sealed record ChunkStatus(Upload Upload, long Kept, Sha256Digest? Whole, long? Length);
