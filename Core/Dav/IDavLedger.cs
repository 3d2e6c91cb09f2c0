using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Dav;

/// <summary>Queries of the trees for WebDAV. They take no locks; the statement that makes a change decides.</summary>
public interface IDavLedger
{
    /// <summary>An entry as WebDAV shows it; null if it is gone.</summary>
    [Query]
    Task<DavMember?> MemberAsync(EntryId entry, CancellationToken cancellationToken);

    /// <summary>The folders and files in a folder, by name. A symbolic link is no resource of WebDAV and is left out.</summary>
    /// <param name="after">The last name of the page before; null for the first page.</param>
    [Query]
    Task<IReadOnlyList<DavMember>> MembersAsync(EntryId folder, string? after, int limit, CancellationToken cancellationToken);
}
