using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Model;

public enum UploadState
{
    Open = 1,
    Paused,

    /// <summary>All bytes are received; the whole-file digest is being computed.</summary>
    Completing,

    /// <summary>All bytes are received; a checker decides whether they become a file.</summary>
    Checking,
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

    /// <summary>The service downloads the bytes from another storage.</summary>
    Transfer,
}

/// <summary>An upload as the ledger has it at one moment.</summary>
public sealed record Upload
{
    public required UploadId Id { get; init; }
    public required string Tenant { get; init; }
    public required string Subject { get; init; }
    public required UploadProtocol Protocol { get; init; }
    public required UploadState State { get; init; }
    public required DateTimeOffset StateAt { get; init; }

    /// <summary>The reason for the state in a few words, or null.</summary>
    public string? StateReason { get; init; }
    public required string FileName { get; init; }
    public required string ContentType { get; init; }
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public BandwidthPriority Priority { get; init; } = BandwidthPriority.Normal;

    /// <summary>Null while the client has not declared the size.</summary>
    public long? Size { get; init; }

    /// <summary>The whole-file digest that the client declared, at creation or at completion.</summary>
    public Sha256Digest? DeclaredSha256 { get; init; }

    /// <summary>The whole-file digest that was computed (E25).</summary>
    public Sha256Digest? Sha256 { get; init; }
    public long ReceivedBytes { get; init; }
    public int ChunkCount { get; init; }

    /// <summary>How many of the received bytes are merged at their final offset.</summary>
    public long PlacedBytes { get; init; }

    /// <summary>How many bytes of the contiguous front the whole-file digest covers.</summary>
    public long HashedBytes { get; init; }

    /// <summary>The number of chunk requests that ended, with success or failure.</summary>
    public long AttemptCount { get; init; }
    public long FailureCount { get; init; }
    public int ConsecutiveFailures { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? FirstByteAt { get; init; }
    public DateTimeOffset? LastByteAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>How long the upload may be idle before it is purged.</summary>
    public required TimeSpan IdleAllowance { get; init; }

    /// <summary>The time since the last byte arrived, measured by the service's own ticker instead of the wall clock (E29).</summary>
    public TimeSpan IdleFor { get; init; }

    /// <summary>The stream's writer generation: checkpoints of an earlier epoch are rejected (E14).</summary>
    public long Epoch { get; init; }

    /// <summary>The incarnation that holds the epoch; only it may record. Null before the first record, which sets it.</summary>
    public long? Writer { get; init; }

    /// <summary>
    /// The incarnation that created the upload. Uploads of earlier incarnations are checked against the disk before their first answer
    /// (E30).
    /// </summary>
    public long Incarnation { get; init; }

    /// <summary>When stored bytes were found missing or wrong. The content is not served from then on.</summary>
    public DateTimeOffset? DamagedAt { get; init; }

    /// <summary>
    /// The upload's bytes are in the store of another service: they are neither served nor changed here, nor reported as lost.
    /// <c>ContentCheck</c> sets this.
    /// </summary>
    public bool IsElsewhere { get; init; }

    /// <summary>The state that the upload's protocol needs at later requests.</summary>
    public IReadOnlyDictionary<string, string> ProtocolState { get; init; } = NoState;

    /// <summary>The upload is a part of a concatenation and not a file itself.</summary>
    public bool IsPart { get; init; }

    /// <summary>The file transfer of a project that the upload relays. It is not a file, and only its sender can see it.</summary>
    public Guid? RelayOf { get; init; }

    /// <summary>The parts of a concatenation, in order; empty for every other upload.</summary>
    public IReadOnlyList<UploadId> Parts { get; init; } = [];

    /// <summary>
    /// The place at which the upload is or will be published; null for an unfiled upload. Once it is published, only its entries determine
    /// its lifetime.
    /// </summary>
    public FileTarget? Target { get; init; }

    /// <summary>Why a completed upload could not be published and is unfiled, as a code of the ledger.</summary>
    public string? UnfiledReason { get; init; }

    /// <summary>The program that created the upload, from its User-Agent; null if it sent none.</summary>
    public string? UserAgent { get; init; }

    public bool IsPublished => State == UploadState.Completed && Target is not null;

    /// <summary>When a finished upload is deleted. Null if it is kept: a published upload exists as long as its entries.</summary>
    public DateTimeOffset? KeptUntil(TimeSpan? keepFinishedFor) =>
        State == UploadState.Completed && !IsPublished ? CompletedAt + keepFinishedFor : null;

    private static readonly IReadOnlyDictionary<string, string> NoState = new Dictionary<string, string>();

    /// <summary>
    /// The idle time is used up, whether or not the purge has run. For a pending concatenation the idle times of its parts decide: see
    /// <c>UploadJoiner</c>.
    /// </summary>
    public bool HasExpired => CanExpire && Parts.Count == 0 && IdleFor >= IdleAllowance;

    /// <summary>The upload can expire. A completed part expires too, because it is kept for its concatenation and not as a file.</summary>
    public bool CanExpire => State is UploadState.Open or UploadState.Paused || (State == UploadState.Completed && IsPart);

    /// <summary>A pending concatenation: it has no bytes until all of its parts are complete.</summary>
    public bool WaitsForParts => State == UploadState.Open && Parts.Count > 0;

    public bool IsLive => State is UploadState.Open or UploadState.Paused or UploadState.Completing or UploadState.Checking;

    /// <summary>The client has sent everything: the upload is a file, or waits only for its check.</summary>
    public bool IsReceived => State is UploadState.Checking or UploadState.Completed;
}

/// <summary>A verified chunk and its range.</summary>
public sealed record Chunk(
    ByteRange Range, Sha256Digest Sha256, int Attempts, DateTimeOffset StartedAt, DateTimeOffset ReceivedAt);

/// <summary>Names the file, and the offset in it, at which a range of an upload's bytes is stored.</summary>
public sealed record Extent(ByteRange Range, StoredFile File, long FileOffset, Sha256Digest? Sha256);

/// <summary>The kept part of an interrupted chunk (E19).</summary>
/// <param name="Length">The announced length of the whole chunk, or null.</param>
/// <param name="Sha256">The announced digest; null if it was announced for the trailer.</param>
/// <param name="Attempt">Identifies the attempt that has the prefix: a request that continues must name it and <paramref name="Kept"/>
/// (E20).</param>
/// <param name="Incarnation">The incarnation that wrote the prefix last.</param>
public sealed record Prefix(
    long Offset, long? Length, Sha256Digest? Sha256, long Kept, Sha256Digest KeptSha256, byte[] HashState,
    StoredFile File, long Attempt, long Incarnation);

/// <summary>A failed attempt to send bytes.</summary>
public sealed record FailedAttempt(DateTimeOffset At, string Kind, long Offset, long Bytes, long Kept, TimeSpan Duration);

/// <summary>The failed attempts to send bytes of an upload.</summary>
/// <param name="Last">The newest first.</param>
/// <param name="LostBytes">The bytes of all attempts that were not kept, or not for long, so that they must be sent again.</param>
/// <param name="KeptBytes">The bytes of all attempts that are kept, so that they are not sent again.</param>
public sealed record Failures(IReadOnlyList<FailedAttempt> Last, long LostBytes, long KeptBytes)
{
    public static Failures None { get; } = new([], 0, 0);
}
