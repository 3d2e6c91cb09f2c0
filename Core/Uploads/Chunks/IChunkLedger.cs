using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Chunks;

/// <summary>
/// The chunks of a session and the kept prefixes of broken ones. A call that changes something is one transaction that holds this
/// incarnation FOR SHARE, locks the upload's row, and checks in a further statement (E8); it may be repeated with the same arguments and
/// then changes nothing more (E10). The ledger retries a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IChunkLedger
{
    /// <summary>
    /// Reads, in one round trip, the upload, the chunk and the prefix that begin at this offset, and whether received bytes overlap the
    /// range.
    /// </summary>
    [Query]
    Task<ChunkInspection> InspectChunkAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken);

    /// <summary>
    /// The same for a chunk that is received from its beginning. Needs no round trip if this process has recorded the whole session and
    /// nothing inside the range (<see cref="ChunkInspection.IsCached"/>). The later record detects changes that another process makes in
    /// the meantime.
    /// </summary>
    [Query]
    Task<ChunkInspection> InspectNewChunkAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken);

    /// <summary>
    /// Records a durable, verified chunk: its file, its extent, the received ranges, the counters; drops a prefix at its offset (E17, E19).
    /// Accepted while the upload is open or paused. The same bytes in the same file are Recorded again, in another file Duplicate. Conflict
    /// means that another attempt has the prefix that this one continued, or that the prefix was given up (E20).
    /// </summary>
    Task<RecordResult> RecordChunkAsync(NewChunk chunk, CancellationToken cancellationToken);

    /// <summary>
    /// Records the durable prefix of a broken chunk, replacing a shorter one. Returns false when the upload takes no bytes, when the offset
    /// was received, or when the prefix that this attempt continued (<paramref name="claimed"/>) is not the recorded one any more.
    /// </summary>
    Task<bool> RecordPrefixAsync(UploadId id, Prefix prefix, Prefix? claimed, CancellationToken cancellationToken);

    /// <summary>
    /// Compare-and-set on (attempt, kept). Returns the prefix with a new attempt and this incarnation, or null when another attempt has it
    /// (E20).
    /// </summary>
    Task<Prefix?> ClaimPrefixAsync(UploadId id, Prefix seen, CancellationToken cancellationToken);

    /// <summary>
    /// Drops the prefix of this attempt and turns its file into a tombstone. Returns the file, which may then be unlinked; returns nothing
    /// when another attempt has the prefix, or when it has become a chunk.
    /// </summary>
    Task<IReadOnlyList<StoredFile>> DropPrefixAsync(UploadId id, long offset, long attempt, CancellationToken cancellationToken);

    /// <summary>
    /// Removes every chunk that lies wholly inside the range. Refused when a chunk lies only partly inside, or when the session takes no
    /// bytes.
    /// </summary>
    Task<Result<Upload>> ReopenRangeAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken);
}
