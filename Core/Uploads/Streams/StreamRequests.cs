using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

public enum ChecksumVerdict
{
    Match = 1,
    Mismatch,

    /// <summary>It was to come after the body and did not, or cannot be read.</summary>
    Missing,
}

/// <summary>A checksum that the client declared over the bytes of one request, in whatever algorithm its protocol knows.</summary>
public interface IBodyChecksum
{
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Asked once, after the body's end.</summary>
    ChecksumVerdict Verify();
}

/// <summary>When a stream is complete.</summary>
public enum StreamEnding
{
    /// <summary>As soon as all of its size is there.</summary>
    WhenFull = 1,

    /// <summary>With this request: what has come at its end is the whole.</summary>
    WithThisRequest,

    /// <summary>Not with this request, full or not.</summary>
    Later,
}

/// <summary>A request to append to a stream.</summary>
/// <param name="Offset">Where the client believes the stream to be.</param>
public sealed record StreamAppend(Caller Caller, UploadId Upload, UploadProtocol Protocol, long Offset, StreamEnding Ending)
{
    /// <summary>What the protocol itself has against bytes for this upload; asked before the claim, and again under it.</summary>
    public Func<Upload, UploadFailure?>? Refuse { get; init; }

    /// <summary>The upload's size, declared with this request; null when it says nothing of it.</summary>
    public long? Size { get; init; }

    /// <summary>With a checksum nothing of the request counts before it is verified (E15).</summary>
    public IBodyChecksum? Checksum { get; init; }

    /// <summary>The whole file's digest, declared with this request.</summary>
    public Sha256Digest? Sha256 { get; init; }

    /// <summary>The upload, where the ledger does not know it before the first record of this request.</summary>
    public DeferredCreation? Unrecorded { get; init; }

    /// <summary>Called after each checkpoint with the offset that is durable now; never at the same time as a read of the body.</summary>
    public Func<long, ValueTask>? Recorded { get; init; }
}

/// <param name="Upload">As it is after the request.</param>
/// <param name="Offset">How much of it is durable.</param>
public sealed record StreamReceipt(Upload Upload, long Offset)
{
    public bool Completed => Upload.State == UploadState.Completed;
}

/// <param name="Upload">Null when there is none in the caller's tenant.</param>
/// <param name="Hash">The digest's state at the offset; null at offset 0.</param>
/// <param name="Last">The extent that holds the last bytes; null at offset 0.</param>
public sealed record StreamInspection(Upload? Upload, SavedHash? Hash, Extent? Last)
{
    /// <summary>Of all recorded bytes, where the ledger was asked.</summary>
    public Sha256Digest? Digest { get; init; }

    /// <summary>As it stood a moment ago: enough to go on from, not to refuse by.</summary>
    public bool Recent { get; init; }
}
