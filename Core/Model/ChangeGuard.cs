namespace ChunkUpload.Core.Model;

/// <summary>
/// The locks that a WebDAV request has named, and the conditions of its If header. The ledger checks them in the statement that changes the
/// tree. Changes through other protocols have none, because WebDAV locks only apply to WebDAV.
/// </summary>
/// <param name="Subject">The subject of the caller. Only the subject that created a lock can use it.</param>
/// <param name="Tokens">The lock tokens, as they were sent.</param>
/// <param name="Lists">One of them must be met; empty if there is no condition.</param>
public sealed record ChangeGuard(string Subject, IReadOnlyList<string> Tokens, IReadOnlyList<GuardList> Lists);

/// <summary>Conditions on one resource, all of which must be met.</summary>
public sealed record GuardList(EntryId Space, IReadOnlyList<string> Path, IReadOnlyList<GuardCondition> Conditions);

/// <summary>A lock that must cover the resource, or the content that it must have.</summary>
/// <param name="Token">Null if an ETag is named.</param>
/// <param name="Tag">The value of a strong ETag; null if a lock is named.</param>
public sealed record GuardCondition(bool Not, string? Token, string? Tag);
