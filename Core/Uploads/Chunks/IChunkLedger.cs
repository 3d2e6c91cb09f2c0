using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// The chunks of a session and the kept prefixes of broken ones. A call that changes something is one transaction that holds this
/// incarnation FOR SHARE, locks the upload's row, and checks in a further statement (E8); it may be repeated with the same arguments and
/// then changes nothing more (E10). The ledger retries a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IChunkLedger
{
    /// <summary>
    /// The upload, the chunk and the prefix that begin at this offset, and whether received bytes overlap the range; one round trip.
    /// </summary>
    [Query]
    Task<ChunkInspection> InspectChunkAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken);

    /// <summary>
    /// The same before a chunk is received from its beginning. No round trip where this process has recorded everything of the session and
    /// nothing inside the range (<see cref="ChunkInspection.Recent"/>): the record detects what another process does in the meantime.
    /// </summary>
    [Query]
    Task<ChunkInspection> InspectNewChunkAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken);

    /// <summary>
    /// Records a durable, verified chunk: its file, its extent, the received ranges, the counters; drops a prefix at its offset (E17, E19).
    /// Accepted while open or paused. Same bytes in the same file again: recorded; in another file: duplicate. Conflict when another
    /// attempt has the prefix that this one continued, or that prefix was given up (E20).
    /// </summary>
    Task<RecordAnswer> RecordChunkAsync(NewChunk chunk, CancellationToken cancellationToken);

    /// <summary>
    /// Records the durable prefix of a broken chunk, replacing one that keeps less. False when the upload takes no bytes, when the offset
    /// is received already, or when the prefix that this one continued (<paramref name="claimed"/>) is no longer the one recorded.
    /// </summary>
    Task<bool> RecordPrefixAsync(UploadId id, Prefix prefix, Prefix? claimed, CancellationToken cancellationToken);

    /// <summary>
    /// Compare-and-set on (attempt, kept): the prefix with a new attempt and this incarnation, or null when another attempt has it (E20).
    /// </summary>
    Task<Prefix?> ClaimPrefixAsync(UploadId id, Prefix seen, CancellationToken cancellationToken);

    /// <summary>
    /// Drops the prefix of the named attempt, ledger first; its file becomes a tombstone. Returns the file, which may be unlinked now;
    /// nothing when another attempt has it, or it has become a chunk meanwhile.
    /// </summary>
    Task<IReadOnlyList<StoredFile>> DropPrefixAsync(UploadId id, long offset, long attempt, CancellationToken cancellationToken);

    /// <summary>
    /// Takes back every chunk that lies wholly inside the range; refused when one lies only partly inside, or the session takes no bytes.
    /// </summary>
    Task<Result<Upload>> ReopenRangeAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken);
}
