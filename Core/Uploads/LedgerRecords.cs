using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

public sealed record NewUpload(
    UploadId Id, Caller Caller, UploadProtocol Protocol, string FileName, string ContentType,
    IReadOnlyDictionary<string, string> Metadata, long? Size, Sha256Digest? DeclaredSha256, TimeSpan IdleAllowance,
    string? IdempotencyKey, Sha256Digest? IdempotencyHash)
{
    /// <summary>What the protocol must know again at the next request; Core does not read it.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = NoFacts;

    /// <summary>Made to be joined with others: no file of its own, and in no list of files.</summary>
    public bool IsPart { get; init; }

    /// <summary>Whether each byte begins the idle allowance anew; otherwise it counts from the creation on.</summary>
    public bool Slides { get; init; } = true;

    private static readonly IReadOnlyDictionary<string, string> NoFacts = new Dictionary<string, string>();
}

/// <param name="Fresh">False when an earlier request with the same idempotency key made it.</param>
public sealed record CreatedUpload(Upload Upload, bool Fresh);

/// <param name="Upload">Null when there is none in the caller's tenant.</param>
/// <param name="Same">The chunk that begins at exactly this offset.</param>
/// <param name="Overlaps">Received bytes lie inside the range.</param>
public sealed record ChunkInspection(Upload? Upload, Chunk? Same, bool Overlaps, Prefix? Prefix)
{
    /// <summary>The ledger was not asked: the upload is as it was a moment ago, and nothing is known to be in the way.</summary>
    public bool Recent { get; init; }
}

public sealed record NewChunk(
    UploadId Upload, ByteRange Range, Sha256Digest Sha256, StoredFile File, DateTimeOffset StartedAt)
{
    /// <summary>The attempt that has the prefix which this chunk went on with (E20); null where the file was new.</summary>
    public long? Attempt { get; init; }
}

/// <param name="Digest">Of all bytes up to <paramref name="ToOffset"/>.</param>
/// <param name="Final">The last byte is there: the upload is completed in the same transaction, with this digest and this size.</param>
public sealed record StreamCheckpoint(
    UploadId Upload, long Epoch, long FromOffset, long ToOffset, StoredFile Segment, long SegmentStart, SavedHash Hash, Sha256Digest Digest,
        bool Final)
{
    /// <summary>The upload, where this is the first that the ledger hears of it: both are one record.</summary>
    public NewUpload? Creates { get; init; }
}

/// <param name="State">libcrypto's context after <paramref name="Length"/> bytes.</param>
public sealed record SavedHash(long Length, byte[] State);

public enum RecordOutcome
{
    /// <summary>It counts now, or counted already from the same file.</summary>
    Recorded = 1,

    /// <summary>The same bytes were there before, in another file.</summary>
    Duplicate,

    /// <summary>Other bytes are there.</summary>
    Overlap,
    BeyondSize,

    /// <summary>The stream has moved on, or another has the right to append, or to go on with the prefix.</summary>
    Conflict,

    /// <summary>The upload's state takes no bytes; see the upload.</summary>
    Refused,

    /// <summary>This incarnation is fenced: another process has taken over.</summary>
    Fenced,
}

/// <param name="Upload">As it is after the transaction; null when there is none.</param>
public sealed record RecordAnswer(RecordOutcome Outcome, Upload? Upload);

public sealed record PendingWork(UploadId Id, bool Join, bool Merge, bool Hash, bool Reclaim);

public enum UploadSort
{
    CreatedAt = 1,
    Name,
    Size,
}

/// <summary>One page of uploads. States empty: all. Files are the completed ones.</summary>
public sealed record UploadQuery(Caller Caller)
{
    public IReadOnlyList<UploadState> States { get; init; } = [];

    /// <summary>A part of the file name, case-insensitive.</summary>
    public string? NameContains { get; init; }
    /// <summary>Also uploads that were made to be joined with others.</summary>
    public bool WithParts { get; init; }
    public DateTimeOffset? CreatedAfter { get; init; }
    public DateTimeOffset? CreatedBefore { get; init; }
    public UploadSort Sort { get; init; } = UploadSort.CreatedAt;
    public bool Descending { get; init; } = true;
    public int Limit { get; init; } = 50;

    /// <summary>The last upload of the page before.</summary>
    public PageKey? After { get; init; }
}

/// <summary>Where a page ended: the sort value of its last row, and its id.</summary>
public sealed record PageKey(string? Text, long? Number, DateTimeOffset? Time, UploadId Id);

/// <param name="Next">Null on the last page.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, PageKey? Next);

/// <summary>The database cannot be asked now. Nothing is known about the last statement (E10).</summary>
public sealed class LedgerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <param name="HasContent">Whether there is something to be freed.</param>
public sealed record PurgedUpload(UploadId Id, bool HasContent);
