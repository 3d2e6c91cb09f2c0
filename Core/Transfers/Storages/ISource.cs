using System.IO.Pipelines;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Storages;

/// <summary>
/// A storage from which files are read. Every method checks the owner's rights. Failures are values; only
/// <see cref="OperationCanceledException"/> is thrown.
/// </summary>
public interface ISource
{
    SourceTraits Traits { get; }

    /// <summary>Returns a page of the items in a folder.</summary>
    /// <param name="cursor">Null for the first page.</param>
    Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken);

    /// <summary>Returns an id in the form in which ids are compared.</summary>
    string NormalOf(string id) => id;

    /// <summary>Returns whether an object of this id that is not found may still exist where its owner no longer has access.</summary>
    bool MayBeHidden(string id) => false;

    /// <summary>Returns the part of a pin that a listing also contains, so that the versions of one content compare equal.</summary>
    string? VersionOf(string? pin) => pin;

    /// <summary>Returns the disk that a version was on; <c>null</c> if the storage has none.</summary>
    string? DiskOf(string? version) => null;

    /// <summary>Returns the disk on which an object of this id would be now; <c>null</c> if that is not known.</summary>
    Task<string?> DiskAtAsync(string id, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>Returns the current state of an object, with the version to read.</summary>
    Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken);

    /// <summary>Returns the current state of an object as a listing contains it, without preparing a read.</summary>
    Task<Outcome<SourceItem>> FindAsync(string id, CancellationToken cancellationToken) => StatAsync(id, cancellationToken);

    /// <summary>Downloads an object whose size is unknown to a temporary file. Returns other objects unchanged.</summary>
    /// <param name="room">The free bytes at the destination; <c>null</c> if unknown.</param>
    /// <param name="pace">Throttles the download.</param>
    Task<Outcome<SourceItem>> KeepAsync(
        SourceItem item, long? room, Func<int, ValueTask> pace, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<SourceItem>>(item);

    /// <summary>
    /// Writes a range of exactly the pinned version. A response that is not exactly this range is a failure, so that an error message never
    /// becomes content.
    /// </summary>
    /// <returns>Null when all of it was written.</returns>
    Task<StorageFault?> ReadAsync(SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken);
}

/// <param name="Digests">The digests that <see cref="SourceItem.Digests"/> may have.</param>
public sealed record SourceTraits(IReadOnlyCollection<DigestKind> Digests)
{
    /// <summary>
    /// Gets a value that indicates whether an object's name is only known when it is requested, not when it is selected.
    /// </summary>
    public bool NamesLate { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the storage has folders. Otherwise folders are prefixes of names, and an empty folder does not
    /// exist.
    /// </summary>
    public bool HasFolders { get; init; } = true;

    /// <summary>Gets a value that indicates whether the ids of objects stay the same when they are moved or renamed.</summary>
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

    /// <summary>It can only be read from the start in one request, and has no version to pin.</summary>
    public bool FromStartOnly { get; init; }

    /// <summary>The version from which ranges are read.</summary>
    public string? Pin { get; init; }
    public DateTimeOffset? Modified { get; init; }
    public string? MediaType { get; init; }

    /// <summary>Digests of the pinned version as the storage has them; lower-case hexadecimal, quickXor in base64.</summary>
    public IReadOnlyDictionary<DigestKind, string> Digests { get; init; } = NoDigests;

    /// <summary>Gets a value that indicates whether the pinned version can still be read after the object was changed.</summary>
    public bool OutlivesChange { get; init; }

    /// <summary>Why it cannot be copied; null if it can.</summary>
    public string? Skip { get; init; }

    /// <summary>The id of its folder; <c>null</c> if it is the topmost one, or unknown.</summary>
    public string? Parent { get; init; }

    /// <summary>Gets a value that indicates whether it, or a folder above it, is in the trash.</summary>
    public bool IsTrashed { get; init; }

    /// <summary>Gets a value that indicates whether it is a shortcut to another object.</summary>
    public bool IsShortcut { get; init; }

    /// <summary>Gets a value that indicates whether it is exported from a document without bytes of its own.</summary>
    public bool IsExported { get; init; }

    /// <summary>Data that the connector needs to read it, such as the type of an export.</summary>
    public string? Detail { get; init; }

    private static readonly IReadOnlyDictionary<DigestKind, string> NoDigests = new Dictionary<DigestKind, string>();
}

/// <param name="Next">Where the next page begins; null if this is the last one.</param>
public sealed record SourcePage(IReadOnlyList<SourceItem> Items, string? Next);
