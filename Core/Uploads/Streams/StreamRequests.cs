using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>The result of comparing a request's checksum with its bytes.</summary>
public enum ChecksumVerdict
{
    Match = 1,
    Mismatch,

    /// <summary>The checksum was announced for the trailer and did not come, or it cannot be parsed.</summary>
    Missing,
}

/// <summary>A checksum that the client declared over the bytes of one request, in an algorithm of its protocol.</summary>
public interface IBodyChecksum
{
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Called once, after the body's end.</summary>
    ChecksumVerdict Verify();
}

/// <summary>When a request completes its stream.</summary>
public enum CompletionMode
{
    /// <summary>As soon as all bytes of its declared size are there.</summary>
    WhenFull = 1,

    /// <summary>With this request: the upload ends where the request ends.</summary>
    WithThisRequest,

    /// <summary>Not with this request, even if all bytes are there.</summary>
    Later,
}

/// <summary>A request to append to a stream.</summary>
/// <param name="Offset">The offset at which the client continues the stream.</param>
public sealed record StreamAppend(Caller Caller, UploadId Upload, UploadProtocol Protocol, long Offset, CompletionMode Completion)
    : IWriteRequest
{
    public long ClaimedOffset => WriterClaims.WholeStream;

    /// <summary>Whether the request completes an upload of this size once so many bytes of it are there.</summary>
    public bool Completes(long offset, long? size) =>
        Completion == CompletionMode.WithThisRequest || (Completion == CompletionMode.WhenFull && offset == size);

    /// <summary>The protocol's own reason to refuse bytes for this upload. Called before the claim and again under it.</summary>
    public Func<Upload, UploadFailure?>? Refuse { get; init; }

    /// <summary>The upload's size if this request declares it, else null.</summary>
    public long? Size { get; init; }

    /// <summary>The bytes of a request with a checksum count only after the checksum is verified (E15).</summary>
    public IBodyChecksum? Checksum { get; init; }

    /// <summary>The whole file's digest, declared with this request.</summary>
    public Sha256Digest? Sha256 { get; init; }

    /// <summary>The upload, if the ledger creates it together with the first checkpoint of this request.</summary>
    public DeferredCreation? Deferred { get; init; }

    /// <summary>Whether the client has no use for a file of this digest. Asked before the record that would complete the upload.</summary>
    public Func<Sha256Digest, bool>? IsKnown { get; init; }

    /// <summary>Called after each checkpoint with the durable offset. Never runs at the same time as a read of the body.</summary>
    public Func<long, ValueTask>? OnRecorded { get; init; }
}

/// <summary>The result of an append: how far the stream is durable.</summary>
/// <param name="Upload">The upload after the request.</param>
/// <param name="Offset">The durable offset.</param>
public sealed record StreamReceipt(Upload Upload, long Offset);

/// <summary>What the ledger knows of a stream before an append (step 3).</summary>
/// <param name="Upload">Null when there is no such upload that the caller may see.</param>
/// <param name="Hash">The digest's state at the offset; null at offset 0.</param>
/// <param name="Last">The extent that holds the last bytes; null at offset 0.</param>
public sealed record StreamInspection(Upload? Upload, SavedHash? Hash, Extent? Last) : IWriteInspection
{
    /// <summary>The digest of all recorded bytes; null when the ledger was not queried.</summary>
    public Sha256Digest? Digest { get; init; }

    public bool IsCached { get; init; }

    /// <summary>
    /// The epoch was raised for this request. A previous writer may still write to the last segment, so another one begins.
    /// </summary>
    public bool IsTakenOver { get; init; }
}
