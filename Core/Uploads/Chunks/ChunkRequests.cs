using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>The bytes of one request.</summary>
/// <param name="Length">As announced, null when the client did not say.</param>
public sealed record UploadBody(PipeReader Reader, long? Length)
{
    /// <summary>Asked once, after the last byte: the digest in the trailer, or null when none came or it was malformed.</summary>
    public Func<Sha256Digest?>? TrailerDigest { get; init; }

    /// <summary>Null where the bytes do not come to this body alone, or not as they are: HTTP/2, TLS, chunked.</summary>
    public IBodyArrival? Arrival { get; init; }

    /// <summary>
    /// Ends a wait for bytes. The read is cancelled rather than its task, because it then still hands over what the socket has delivered; so
    /// what happens between two reads also shows only in the next one.
    /// </summary>
    public static void CancelRead(PipeReader reader)
    {
        try
        {
            reader.CancelPendingRead();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The connection was reset or closed: the read ends by itself.
        }
    }
}

/// <summary>How the bytes of a body come in, before anybody reads them.</summary>
public interface IBodyArrival
{
    /// <summary>How many bytes have come that nobody has read.</summary>
    int Waiting { get; }

    /// <summary>Whoever waits for bytes is woken when so many are there, or when no more can come.</summary>
    void WakeAt(int bytes);

    /// <summary>Where in its file the next byte goes: it is read to an address that lies as far into a page.</summary>
    /// <param name="left">How many more can come.</param>
    void SetTarget(long place, long left);
}

/// <summary>A request to write one chunk, or to go on inside one.</summary>
/// <param name="Offset">Where the chunk begins in the file.</param>
/// <param name="From">Where this request's bytes begin: <paramref name="Offset"/>, or offset + kept when it goes on inside a broken chunk.</param>
/// <param name="Length">The whole chunk's length, null when neither Content-Length nor Content-Range said it.</param>
/// <param name="Sha256">The whole chunk's digest, null when it comes in the trailer.</param>
/// <param name="MessageSha256">The digest of this request's bytes alone: Content-Digest beside Content-Range (E21).</param>
public sealed record ChunkRequest(
    Caller Caller, UploadId Upload, long Offset, long From, long? Length, Sha256Digest? Sha256, Sha256Digest? MessageSha256)
{
    public bool Continues => From > Offset;

    /// <summary>The whole file's size where the request names it (Content-Range: bytes A-B/N); it must be the session's.</summary>
    public long? FileSize { get; init; }
}

/// <param name="Fresh">False when the same chunk was there already and nothing was written.</param>
public sealed record ChunkReceipt(Upload Upload, ByteRange Range, Sha256Digest Sha256, bool Fresh);

/// <summary>How much of a chunk is durably kept.</summary>
/// <param name="Kept">From the chunk's beginning.</param>
/// <param name="Whole">The digest, when the chunk is whole.</param>
/// <param name="Length">The whole chunk's length, where known.</param>
public sealed record ChunkStatus(Upload Upload, long Kept, Sha256Digest? Whole, long? Length);
