namespace ChunkUpload.Core.Model;

/// <summary>
/// The locks that a WebDAV request has named, and the conditions of its If header. The ledger compares them in the statement that changes
/// the tree. Changes that come another way have none: locks of WebDAV bind WebDAV only.
/// </summary>
/// <param name="Subject">The caller's; a lock is used by the subject that made it.</param>
/// <param name="Tokens">The lock tokens, as they were sent.</param>
/// <param name="Lists">One of them must hold; empty: nothing is demanded.</param>
public sealed record ChangeGuard(string Subject, IReadOnlyList<string> Tokens, IReadOnlyList<GuardList> Lists);

/// <summary>Conditions on one resource, all of which must be met.</summary>
public sealed record GuardList(EntryId Space, IReadOnlyList<string> Path, IReadOnlyList<GuardCondition> Conditions);

/// <summary>A lock that must cover the resource, or the content that it must have.</summary>
/// <param name="Token">Null if a content is named.</param>
/// <param name="Tag">The value of a strong ETag; null if a lock is named.</param>
public sealed record GuardCondition(bool Not, string? Token, string? Tag);
