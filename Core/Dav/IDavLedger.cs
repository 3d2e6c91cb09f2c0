using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Dav;

/// <summary>What WebDAV asks of the trees, and what it records about its requests.</summary>
public interface IDavLedger
{
    /// <summary>An entry as WebDAV shows it; null if it is gone.</summary>
    [Query]
    Task<DavMember?> MemberAsync(EntryId entry, CancellationToken cancellationToken);

    /// <summary>The folders and files in a folder, by name. A symbolic link is no resource of WebDAV and is left out.</summary>
    /// <param name="after">The last name of the page before; null for the first page.</param>
    [Query]
    Task<IReadOnlyList<DavMember>> MembersAsync(EntryId folder, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Records that a folder is copied to a temporary name, so that an incomplete copy does not outlive the process.</summary>
    /// <param name="beside">The temporary place.</param>
    Task BeginCopyAsync(Place beside, string subject, CancellationToken cancellationToken);

    /// <summary>Ends the copy: what still has the temporary name is freed.</summary>
    Task EndCopyAsync(Place beside, CancellationToken cancellationToken);

    /// <summary>
    /// Records that the client of an upload that is being checked gets its answer now. If its conditions fail later, the content gets a
    /// place beside.
    /// </summary>
    /// <returns>False if the upload is not being checked any more.</returns>
    Task<bool> AnswerCheckingAsync(UploadId upload, CancellationToken cancellationToken);
}
