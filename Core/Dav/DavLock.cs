namespace ChunkUpload.Core.Dav;

/// <summary>A write lock on the name of an entry in a folder, or on the root of a space.</summary>
/// <param name="Parent">Null for the root of the space.</param>
/// <param name="Name">Empty for the root of the space.</param>
/// <param name="Deep">Whether it covers all that is below the place.</param>
/// <param name="Owner">XML with which the client describes itself.</param>
/// <param name="Seconds">The seconds after which it expires unless it is refreshed.</param>
public sealed record DavLock(
    Guid Token, string Tenant, string Subject, EntryId Space, EntryId? Parent, string Name, bool Exclusive, bool Deep, string Owner,
    long Seconds)
{
    /// <summary>The names from the root of the space to the place; null if it is not known.</summary>
    public IReadOnlyList<string>? Path { get; init; }

    /// <summary>Gets a value that indicates whether the place is a folder, if the path is known.</summary>
    public bool IsFolder { get; init; }
}
