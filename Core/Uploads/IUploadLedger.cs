using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// What the database says we have: the only truth. Every method is one transaction. Whoever records, completes, deletes or purges
/// holds its incarnation FOR SHARE, locks the upload's row, and checks in a further statement (E8); so each answer is decided under the lock,
/// and callers need no lock of their own. Every state change appends one event in the same transaction (E12).
/// Methods that change something may be repeated with the same arguments and then change nothing more (E10).
/// A database that is away is <see cref="LedgerUnavailableException"/>; the ledger has then already retried for a few seconds.
/// </summary>
public interface IUploadLedger
{
    // Incarnations

    /// <summary>Starts an incarnation, sets <see cref="Incarnation"/>, and fences every earlier incarnation of this node (E30).</summary>
    Task BeginIncarnationAsync(Guid node, string bootId, Durability durability, CancellationToken cancellationToken);

    /// <summary>Marks this incarnation as ended in order.</summary>
    Task EndIncarnationAsync(CancellationToken cancellationToken);

    /// <summary>Adds what the monotonic ticker has counted to the service clock, if this incarnation is the one that beats it (E29).</summary>
    Task BeatAsync(TimeSpan elapsed, CancellationToken cancellationToken);

    /// <summary>These are being written to here, though nothing of it is recorded yet: none of them is stale (E29).</summary>
    Task KeepWritingAsync(IReadOnlyCollection<UploadId> writing, CancellationToken cancellationToken);

    // Uploads

    /// <summary>Creates an upload. The same idempotency key and hash: the upload of then. Another hash: <see cref="UploadError.IdempotencyMismatch"/>.</summary>
    Task<Result<CreatedUpload>> CreateAsync(NewUpload upload, CancellationToken cancellationToken);

    /// <summary>What an earlier creation with this key made; null when there was none. Another hash: as with <see cref="CreateAsync"/>.</summary>
    Task<Result<CreatedUpload>?> RecallAsync(Caller caller, string key, Sha256Digest? hash, CancellationToken cancellationToken);

    /// <summary>Null when there is none in the caller's tenant.</summary>
    Task<Upload?> FindAsync(Caller caller, UploadId id, CancellationToken cancellationToken);

    /// <summary>Those of them that there are in the caller's tenant, in no order.</summary>
    Task<IReadOnlyList<Upload>> FindAllAsync(Caller caller, IReadOnlyCollection<UploadId> ids, CancellationToken cancellationToken);

    /// <summary>For background work, which asks for no caller: the upload of any tenant.</summary>
    Task<Upload?> GetAsync(UploadId id, CancellationToken cancellationToken);

    Task<Page<Upload>> ListAsync(UploadQuery query, CancellationToken cancellationToken);

    /// <summary>The gaps in [from, size), in order, at most <paramref name="limit"/>; with an unknown size, those before the last received byte.</summary>
    Task<IReadOnlyList<ByteRange>> MissingAsync(UploadId id, long from, int limit, CancellationToken cancellationToken);

    /// <summary>Verified chunks from an offset on, in order.</summary>
    Task<IReadOnlyList<Chunk>> ChunksAsync(UploadId id, long from, int limit, CancellationToken cancellationToken);

    /// <summary>The newest failures first.</summary>
    Task<IReadOnlyList<FailedAttempt>> FailuresAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>Records a failed attempt. Best effort: never fails the request it belongs to.</summary>
    Task RecordFailureAsync(UploadId id, FailedAttempt attempt, CancellationToken cancellationToken);

    // Chunks

