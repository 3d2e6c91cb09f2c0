using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Dav;

/// <summary>
/// The locks of WebDAV. A place is the name of an entry in a folder; the root of a space has no folder and an empty name.
/// </summary>
public interface IDavLocks
{
    /// <summary>Creates a lock. A call may be repeated with the same token.</summary>
    /// <param name="most">The maximum number of locks of a subject.</param>
    /// <param name="revision">Only this revision of the entry is locked; null means any.</param>
    /// <returns>Null, or why the place cannot be locked.</returns>
    Task<UploadFailure?> LockAsync(
        DavLock wanted, int most, ChangeGuard guard, long? revision, CancellationToken cancellationToken);

    /// <summary>Restarts the timeout of a lock that covers the place and that the guard names.</summary>
    Task<Result<DavLock>> RefreshAsync(
        EntryId space, EntryId? parent, string name, long seconds, ChangeGuard guard, CancellationToken cancellationToken);

    /// <summary>Ends a lock that covers the place.</summary>
    /// <returns>Null, or why it cannot be ended.</returns>
    Task<UploadFailure?> UnlockAsync(
        EntryId space, EntryId? parent, string name, Guid token, string subject, CancellationToken cancellationToken);

    /// <summary>Returns the locks that cover a place, with their paths.</summary>
    [Query]
    Task<IReadOnlyList<DavLock>> OverAsync(EntryId space, EntryId? parent, string name, CancellationToken cancellationToken);

    /// <summary>Returns the locks on names in a folder.</summary>
    [Query]
    Task<IReadOnlyList<DavLock>> InAsync(EntryId space, EntryId folder, CancellationToken cancellationToken);

    /// <summary>Returns the locks on places below an entry, with their paths.</summary>
    [Query]
    Task<IReadOnlyList<DavLock>> BelowAsync(EntryId space, EntryId entry, CancellationToken cancellationToken);

    /// <summary>Returns why a request could not change a place at this moment, or null. The change itself checks again.</summary>
    /// <param name="member">Whether the folder gets or loses an entry.</param>
    [Query]
    Task<UploadFailure?> FaultAsync(
        EntryId space, EntryId? parent, string name, bool member, ChangeGuard guard, CancellationToken cancellationToken);

    /// <summary>Keeps the live locks among these from ending until <see cref="ReleaseAsync"/>.</summary>
    Task UseAsync(Guid request, ChangeGuard guard, CancellationToken cancellationToken);

    Task ReleaseAsync(Guid request, CancellationToken cancellationToken);
}
