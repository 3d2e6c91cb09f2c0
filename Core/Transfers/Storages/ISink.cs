using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>
/// A storage to which files are written piece by piece, in order. Every method checks the owner's rights. Failures are values; only
/// <see cref="OperationCanceledException"/> is thrown.
/// </summary>
public interface ISink
{
    SinkTraits Traits { get; }

    /// <summary>
    /// Returns ids for new objects, so that a repeated creation makes no duplicates; empty if the storage does not support it.
    /// </summary>
    Task<Outcome<IReadOnlyList<string>>> NewIdsAsync(int count, CancellationToken cancellationToken);

    /// <summary>Returns the identity of a folder, which is the same for all connections that reach the folder.</summary>
    string PlaceOf(string folder);

    /// <summary>Returns the objects in a folder with this name, several if the storage allows duplicates.</summary>
    Task<Outcome<IReadOnlyList<SinkEntry>>> FindAsync(string folder, string name, CancellationToken cancellationToken);

    /// <param name="id">One of <see cref="NewIdsAsync"/>, or null. A repetition with the same id returns the existing folder.</param>
    Task<Outcome<SinkEntry>> MakeFolderAsync(string folder, string name, string? id, CancellationToken cancellationToken);

    Task<Outcome<SinkEntry>> StatAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Starts an upload. Returns <see cref="FaultKind.Taken"/> if the id is in use, because an earlier attempt was completed and its
    /// response lost.
    /// </summary>
    Task<Outcome<SinkSession>> BeginAsync(SinkFile file, CancellationToken cancellationToken);

    /// <summary>Returns the size of the next piece if an open upload requires one; null if <see cref="Traits"/> apply.</summary>
    long? PieceOf(string session) => null;

    /// <summary>Sends a piece. The result contains how many bytes the storage has kept, which may be fewer.</summary>
    Task<Outcome<SinkProgress>> PutAsync(
        string session, SinkFile file, long offset, IPiece piece, CancellationToken cancellationToken);

    /// <summary>Returns how many bytes of an upload the storage has. Called before resuming if a response may have been lost.</summary>
    Task<Outcome<SinkProgress>> QueryAsync(string session, SinkFile file, CancellationToken cancellationToken);

    /// <summary>Creates the file, unless the last piece has already created it.</summary>
    Task<Outcome<SinkEntry>> CommitAsync(string session, SinkFile file, CancellationToken cancellationToken);

    /// <summary>Aborts an upload on a best-effort basis.</summary>
    Task AbortAsync(string session, CancellationToken cancellationToken);

    /// <summary>Removes a file that a transfer has just created and found damaged; never one that existed before.</summary>
    Task<StorageFault?> DiscardAsync(SinkEntry made, CancellationToken cancellationToken);
}

/// <summary>A sink whose storage can copy files within the same account.</summary>
public interface IInsideSink : ISink
{
    /// <summary>Copies exactly this version of a file. A repetition after a lost response creates no second file.</summary>
    /// <returns><c>null</c> if the storage cannot copy the file, so that its bytes must be sent.</returns>
    Task<Outcome<SinkEntry>?> CopyInsideAsync(SourceItem found, SinkFile file, CancellationToken cancellationToken);
}

/// <param name="PieceMultiple">The size of every piece but the last is a multiple of it.</param>
/// <param name="Ids">Whether ids can be created in advance.</param>
/// <param name="Digests">The digests that a <see cref="SinkEntry"/> may have.</param>
public sealed record SinkTraits(long PieceMultiple, long LargestPiece, bool Ids, IReadOnlyCollection<DigestKind> Digests)
{
    /// <summary>Gets a value that indicates whether a folder may have several objects of one name.</summary>
    public bool DuplicateNames { get; init; }

    /// <summary>Gets a value that indicates whether the case of names is ignored.</summary>
    public bool FoldsNames { get; init; }

    /// <summary>Converts a name to one that this storage supports.</summary>
    public Func<string, string> NameOf { get; init; } = static name => name;

    /// <summary>Returns why the storage will refuse a file; <c>null</c> if no reason is known.</summary>
    public Func<PlannedFile, string?> RefusalOf { get; init; } = static _ => null;

    /// <summary>
    /// Returns whether the storage itself may change such a file after its upload, so that different bytes are not a failure.
    /// </summary>
    public Func<SinkEntry, bool> MayRewrite { get; init; } = static _ => false;
}

/// <summary>A file of a plan.</summary>
/// <param name="Target">The folder of the transfer.</param>
/// <param name="Path">The path below that folder, with names that the storage supports.</param>
public readonly record struct PlannedFile(string Target, string Path, long? Size);

/// <summary>A file that is being written.</summary>
/// <param name="Id">The id that was created in advance; null if the storage creates it.</param>
/// <param name="Replaces">The file that gets a new version; null for a new file.</param>
public sealed record SinkFile(
    string Folder, string Name, long Size, string? Id, string? Replaces, string? MediaType, DateTimeOffset? Modified)
{
    /// <summary>A key that is the same for all attempts to start this upload, so that one whose response was lost is found again.</summary>
    public string Key { get; init; } = "";

    /// <summary>The number of bytes that are recorded as accepted.</summary>
    public long Recorded { get; init; }

    /// <summary>The condition on the existing file with the name; <c>null</c> if another name may be used.</summary>
    public SinkCondition? Condition { get; init; }

    /// <summary>The digest of the sent bytes, set for the commit.</summary>
    public Sha256Digest? Sha256 { get; init; }
}

/// <summary>A condition on a name at the destination: no file exists, or exactly this version of the replaced file.</summary>
/// <param name="Version">The version; <c>null</c> if no file may exist.</param>
public sealed record SinkCondition(string? Version);

/// <param name="Id">An address or an id. It is secret, because it is often the only credential.</param>
public sealed record SinkSession(string Id, DateTimeOffset? EndsAt)
{
    /// <summary>
    /// Gets a value that indicates whether the upload may be repeated without a record: it leaves no remains, and a file that it has
    /// created is found. Then a file of one piece needs no record of it.
    /// </summary>
    public bool Repeatable { get; init; }

    public override string ToString() => nameof(SinkSession);
}

/// <param name="Accepted">The number of bytes that the storage has.</param>
/// <param name="Made">The file, once it is complete.</param>
public sealed record SinkProgress(long Accepted, SinkEntry? Made);

/// <summary>An object at the destination.</summary>
public sealed record SinkEntry(string Id, string Name, StorageItemKind Kind)
{
    public long? Size { get; init; }
    public DateTimeOffset? Modified { get; init; }

    /// <summary>The version.</summary>
    public string? Pin { get; init; }

    /// <summary>The digest that the sink itself has compared when it created the file; null if none.</summary>
    public DigestKind? Compared { get; init; }
    public IReadOnlyDictionary<DigestKind, string> Digests { get; init; } = NoDigests;

    private static readonly IReadOnlyDictionary<DigestKind, string> NoDigests = new Dictionary<DigestKind, string>();
}

/// <summary>Bytes that are copied from the source to the destination.</summary>
public interface IPiece
{
    int Length { get; }

    /// <summary>
    /// Reads bytes from an offset and waits until there are any. Returns 0 at the end. Throws <see cref="IOException"/> if the source has
    /// failed.
    /// </summary>
    ValueTask<int> ReadAsync(int offset, Memory<byte> into, CancellationToken cancellationToken);

    /// <summary>
    /// Copies all bytes, also while they are still arriving. It can be called again for another attempt. Throws <see cref="IOException"/>
    /// if the source has failed.
    /// </summary>
    Task CopyToAsync(Stream destination, CancellationToken cancellationToken);
}
