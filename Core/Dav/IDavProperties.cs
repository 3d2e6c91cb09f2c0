using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Dav;

/// <summary>The properties that WebDAV clients set. They stay with the entry when it is moved.</summary>
public interface IDavProperties
{
    /// <summary>Returns the properties of these entries.</summary>
    [Query]
    Task<ILookup<EntryId, DavProperty>> OfAsync(IReadOnlyCollection<EntryId> entries, CancellationToken cancellationToken);

    /// <summary>Sets and removes properties atomically.</summary>
    /// <param name="most">The maximum size of all properties of an entry, in bytes.</param>
    /// <param name="revision">Only this revision of the entry is changed; null means any.</param>
    /// <returns>Null, or why nothing was changed.</returns>
    Task<UploadFailure?> ChangeAsync(
        Entry entry, PropertyChange change, string subject, long most, ChangeGuard guard, long? revision,
        CancellationToken cancellationToken);
}

/// <param name="Name">{namespace}local name.</param>
/// <param name="Value">The element, as XML.</param>
public sealed record DavProperty(string Name, string Value);

/// <param name="Modified">The entry's new time; null to keep it.</param>
public sealed record PropertyChange(IReadOnlyList<DavProperty> Set, IReadOnlyList<string> Removed, NanoTime? Modified);
