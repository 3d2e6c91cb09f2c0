namespace ChunkUpload.Core.Storage;

/// <summary>
/// Where bytes live. The store knows files and nothing of uploads; what counts is what the ledger says.
/// It throws <see cref="StoreException"/> for lost I/O and never retries a flush (E5). Safe for concurrent use;
/// one writer has one user at a time.
/// </summary>
public interface IChunkStore
{
    /// <summary>Free space, and whether the store accepts writes.</summary>
    StoreHealth Health { get; }

    /// <summary>Whether so many bytes more leave the reserve; the file system is asked anew before the answer is no.</summary>
    [Query]
    bool HasRoomFor(long bytes);

    /// <summary>
    /// Makes a new file (E2). A <see cref="StoredFileKind.Chunk"/> begins as a temporary file beside its final name and becomes
    /// visible by <see cref="IStoredFileWriter.PublishAsync"/>; the other kinds have their final name at once.
    /// <paramref name="expectedLength"/> is preallocated with KEEP_SIZE (E7) and refused with
    /// <see cref="StoreError.NoSpace"/> when it would cross the free-space watermark.
    /// </summary>
    Task<IStoredFileWriter> CreateAsync(StoredFile file, long? expectedLength, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a file that the ledger names for more writes: a prefix (still temporary, or already renamed when a crash fell between
    /// rename and commit), a segment, or an assembly. <see cref="StoreError.Missing"/> when it is gone.
    /// </summary>
    /// <param name="expectedLength">How long it is to become, where that is known: room for it is set aside, or there is
    /// <see cref="StoreError.NoSpace"/>.</param>
    Task<IStoredFileWriter> ReopenAsync(StoredFile file, long? expectedLength, CancellationToken cancellationToken);

    /// <summary>Opens for reading, under either of a chunk's two names. <see cref="StoreError.Missing"/> when it is gone.</summary>
    [Query]
    IStoredFileReader OpenRead(StoredFile file);

    /// <summary>The file's length, or null when it is gone.</summary>
    [Query]
    long? Length(StoredFile file);

    /// <summary>
    /// Reads a range from the device, the page cache dropped first, and returns its digest and how many bytes were there.
    /// </summary>
    [Query]
    Task<(Sha256Digest Digest, long Length)> HashFromDeviceAsync(
        StoredFile file, long offset, long length, CancellationToken cancellationToken);

    /// <summary>
    /// Reads a range from the device like <see cref="HashFromDeviceAsync"/>, and lets each running hash have it. For whoever reads a long
    /// range in steps.
    /// </summary>
    /// <returns>How many bytes were there.</returns>
    [Query]
    Task<long> ReadFromDeviceAsync(
        StoredFile file, long offset, long length, IReadOnlyCollection<IRunningHash> into, CancellationToken cancellationToken);

    /// <summary>Unlinks under either name; a file that is gone is a success. Works on a full and on a degraded store.</summary>
    void Delete(StoredFile file);

    /// <summary>Every stored file of the store, in no order; names that are not ours are left out.</summary>
    [Query]
    IEnumerable<StoredFile> Enumerate(CancellationToken cancellationToken);

    /// <summary>Moves an orphan to the trash folder instead of unlinking it.</summary>
    void Trash(StoredFile file);

    /// <summary>Unlinks what has lain in the trash for longer than <paramref name="age"/>; returns how many files and bytes.</summary>
    (int Files, long Bytes) EmptyTrash(TimeSpan age, CancellationToken cancellationToken);

    /// <summary>Makes everything that was ever written to the store durable: once, when a Relaxed service stops in order.</summary>
    Task SyncAsync(CancellationToken cancellationToken);
}

/// <summary>One open file. Not thread-safe. Disposing closes it and unlinks nothing.</summary>
public interface IStoredFileWriter : IAsyncDisposable
{
    StoredFile File { get; }

    /// <summary>
    /// Before a write: where it would wait for the device, its caller goes on in a thread that may, and not in one that everybody shares.
    /// </summary>
    ValueTask ReadyAsync(long bytes);

    /// <summary>pwrite until all is written. On ENOSPC throws <see cref="StoreError.NoSpace"/>.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>
    /// Copies a range of another file, inside the store and by sharing its blocks where the store can. A short source is
    /// <see cref="StoreError.Damaged"/>.
    /// </summary>
    void CopyFrom(StoredFile source, long sourceOffset, long length, long offset, CancellationToken cancellationToken);

    /// <summary>
    /// Makes everything written so far durable, and with the file's first flush in this incarnation its directory entry too. After a
    /// failure the writer is poisoned: every later call throws (E5). A no-op when Storage:Durability is Relaxed and not
    /// <paramref name="final"/>.
    /// </summary>
    Task FlushAsync(bool final, CancellationToken cancellationToken);

    /// <summary>
    /// Renames a temporary chunk file to its name, without replacing anything, and flushes the directory (E3, E17). Data that is not
    /// flushed yet is flushed first: a whole chunk needs no flush of its own before. From the rename on the token does not count.
    /// </summary>
    Task PublishAsync(CancellationToken cancellationToken);
}

/// <summary>An open file for positional reads, one at a time; it goes on reading after the name was unlinked.</summary>
public interface IStoredFileReader : IDisposable
{
    long Length { get; }

    /// <summary>Reads up to the buffer's length; 0 at the end.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken);

    /// <summary>
    /// Feeds a range into the hash; returns how many bytes were there. Beside no other call: a long range goes past the page cache, for
    /// which the descriptor changes its mode. When it fails the hash has taken some of it.
    /// </summary>
    Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken);
}

/// <summary>The state of the store at one moment.</summary>
/// <param name="Degraded">Null while writes are taken, else the sentence why not.</param>
public sealed record StoreHealth(long FreeBytes, long TotalBytes, long ReserveBytes, string? Degraded)
{
    public bool HasRoom => FreeBytes > ReserveBytes;
}
