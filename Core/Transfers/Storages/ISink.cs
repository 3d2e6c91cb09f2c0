using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>
/// A storage that is written to, piece by piece in order. Every method checks anew whether the owner may do this. Failures are values; only
/// <see cref="OperationCanceledException"/> is thrown.
/// </summary>
public interface ISink
{
    SinkTraits Traits { get; }

    /// <summary>Ids for new objects, made beforehand so that a repeated create doubles nothing; empty where the storage has none.</summary>
    Task<Outcome<IReadOnlyList<string>>> NewIdsAsync(int count, CancellationToken cancellationToken);

    /// <summary>Returns the identity of a folder, which is the same for all connections that reach the folder.</summary>
    string PlaceOf(string folder);

    /// <summary>The objects in a folder that have this name: several where the storage allows duplicates.</summary>
    Task<Outcome<IReadOnlyList<SinkEntry>>> FindAsync(string folder, string name, CancellationToken cancellationToken);

    /// <param name="id">One of <see cref="NewIdsAsync"/>, or null. With the same id again it answers with the folder that is there.</param>
    Task<Outcome<SinkEntry>> MakeFolderAsync(string folder, string name, string? id, CancellationToken cancellationToken);

    Task<Outcome<SinkEntry>> StatAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Begins an upload. <see cref="FaultKind.Taken"/>: the id is in use, because an earlier attempt was finished and its answer lost.
    /// </summary>
    Task<Outcome<SinkSession>> BeginAsync(SinkFile file, CancellationToken cancellationToken);

    /// <summary>How many bytes the next piece has, where an open upload decides that; null: <see cref="Traits"/> do.</summary>
    long? PieceOf(string session) => null;

    /// <summary>Sends a piece. The answer says how much the storage has kept, which may be less.</summary>
    Task<Outcome<SinkProgress>> PutAsync(
        string session, SinkFile file, long offset, IPiece piece, CancellationToken cancellationToken);

    /// <summary>How much of an upload the storage has; asked before going on after anything that may have lost an answer.</summary>
    Task<Outcome<SinkProgress>> QueryAsync(string session, SinkFile file, CancellationToken cancellationToken);

    /// <summary>Makes the file, where the last piece did not already.</summary>
    Task<Outcome<SinkEntry>> CommitAsync(string session, SinkFile file, CancellationToken cancellationToken);

    /// <summary>Gives up an upload; best effort.</summary>
    Task AbortAsync(string session, CancellationToken cancellationToken);

    /// <summary>Removes a file that a transfer has just made and found wrong. Never one that was there before.</summary>
    Task<StorageFault?> DiscardAsync(SinkEntry made, CancellationToken cancellationToken);
}

/// <summary>A sink whose storage copies files of the same account by itself.</summary>
public interface IInsideSink : ISink
{
    /// <summary>Copies exactly this version of a file. Repeated after an answer that was lost, it makes no second file.</summary>
    /// <returns><c>null</c>: the storage cannot copy the file, so its bytes have to be sent.</returns>
    Task<Outcome<SinkEntry>?> CopyInsideAsync(SourceItem found, SinkFile file, CancellationToken cancellationToken);
}

/// <param name="PieceMultiple">Every piece but the last is a multiple of it.</param>
/// <param name="Ids">Whether ids can be made beforehand.</param>
/// <param name="Digests">The digests that a <see cref="SinkEntry"/> may have.</param>
public sealed record SinkTraits(long PieceMultiple, long LargestPiece, bool Ids, IReadOnlyCollection<DigestKind> Digests)
{
    /// <summary>Gets a value that indicates whether a folder may have several objects of one name.</summary>
    public bool DuplicateNames { get; init; }

    /// <summary>Gets a value that indicates whether names that differ in case only are one name.</summary>
    public bool FoldsNames { get; init; }

    /// <summary>A name as this storage can have it.</summary>
    public Func<string, string> NameOf { get; init; } = static name => name;

    /// <summary>Returns why the storage will refuse a file; <c>null</c>: nothing is known against it.</summary>
    public Func<PlannedFile, string?> RefusalOf { get; init; } = static _ => null;

    /// <summary>
    /// Gets a value that indicates whether the storage itself may change such a file after its upload, so that other bytes than ours are no
    /// failure.
    /// </summary>
    public Func<SinkEntry, bool> MayRewrite { get; init; } = static _ => false;
}

/// <summary>A file that a plan looks at.</summary>
/// <param name="Target">The folder of the transfer.</param>
/// <param name="Path">Below that folder, with the names as the storage can have them.</param>
public readonly record struct PlannedFile(string Target, string Path, long? Size);

/// <summary>A file that is being written.</summary>
/// <param name="Id">Made beforehand; null where the storage makes it.</param>
/// <param name="Replaces">The file that gets a new version; null means a new file.</param>
public sealed record SinkFile(
    string Folder, string Name, long Size, string? Id, string? Replaces, string? MediaType, DateTimeOffset? Modified)
{
    /// <summary>The same for all attempts to begin this upload, so that one whose answer was lost is found again.</summary>
    public string Key { get; init; } = "";

    /// <summary>How many of its bytes are recorded as accepted.</summary>
    public long Recorded { get; init; }

    /// <summary>What must be under the name until the file takes its place; <c>null</c> if another name would do as well.</summary>
    public SinkCondition? Condition { get; init; }

    /// <summary>At the commit: of the bytes that were sent.</summary>
    public Sha256Digest? Sha256 { get; init; }
}

/// <summary>What a destination must have under a name: nothing, or exactly this version of the file that is replaced.</summary>
/// <param name="Version"><c>null</c>: nothing may be there.</param>
public sealed record SinkCondition(string? Version);

/// <param name="Id">An address or an id, and often the only credential: a secret.</param>
public sealed record SinkSession(string Id, DateTimeOffset? EndsAt)
{
    /// <summary>
    /// Gets a value that indicates whether it may be begun again where it was forgotten: nothing of it would be left over, and a file that
    /// it has made is found. Then a file of one piece needs no record of it.
    /// </summary>
    public bool Repeatable { get; init; }

    public override string ToString() => nameof(SinkSession);
}

/// <param name="Accepted">How many bytes the storage has.</param>
/// <param name="Made">The file, once it is complete.</param>
public sealed record SinkProgress(long Accepted, SinkEntry? Made);

/// <summary>An object at the destination.</summary>
public sealed record SinkEntry(string Id, string Name, StorageItemKind Kind)
{
    public long? Size { get; init; }
    public DateTimeOffset? Modified { get; init; }

    /// <summary>The version.</summary>
    public string? Pin { get; init; }

    /// <summary>What the sink has compared by itself while it made the file; null means nothing.</summary>
    public DigestKind? Compared { get; init; }
    public IReadOnlyDictionary<DigestKind, string> Digests { get; init; } = NoDigests;

    private static readonly IReadOnlyDictionary<DigestKind, string> NoDigests = new Dictionary<DigestKind, string>();
}

/// <summary>Bytes on their way from the source to the destination.</summary>
public interface IPiece
{
    int Length { get; }

    /// <summary>
    /// Reads some bytes from an offset on, and waits until there are any. 0 at the end. Throws <see cref="IOException"/> when the source
    /// has failed.
    /// </summary>
    ValueTask<int> ReadAsync(int offset, Memory<byte> into, CancellationToken cancellationToken);

    /// <summary>
    /// Copies all bytes, also while they are still arriving. It can be called again for another attempt. Throws <see cref="IOException"/>
    /// when the source has failed.
    /// </summary>
    Task CopyToAsync(Stream destination, CancellationToken cancellationToken);
}
