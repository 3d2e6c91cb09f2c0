using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Tree;

/// <summary>Stores the contents of files and the policies that keep earlier ones. Every call may be repeated.</summary>
public interface IVersionLedger
{
    /// <summary>Returns the contents of a file, the newest first, without those marked for removal.</summary>
    /// <param name="before">Only contents with lower numbers; null for all.</param>
    [Query]
    Task<IReadOnlyList<FileVersion>> ListAsync(EntryId entry, int? before, int limit, CancellationToken cancellationToken);

    /// <summary>Returns one content of a file, or null if there is none with this number.</summary>
    [Query]
    Task<FileVersion?> FindAsync(EntryId entry, int number, CancellationToken cancellationToken);

    /// <summary>Returns the rule that decides about the earlier contents of a file.</summary>
    [Query]
    Task<FileVersionRule> RuleAsync(EntryId entry, CancellationToken cancellationToken);

    /// <summary>Sets or removes the label of a content.</summary>
    /// <returns>Null, or why nothing was changed.</returns>
    Task<UploadFailure?> NameAsync(Entry entry, int number, string? label, CancellationToken cancellationToken);

    /// <summary>Marks an earlier content for removal, which the purge of the trash then frees.</summary>
    /// <returns>Null, or why nothing was changed.</returns>
    Task<UploadFailure?> RemoveAsync(Entry entry, int number, CancellationToken cancellationToken);

    /// <summary>Returns the policies of a space, and the size of its earlier contents.</summary>
    [Query]
    Task<SpaceVersions> PoliciesAsync(EntryId space, CancellationToken cancellationToken);

    /// <summary>Sets the policy of a folder, or removes it.</summary>
    /// <param name="most">The maximum number of policies of a space.</param>
    /// <returns>Null, or why nothing was changed.</returns>
    Task<UploadFailure?> SetPolicyAsync(
        EntryId space, EntryId folder, VersionPolicy? policy, string subject, int most, CancellationToken cancellationToken);

    /// <summary>Sets the policy that applies if no folder has one; null for none.</summary>
    Task SetDefaultAsync(VersionPolicy? policy, CancellationToken cancellationToken);
}
