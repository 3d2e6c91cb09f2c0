using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Dav;

/// <summary>Queries the trees for WebDAV, and stores records about its requests.</summary>
public interface IDavLedger
{
    /// <summary>Returns an entry as WebDAV shows it; null if it does not exist.</summary>
    [Query]
    Task<DavMember?> MemberAsync(EntryId entry, CancellationToken cancellationToken);

    /// <summary>Returns the folders and files in a folder, by name. Symbolic links are left out.</summary>
    /// <param name="after">The last name of the previous page; null for the first page.</param>
    [Query]
    Task<IReadOnlyList<DavMember>> MembersAsync(EntryId folder, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Records that a folder is copied to a temporary name, so that an incomplete copy does not outlive the process.</summary>
    /// <param name="beside">The temporary place.</param>
    Task BeginCopyAsync(Place beside, string subject, CancellationToken cancellationToken);

    /// <summary>Ends the copy: what still has the temporary name is freed.</summary>
    Task EndCopyAsync(Place beside, CancellationToken cancellationToken);

    /// <summary>
    /// Records that the client gets its response while the upload is still being checked. If its conditions fail later, the content is
    /// published under another name.
    /// </summary>
    /// <returns>False if the upload is not being checked any more.</returns>
    Task<bool> AnswerCheckingAsync(UploadId upload, CancellationToken cancellationToken);
}
