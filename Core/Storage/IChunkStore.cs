namespace ChunkUpload.Core.Storage;

/// <summary>
/// The place where bytes are stored. The store knows files, not uploads; the ledger says which files count. It throws
/// <see cref="StoreException"/> for a failed I/O operation and never retries a flush (E5). Safe for concurrent use, but each writer has one
/// user at a time.
/// </summary>
public interface IChunkStore : IReadableStore
{
    /// <summary>Free space, and whether the store accepts writes.</summary>
    StoreHealth Health { get; }

    /// <summary>Whether this number of bytes fits above the reserve. The file system is asked again before the answer is no.</summary>
    [Query]
    bool HasRoomFor(long bytes);

    /// <summary>
    /// Creates a file (E2). A <see cref="StoredFileKind.Chunk"/> begins as a temporary file beside its final name, and
    /// <see cref="IStoredFileWriter.RenameDurablyAsync"/> makes it visible; the other kinds have their final name at once.
    /// <paramref name="expectedLength"/> is preallocated with KEEP_SIZE (E7); if it would cross the free-space reserve, the call fails with
    /// <see cref="StoreError.NoSpace"/>.
    /// </summary>
    Task<IStoredFileWriter> CreateAsync(StoredFile file, long? expectedLength, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a file that the ledger names for more writes: a segment, an assembly, or a prefix, which a crash between rename and commit may
    /// have left under its final name. Fails with <see cref="StoreError.Missing"/> when the file is gone.
    /// </summary>
    /// <param name="expectedLength">The length that the file will reach, if known. Space is reserved for it, or the call fails with
    /// <see cref="StoreError.NoSpace"/>.</param>
    Task<IStoredFileWriter> ReopenAsync(StoredFile file, long? expectedLength, CancellationToken cancellationToken);

    /// <summary>Unlinks the file under either name. A missing file counts as success. Works on a full and on a degraded store.</summary>
    void Delete(StoredFile file);

    /// <summary>All stored files in no order. Names that the store did not make are skipped.</summary>
    [Query]
    IEnumerable<StoredFile> Enumerate(CancellationToken cancellationToken);

    /// <summary>Sets an orphan aside instead of deleting it, so that an operator can bring it back.</summary>
    void Trash(StoredFile file);

    /// <summary>
    /// Deletes files that were set aside longer ago than <paramref name="age"/>; returns how many files and bytes. Also unlinks new files
    /// whose creation failed, if that was not possible then.
    /// </summary>
    (int Files, long Bytes) EmptyTrash(TimeSpan age, CancellationToken cancellationToken);
}

/// <summary>One open file. Not thread-safe. Disposing closes it and unlinks nothing.</summary>
public interface IStoredFileWriter : IAsyncDisposable
{
    StoredFile File { get; }

    /// <summary>
    /// Called before a write. If the write would wait for the device, the caller continues on a thread that may block instead of a shared
    /// one.
    /// </summary>
    [Query]
    ValueTask BeforeWriteAsync(long bytes);

    /// <summary>Calls pwrite until everything is written. Throws <see cref="StoreError.NoSpace"/> on ENOSPC.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>
    /// Copies a range of another file inside the store, sharing its blocks if the file system can. A source that is too short throws
    /// <see cref="StoreError.Damaged"/>.
    /// </summary>
    void CopyFrom(StoredFile source, long sourceOffset, long length, long offset, CancellationToken cancellationToken);

    /// <summary>
    /// Makes everything written so far durable; the file's first flush in this incarnation also makes its directory entry durable. After a
    /// failure the writer is poisoned: every later call throws (E5). Does nothing when Storage:Durability is Relaxed and the flush is not
    /// <paramref name="final"/>.
    /// </summary>
    Task FlushAsync(bool final, CancellationToken cancellationToken);

    /// <summary>
    /// Renames a temporary chunk file to its final name, without replacing anything, and flushes the directory (E3, E17). Flushes the data
    /// first if needed, so a whole chunk needs no flush of its own. The token has no effect after the rename.
    /// </summary>
    Task RenameDurablyAsync(CancellationToken cancellationToken);
}

/// <summary>An open file for positional reads, one at a time. Reading continues to work after the name was unlinked.</summary>
public interface IStoredFileReader : IDisposable
{
    long Length { get; }

    /// <summary>Reads up to the buffer's length; returns 0 at the end.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken);

    /// <summary>
    /// Feeds a range into the hash and returns the number of bytes found. Must not run beside another call, because a long range is read
    /// past the page cache, which changes the descriptor's mode. After a failure the hash contains part of the range.
    /// </summary>
    Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken);
}

/// <summary>The state of the store at one moment.</summary>
/// <param name="Degraded">Null while the store accepts writes, otherwise the failure that ended this.</param>
public sealed record StoreHealth(long FreeBytes, long TotalBytes, long ReserveBytes, string? Degraded)
{
    public bool HasRoom => FreeBytes > ReserveBytes;

    /// <summary>Why the store accepts no writes, for people; null while it accepts them.</summary>
    public string? Trouble => Degraded is { } failure ? $"{failure} The store takes no writes until a probe passes." : null;
}