    /// <summary>The upload, the chunk and the prefix that begin at this offset, and whether received bytes overlap the range; one round trip.</summary>
    Task<ChunkInspection> InspectChunkAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken);

    /// <summary>
    /// The same before a chunk is received from its beginning. Without a round trip where this process has recorded all that there is of the session, and
    /// nothing of it inside the range (<see cref="ChunkInspection.Recent"/>): what another process does meanwhile the record finds out.
    /// </summary>
    Task<ChunkInspection> InspectNewChunkAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken);

    /// <summary>
    /// Records a durable, verified chunk: its file, its extent, the received ranges, the counters; drops a prefix at its offset (E17, E19).
    /// Accepted while open or paused. Same bytes in the same file again: recorded; in another file: duplicate. Conflict when another attempt has the
    /// prefix that it went on with, or that was given up (E20).
    /// </summary>
    Task<RecordAnswer> RecordChunkAsync(NewChunk chunk, CancellationToken cancellationToken);

    /// <summary>
    /// Records the durable prefix of a broken chunk, replacing one that keeps less; refused (false) when the upload takes no bytes,
    /// when the offset is received already, or when the prefix that it continued (<paramref name="claimed"/>) is no longer the one recorded.
    /// </summary>
    Task<bool> RecordPrefixAsync(UploadId id, Prefix prefix, Prefix? claimed, CancellationToken cancellationToken);

    /// <summary>Compare-and-set on (attempt, kept): returns the prefix with a new attempt and this incarnation, or null when somebody else has it (E20).</summary>
    Task<Prefix?> ClaimPrefixAsync(UploadId id, Prefix seen, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets the prefix at an offset, ledger first; its file becomes a tombstone. Only the named attempt. Returns the file, which may be
    /// unlinked now; nothing when another attempt has it, or it has become a chunk meanwhile.
    /// </summary>
    Task<IReadOnlyList<StoredFile>> DropPrefixAsync(UploadId id, long offset, long attempt, CancellationToken cancellationToken);

    /// <summary>Takes back every chunk that lies wholly inside the range; refused when one lies only partly inside, or the session takes no bytes.</summary>
    Task<Result<Upload>> ReopenRangeAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken);

    // Streams

    /// <summary>Raises the epoch of a stream and returns the upload as it then is: the newcomer's right to append (E14).</summary>
    /// <param name="epoch">The one that was looked at: where another has been claimed since, nothing is, and nothing comes back.</param>
    Task<Upload?> ClaimStreamAsync(Caller caller, UploadId id, long epoch, CancellationToken cancellationToken);

    /// <summary>The upload, its digest's state and its last extent; one round trip.</summary>
    Task<StreamInspection> InspectStreamAsync(Caller caller, UploadId id, CancellationToken cancellationToken);

    /// <summary>
    /// Fixes a size or a whole-file digest that was not known at creation; refused when another is fixed, the upload takes no bytes, or it has been
    /// claimed since the epoch that was looked at.
    /// </summary>
    Task<Result<Upload>> DeclareAsync(Caller caller, UploadId id, long epoch, long? size, Sha256Digest? sha256, CancellationToken cancellationToken);

    /// <summary>
    /// Creates an upload whose content are the extents of these parts, in order: locks them by id, shares their files (E27), and completes it
    /// in the same transaction. The same part may stand in the list twice. Fails with NotFound, WrongProtocol (not a part), TooLarge, or
    /// NotCompleted, unless <paramref name="mayWait"/>: then it stays open with its list until <see cref="JoinAsync"/> finds them all complete.
    /// </summary>
    Task<Result<Upload>> ConcatenateAsync(NewUpload upload, IReadOnlyList<UploadId> parts, long maxSize, bool mayWait, CancellationToken cancellationToken);

    /// <summary>
    /// Completes a waiting concatenation whose parts are all complete. It fails when one of them is gone, or as soon as they are known to be
    /// larger together than an upload may be. Returns it as it is then.
    /// </summary>
    Task<Upload?> JoinAsync(UploadId id, long maxSize, CancellationToken cancellationToken);

    /// <summary>Concatenations that wait for this part.</summary>
    Task<IReadOnlyList<UploadId>> WaitingForAsync(UploadId part, CancellationToken cancellationToken);

    /// <summary>The saved hash state of a stream or of a session's contiguous front, and how many bytes it covers; null when none.</summary>
    Task<SavedHash?> SavedHashAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>Extends the last extent of a stream to a new offset with the hash state there; refused unless offset and epoch still match (E13).</summary>
    Task<RecordAnswer> CheckpointAsync(StreamCheckpoint checkpoint, CancellationToken cancellationToken);

    // States

    Task<Result<Upload>> PauseAsync(Caller caller, UploadId id, CancellationToken cancellationToken);

    Task<Result<Upload>> ResumeAsync(Caller caller, UploadId id, CancellationToken cancellationToken);

    /// <summary>
    /// Ends an upload that is not finished (cancelled, failed), or deletes a finished file (deleted); repeatable. What means the one never
    /// hits the other: AlreadyCompleted, NotCompleted. Its bytes wait for <see cref="ReclaimAsync"/>.
    /// </summary>
    Task<Result<Upload>> EndAsync(Caller caller, UploadId id, UploadState state, string reason, CancellationToken cancellationToken);

    /// <summary>The same because of what a request has brought; TakenOver when the stream has been claimed since the epoch in which it came (E14).</summary>
    Task<Result<Upload>> EndStreamAsync(Caller caller, UploadId id, long epoch, UploadState state, string reason, CancellationToken cancellationToken);

    /// <summary>
    /// Checks that all bytes are there and finishes: completed when the digest is known to be right or none was declared, else completing (E24, E25).
    /// Completed already with the same size and digest: the upload. Fails with MissingRanges, SizeMismatch, SizeUnknown, FileDigestMismatch.
    /// </summary>
    Task<Result<Upload>> BeginCompleteAsync(Caller caller, UploadId id, long? size, Sha256Digest? sha256, CancellationToken cancellationToken);

    /// <summary>
    /// Saves how far the whole-file digest has come. When it covers the whole size, settles it: a completing upload becomes completed,
    /// or open again with the reason when the digest is wrong (E26); a completed one without a digest gets it. Refused (false) when the
    /// front was reopened since <paramref name="revision"/>.
    /// </summary>
    Task<bool> SaveHashAsync(UploadId id, SavedHash hash, Sha256Digest current, long revision, CancellationToken cancellationToken);

    /// <summary>Extents that were recorded in Relaxed and not flushed since, in order (E31).</summary>
    Task<IReadOnlyList<Extent>> UnflushedAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>These extents were flushed where they lie: they are not doubtful any more (E31).</summary>
    Task MarkFlushedAsync(UploadId id, IReadOnlyCollection<Extent> extents, CancellationToken cancellationToken);

    // Extents and merging

    /// <summary>Extents that overlap [from, ...), in order, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<Extent>> ExtentsAsync(UploadId id, long from, int limit, CancellationToken cancellationToken);

    /// <summary>The end of the received bytes that begin at 0, and the revision that rises whenever a range is taken back.</summary>
    Task<(long Front, long Revision)> FrontAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>Chunks that wait for their place, lowest offset first, until the first that passes <paramref name="maxBytes"/> (at least one).</summary>
    Task<IReadOnlyList<Extent>> UnplacedAsync(UploadId id, long maxBytes, int maxCount, CancellationToken cancellationToken);

    /// <summary>Names a durable, empty assembly file; false when the upload takes none any more. Replaces an abandoned one (E23).</summary>
    Task<bool> SetAssemblyAsync(UploadId id, StoredFile assembly, CancellationToken cancellationToken);

    /// <summary>
    /// Points the extents that still lie where they were at the assembly, each at its own offset, and tombstones the files that no extent
    /// names any more (E22, E27). Returns those files: they may be unlinked now.
    /// </summary>
    Task<IReadOnlyList<StoredFile>> PlaceAsync(UploadId id, StoredFile assembly, IReadOnlyList<Extent> copied, CancellationToken cancellationToken);

    /// <summary>
    /// Uploads with work left: to join (all parts complete, or nothing left to wait for), to merge, to hash, to reclaim; at most
    /// <paramref name="limit"/>, after the given id.
    /// </summary>
    /// <param name="undeclared">Finished files without a digest have work left too.</param>
    Task<IReadOnlyList<PendingWork>> PendingAsync(UploadId? after, int limit, bool undeclared, CancellationToken cancellationToken);

    // Freeing

    /// <summary>
    /// Returns tombstoned files of the upload to unlink, a batch at a time, empty when nothing is left. The content of an ended upload
    /// is freed on the way; of a live one only what was tombstoned before (a range taken back).
    /// </summary>
    Task<IReadOnlyList<StoredFile>> ReclaimAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>Tombstones left by earlier deletes (a crash fell between commit and unlink).</summary>
    Task<IReadOnlyList<StoredFile>> TombstonesAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Forgets tombstones whose files are gone.</summary>
    Task ForgetFilesAsync(IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken);

    /// <summary>
    /// Picks uploads that have gone without a byte for longer than allowed, re-checks each under its lock, and ends them as expired;
    /// also finished files whose keeping time is over (E29). Skips locked rows. Returns whom it ended.
    /// </summary>
    Task<IReadOnlyList<PurgedUpload>> PurgeAsync(int limit, TimeSpan? keepFinishedFor, CancellationToken cancellationToken);

    /// <summary>Whether the ledger has a row for the file, also where that is a tombstone.</summary>
    Task<bool> KnowsAsync(StoredFile file, CancellationToken cancellationToken);

    /// <summary>Which of these files the ledger does not name though the incarnation that made them is fenced: orphans (E10, E30).</summary>
    Task<IReadOnlyList<StoredFile>> OrphansAmongAsync(IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken);

    // Health of stored bytes

    /// <summary>Completed uploads by oldest check first, for scrubbing.</summary>
    Task<IReadOnlyList<Upload>> OldestCheckedAsync(TimeSpan notWithin, int limit, CancellationToken cancellationToken);

    Task MarkCheckedAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>Quarantines an upload: its content is not served and takes no more bytes until <see cref="LiftQuarantineAsync"/>.</summary>
    Task MarkDamagedAsync(UploadId id, string reason, CancellationToken cancellationToken);

    /// <summary>Uploads in quarantine that have not ended, in the order of their ids.</summary>
    Task<IReadOnlyList<Upload>> QuarantinedAsync(UploadId? after, int limit, CancellationToken cancellationToken);

    /// <summary>Its bytes were looked at and are what was received: from now on it is as it was before it was quarantined.</summary>
    Task LiftQuarantineAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>
    /// Files of an upload that were recorded in Relaxed by an incarnation of another boot that did not end in order: their bytes must be compared
    /// with the ledger before they are believed (E31).
    /// </summary>
    Task<IReadOnlyList<Extent>> DoubtfulAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>Settles doubtful extents: good ones are believed from now on, bad ones are taken back.</summary>
    Task SettleDoubtAsync(UploadId id, IReadOnlyCollection<Extent> good, IReadOnlyCollection<Extent> bad, CancellationToken cancellationToken);

    /// <summary>Removes ended uploads, failures and events older than <paramref name="age"/>, in batches; returns how many rows.</summary>
    Task<int> TrimHistoryAsync(TimeSpan age, int limit, CancellationToken cancellationToken);
}
