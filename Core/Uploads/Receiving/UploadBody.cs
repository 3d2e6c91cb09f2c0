using System.IO.Pipelines;

namespace ChunkUpload.Core.Uploads.Receiving;

/// <summary>The body of one request, as the engine reads it. The API makes it (<c>RequestBody</c>).</summary>
/// <param name="Length">The announced length, or null.</param>
public sealed record UploadBody(PipeReader Reader, long? Length)
{
    /// <summary>Called once, after the last byte. Returns the digest in the trailer, or null when it is missing or malformed.</summary>
    public Func<Sha256Digest?>? TrailerDigest { get; init; }

    /// <summary>Null when the socket's bytes are not exactly this body's bytes: with HTTP/2, TLS or chunked transfer coding.</summary>
    public IReceiveControl? ReceiveControl { get; init; }

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
public interface IReceiveControl
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
