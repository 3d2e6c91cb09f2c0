using System.IO.Pipelines;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>
/// A storage that is read from. Every method checks anew whether the owner may do this. Failures are values; only
/// <see cref="OperationCanceledException"/> is thrown.
/// </summary>
public interface ISource
{
    SourceTraits Traits { get; }

    /// <summary>A page of what is in a folder.</summary>
    /// <param name="cursor">Null for the first page.</param>
    Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken);

    /// <summary>An id in the form in which it is compared.</summary>
    string NormalOf(string id) => id;

    /// <summary>Returns whether an object of this id that is not found may still exist where its owner no longer has access.</summary>
    bool MayBeHidden(string id) => false;

    /// <summary>Returns the part of a pin that a listing has, too, so that the versions of one content compare equal.</summary>
    string? VersionOf(string? pin) => pin;

    /// <summary>Returns the disk that a version was on; <c>null</c> if the storage has none.</summary>
    string? DiskOf(string? version) => null;

    /// <summary>Returns the disk on which an object of this id would be now; <c>null</c> if that is not known.</summary>
    Task<string?> DiskAtAsync(string id, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>An object as it is now, with the version that is to be read.</summary>
    Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken);

    /// <summary>An object as it is now, as a listing has it: nothing is made to read it.</summary>
    Task<Outcome<SourceItem>> FindAsync(string id, CancellationToken cancellationToken) => StatAsync(id, cancellationToken);

    /// <summary>Reads an object whose size is not known before, and keeps it for its pieces. Others it returns as they are.</summary>
    /// <param name="room">How many bytes fit at the destination; <c>null</c> if it does not say.</param>
    /// <param name="pace">Lets it wait after so many bytes.</param>
    Task<Outcome<SourceItem>> KeepAsync(
        SourceItem item, long? room, Func<int, ValueTask> pace, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<SourceItem>>(item);

    /// <summary>
    /// Writes a range of the pinned version, and of no other one. An answer that is not exactly this range is a failure, so that the text
    /// of an error never becomes content.
    /// </summary>
    /// <returns>Null when all of it was written.</returns>
    Task<StorageFault?> ReadAsync(SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken);
}

/// <param name="Digests">The digests that <see cref="SourceItem.Digests"/> may have.</param>
public sealed record SourceTraits(IReadOnlyCollection<DigestKind> Digests)
{
    /// <summary>
    /// Gets a value that indicates whether an object's name is known only when it is asked for, and not when it is chosen.
    /// </summary>
    public bool NamesLate { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the storage has folders. Otherwise folders are prefixes of names, and an empty folder does not
    /// exist.
    /// </summary>
    public bool HasFolders { get; init; } = true;

    /// <summary>Gets a value that indicates whether the ids of objects outlive moving and renaming.</summary>
    public bool HasIdentities { get; init; }
}

public enum StorageItemKind
{
    File = 1,
    Folder,
}

/// <summary>An object of a storage.</summary>
public sealed record SourceItem(string Id, string Name, StorageItemKind Kind)
{
    /// <summary>Null if unknown before it is read.</summary>
    public long? Size { get; init; }

    /// <summary>It can be read only in one go from its beginning, and has no version that could be pinned.</summary>
    public bool FromStartOnly { get; init; }

    /// <summary>The version: a range is read of this one only.</summary>
    public string? Pin { get; init; }
    public DateTimeOffset? Modified { get; init; }
    public string? MediaType { get; init; }

    /// <summary>Digests of the pinned version as the storage has them; lower-case hexadecimal, quickXor in base64.</summary>
    public IReadOnlyDictionary<DigestKind, string> Digests { get; init; } = NoDigests;

    /// <summary>Gets a value that indicates whether the pinned version can still be read after the object was changed.</summary>
    public bool OutlivesChange { get; init; }

    /// <summary>Why it cannot be moved; null if it can.</summary>
    public string? Skip { get; init; }

    /// <summary>The id of the folder in which it lies; <c>null</c> if it is the topmost one, or the storage does not say.</summary>
    public string? Parent { get; init; }

    /// <summary>Gets a value that indicates whether it, or a folder in which it lies, is in the trash.</summary>
    public bool IsTrashed { get; init; }

    /// <summary>Gets a value that indicates whether it stands for an object that lies elsewhere.</summary>
    public bool IsShortcut { get; init; }

    /// <summary>Gets a value that indicates whether its bytes are made from a document that has none of its own.</summary>
    public bool IsExported { get; init; }

    /// <summary>What the connector itself needs for reading it, such as an export's type.</summary>
    public string? Detail { get; init; }

    private static readonly IReadOnlyDictionary<DigestKind, string> NoDigests = new Dictionary<DigestKind, string>();
}

/// <param name="Next">Where the next page begins; null if this is the last one.</param>
public sealed record SourcePage(IReadOnlyList<SourceItem> Items, string? Next);
