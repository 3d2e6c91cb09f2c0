using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>The body of one request.</summary>
/// <param name="Length">The announced length, or null.</param>
public sealed record UploadBody(PipeReader Reader, long? Length)
{
    /// <summary>Called once, after the last byte. Returns the digest in the trailer, or null when it is missing or malformed.</summary>
    public Func<Sha256Digest?>? TrailerDigest { get; init; }

    /// <summary>Null when the socket's bytes are not exactly this body's bytes: with HTTP/2, TLS or chunked transfer coding.</summary>
    public IBodyArrival? Arrival { get; init; }

    /// <summary>
    /// Ends a wait for bytes. This cancels the pending read instead of its task, because a cancelled read still returns what the socket has
    /// delivered. Therefore an event between two reads takes effect at the next read.
    /// </summary>
    public static void CancelRead(PipeReader reader)
    {
        try
        {
            reader.CancelPendingRead();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The connection was reset or closed, so that the read ends by itself.
        }
    }
}

/// <summary>Controls how the socket receives the bytes of a body.</summary>
public interface IBodyArrival
{
    /// <summary>How many bytes have arrived and are unread.</summary>
    int Waiting { get; }

    /// <summary>Completes a pending read when this number of bytes is there, or when no more can arrive.</summary>
    void WakeAt(int bytes);

    /// <summary>
    /// Sets the file offset of the next byte. The byte is received at an address with the same offset within a page, as direct writes need.
    /// </summary>
    /// <param name="remaining">How many more bytes can come.</param>
    void SetTarget(long fileOffset, long remaining);
}

/// <summary>A request to write one chunk, or to continue a broken one.</summary>
/// <param name="Offset">The chunk's offset in the upload.</param>
/// <param name="From">The offset of this request's first byte: <paramref name="Offset"/>, or offset + kept when it continues a broken
/// chunk.</param>
/// <param name="Length">The whole chunk's length; null when neither Content-Length nor Content-Range names it.</param>
/// <param name="Sha256">The whole chunk's digest, null when it comes in the trailer.</param>
/// <param name="MessageSha256">The digest of this request's bytes alone: Content-Digest beside Content-Range (E21).</param>
public sealed record ChunkRequest(
    Caller Caller, UploadId Upload, long Offset, long From, long? Length, Sha256Digest? Sha256, Sha256Digest? MessageSha256)
{
    public bool Continues => From > Offset;

    /// <summary>The whole file's size if the request names it (Content-Range: bytes A-B/N). It must equal the session's size.</summary>
    public long? FileSize { get; init; }
}

/// <param name="Fresh">False when the chunk had been received before, so that nothing was written.</param>
public sealed record ChunkReceipt(Upload Upload, ByteRange Range, Sha256Digest Sha256, bool Fresh);

/// <summary>How many bytes of a chunk are durable.</summary>
/// <param name="Kept">The number of durable bytes from the chunk's beginning.</param>
/// <param name="Whole">The digest, if the chunk is complete.</param>
/// <param name="Length">The whole chunk's length, where known.</param>
public sealed record ChunkStatus(Upload Upload, long Kept, Sha256Digest? Whole, long? Length);
