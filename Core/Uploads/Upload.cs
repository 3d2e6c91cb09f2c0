using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

public enum UploadState
{
    Open = 1,
    Paused,

    /// <summary>All bytes are there; the whole-file digest is being computed.</summary>
    Completing,
    Completed,
    Cancelled,
    Expired,
    Failed,

    /// <summary>The finished file was deleted.</summary>
    Deleted,
}

public enum UploadProtocol
{
    /// <summary>Chunks in any order.</summary>
    Session = 1,

    /// <summary>One request, streamed.</summary>
    Put,
    Tus,
    Ietf,
}

/// <summary>What the ledger knows of one upload, at one moment.</summary>
public sealed record Upload
{
    public required UploadId Id { get; init; }
    public required string Tenant { get; init; }
    public required string Subject { get; init; }
    public required UploadProtocol Protocol { get; init; }
    public required UploadState State { get; init; }
    public required DateTimeOffset StateAt { get; init; }

    /// <summary>Why it is in this state, in a few words, or null.</summary>
    public string? StateReason { get; init; }
    public required string FileName { get; init; }
    public required string ContentType { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Null while the client has not said it.</summary>
    public long? Size { get; init; }

    /// <summary>The whole-file digest that the client declared, at creation or at completion.</summary>
    public Sha256Digest? DeclaredSha256 { get; init; }

    /// <summary>The whole-file digest that was computed (E25).</summary>
    public Sha256Digest? Sha256 { get; init; }
    public long ReceivedBytes { get; init; }
    public int ChunkCount { get; init; }

    /// <summary>How many of the received bytes lie at their final place.</summary>
    public long PlacedBytes { get; init; }

    /// <summary>How far the whole-file digest has been computed along the contiguous front.</summary>
    public long HashedBytes { get; init; }

    /// <summary>Chunk requests that ended, well or badly.</summary>
    public long AttemptCount { get; init; }
    public long FailureCount { get; init; }
    public int ConsecutiveFailures { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? FirstByteAt { get; init; }
    public DateTimeOffset? LastByteAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>How long it may go without a byte before it is purged.</summary>
    public required TimeSpan IdleAllowance { get; init; }

    /// <summary>How long it has gone without a byte, by the service's own ticker and not by the wall clock (E29).</summary>
    public TimeSpan IdleFor { get; init; }

    /// <summary>The fence of the right to append to a stream (E14).</summary>
    public long Epoch { get; init; }

    /// <summary>
    /// The incarnation that created it. Uploads of earlier incarnations are checked against the disk before their first answer (E30).
    /// </summary>
    public long Incarnation { get; init; }

    /// <summary>When stored bytes were found missing or wrong; its content is not served.</summary>
    public DateTimeOffset? DamagedAt { get; init; }

    /// <summary>Where the chunks are merged, once that has begun.</summary>
    public StoredFile? Assembly { get; init; }

    /// <summary>What the protocol that made it wanted to remember.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = NoFacts;

    /// <summary>Made to be joined with others: no file of its own.</summary>
    public bool IsPart { get; init; }

    /// <summary>The parts it is joined from, in order, or waits to be; empty for every other upload.</summary>
    public IReadOnlyList<UploadId> Parts { get; init; } = [];

    private static readonly IReadOnlyDictionary<string, string> NoFacts = new Dictionary<string, string>();

    /// <summary>
    /// Over by the count, whether or not the purge has come by. What waits for its parts lasts as long as they do: see
    /// <see cref="UploadJoiner"/>.
    /// </summary>
    public bool IsOver => EndsByItself && Parts.Count == 0 && IdleFor >= IdleAllowance;

    /// <summary>Ends when it goes too long without a byte. A finished part is kept for being joined, not as a file.</summary>
    public bool EndsByItself => State is UploadState.Open or UploadState.Paused || (State == UploadState.Completed && IsPart);

    /// <summary>It has no bytes until all of its parts are complete.</summary>
    public bool WaitsForParts => State == UploadState.Open && Parts.Count > 0;

    public bool IsLive => State is UploadState.Open or UploadState.Paused or UploadState.Completing;
}

/// <summary>A verified range: what a client sent in one chunk, and where it lies.</summary>
public sealed record Chunk(
    ByteRange Range, Sha256Digest Sha256, int Attempts, DateTimeOffset StartedAt, DateTimeOffset ReceivedAt);

/// <summary>Where a range of an upload's bytes lies.</summary>
public sealed record Extent(ByteRange Range, StoredFile File, long FileOffset, Sha256Digest? Sha256);

/// <summary>The kept part of a broken chunk (E19).</summary>
/// <param name="Length">The length that was announced, null when the client did not say.</param>
/// <param name="Sha256">The digest that was announced, null when it was to come in a trailer.</param>
/// <param name="Attempt">The fence: who continues must name it and <paramref name="Kept"/> (E20).</param>
/// <param name="Incarnation">The incarnation whose process wrote it last.</param>
public sealed record Prefix(
    long Offset, long? Length, Sha256Digest? Sha256, long Kept, Sha256Digest KeptSha256, byte[] HashState,
    StoredFile File, long Attempt, long Incarnation);

/// <summary>One attempt to send bytes that failed.</summary>
public sealed record FailedAttempt(DateTimeOffset At, string Kind, long Offset, long Bytes, long Kept, TimeSpan Duration);
