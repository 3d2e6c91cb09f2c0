namespace ChunkUpload.Client;

/// <summary>A deleted folder, file or link, or an earlier content of a file, that can be restored.</summary>
/// <param name="Id">The id of the entry.</param>
/// <param name="Version">The number of an earlier content; null if the entry was deleted.</param>
/// <param name="Kind">folder, file or link.</param>
/// <param name="Name">Its name.</param>
/// <param name="Path">Where it is restored to; null if a folder on the way is not there any more.</param>
/// <param name="Size">The bytes of a file.</param>
/// <param name="RemovedAt">When it was deleted or replaced.</param>
/// <param name="RemovedBy">By whom.</param>
/// <param name="ExpiresAt">When its space is freed at the earliest.</param>
public sealed record TrashItem(
    string Id, int? Version, string Kind, string Name, string? Path, long? Size, DateTimeOffset RemovedAt, string RemovedBy,
    DateTimeOffset ExpiresAt);

/// <summary>A limit that holds for the key.</summary>
/// <param name="Name">What is limited, such as storedBytes or files.</param>
/// <param name="Scope">service, tenant, user or key.</param>
/// <param name="Limit">The limit; null if it is only counted.</param>
/// <param name="Used">The used amount; null if it is not counted.</param>
/// <param name="Available">The rest of the limit.</param>
public sealed record ServiceLimit(string Name, string Scope, long? Limit, long? Used, long? Available);
