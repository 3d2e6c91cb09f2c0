using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>An upload to create.</summary>
public sealed record NewUpload(
    UploadId Id, Caller Caller, UploadProtocol Protocol, string FileName, string ContentType,
    IReadOnlyDictionary<string, string> Metadata, long? Size, Sha256Digest? DeclaredSha256, TimeSpan IdleAllowance,
    string? IdempotencyKey, Sha256Digest? IdempotencyHash)
{
    /// <summary>The state that the protocol needs at the next request. Core does not read it.</summary>
    public IReadOnlyDictionary<string, string> ProtocolState { get; init; } = NoState;

    public BandwidthPriority Priority { get; init; } = BandwidthPriority.Normal;

    /// <summary>The upload is a part of a concatenation: no file by itself, and in no list of files.</summary>
    public bool IsPart { get; init; }

    /// <summary>The file transfer that it relays; a part, too, as it becomes no file.</summary>
    public Guid? RelayOf { get; init; }

    /// <summary>Whether each byte restarts the idle allowance. Otherwise the allowance counts from the creation.</summary>
    public bool Slides { get; init; } = true;

    /// <summary>The place at which the upload is published once it is complete; null: it stays unfiled.</summary>
    public FileTarget? Target { get; init; }

    private static readonly IReadOnlyDictionary<string, string> NoState = new Dictionary<string, string>();
}

/// <summary>The result of a creation.</summary>
/// <param name="Fresh">False when an earlier request with the same idempotency key created the upload.</param>
public sealed record CreatedUpload(Upload Upload, bool Fresh)
{
    /// <summary>The first request needed no bytes: it published content that was there.</summary>
    public bool IsKnownContent { get; init; }
}

/// <summary>What the ledger knows of a chunk's range before the chunk is received (step 3).</summary>
/// <param name="Upload">Null when there is no such upload that the caller may see.</param>
/// <param name="Same">The chunk that begins at exactly this offset.</param>
/// <param name="Overlaps">Whether received bytes lie inside the range.</param>
public sealed record ChunkInspection(Upload? Upload, Chunk? Same, bool Overlaps, Prefix? Prefix)
    : IWriteInspection
{
    /// <summary>The upload is as of a moment ago, and no chunk is known to overlap.</summary>
    public bool IsCached { get; init; }
}

/// <summary>A verified chunk whose file is durable, to be recorded (step 7).</summary>
public sealed record NewChunk(
    UploadId Upload, ByteRange Range, Sha256Digest Sha256, StoredFile File, DateTimeOffset StartedAt)
{
    /// <summary>The attempt of the prefix that this chunk continues (E20); null for a new file.</summary>
    public long? Attempt { get; init; }

    /// <summary>Whether the file is in the store that all nodes share.</summary>
    public bool IsShared { get; init; }
}

/// <summary>A checkpoint to be recorded (step 7): the stream's segment is durable up to an offset.</summary>
/// <param name="Digest">The digest of all bytes up to <paramref name="ToOffset"/>.</param>
/// <param name="Final">The last byte arrived: the same transaction completes the upload with this digest and size.</param>
public sealed record StreamCheckpoint(
    UploadId Upload, long Epoch, long FromOffset, long ToOffset, StoredFile Segment, long SegmentStart, SavedHash Hash, Sha256Digest Digest,
        bool Final)
{
    /// <summary>The upload, if the ledger creates it together with this checkpoint.</summary>
    public NewUpload? Creates { get; init; }

    /// <summary>Whether the segment is in the store that all nodes share. It holds the bytes of this checkpoint alone.</summary>
    public bool IsShared { get; init; }
}

/// <param name="State">libcrypto's context after <paramref name="Length"/> bytes.</param>
public sealed record SavedHash(long Length, byte[] State);

/// <summary>What the ledger did with a checkpoint or a chunk that was to be recorded.</summary>
public enum RecordOutcome
{
    /// <summary>The bytes are recorded now, or were recorded before from the same file.</summary>
    Recorded = 1,

    /// <summary>The same bytes were recorded before, in another file.</summary>
    Duplicate,

    /// <summary>Other bytes are recorded in the range.</summary>
    Overlap,
    BeyondSize,

    /// <summary>The stream has advanced, or another writer has claimed the stream or the prefix.</summary>
    Conflict,

    /// <summary>The upload's state takes no bytes; see the returned upload.</summary>
    Refused,

    /// <summary>This incarnation is fenced: another process has replaced it.</summary>
    Fenced,

    /// <summary>A limit of the caller or of its link has no room for the bytes; see <see cref="RecordResult.Failure"/>.</summary>
    OverLimit,
}

/// <summary>The result of recording a chunk or a checkpoint.</summary>
/// <param name="Upload">The upload after the transaction; null when there is none.</param>
public sealed record RecordResult(RecordOutcome Outcome, Upload? Upload)
{
    /// <summary>Names the limit that has no room.</summary>
    public UploadFailure? Failure { get; init; }
}

public enum UploadSort
{
    CreatedAt = 1,
    Name,
    Size,
}

/// <summary>The query for one page of uploads. Empty states mean all. Files are completed uploads.</summary>
public sealed record UploadQuery(Caller Caller)
{
    public IReadOnlyList<UploadState> States { get; init; } = [];

    /// <summary>A part of the file name, case-insensitive.</summary>
    public string? NameContains { get; init; }
    /// <summary>Whether to include the parts of concatenations.</summary>
    public bool WithParts { get; init; }
    public DateTimeOffset? CreatedAfter { get; init; }
    public DateTimeOffset? CreatedBefore { get; init; }
    public UploadSort Sort { get; init; } = UploadSort.CreatedAt;
    public bool Descending { get; init; } = true;
    public int Limit { get; init; } = 50;

    /// <summary>The key of the previous page's last upload.</summary>
    public PageKey? After { get; init; }

    /// <summary>Returns the position after an upload in this order.</summary>
    public PageKey KeyOf(Upload upload) => Sort switch
    {
        UploadSort.CreatedAt => new PageKey(null, null, upload.CreatedAt, upload.Id),
        UploadSort.Name => new PageKey(upload.FileName, null, null, upload.Id),
        _ => new PageKey(null, upload.Size ?? -1, null, upload.Id),
    };
}

/// <summary>The position of a page's last row: its sort value and its id.</summary>
public sealed record PageKey(string? Text, long? Number, DateTimeOffset? Time, UploadId Id);

/// <param name="Next">Null on the last page.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, PageKey? Next);

/// <param name="HasContent">Whether the upload has content to free.</param>
public sealed record PurgedUpload(UploadId Id, bool HasContent);
