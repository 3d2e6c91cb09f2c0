namespace ChunkUpload.Client;

/// <summary>A content of a file at the service: the present one or an earlier one.</summary>
/// <param name="Number">The number of the content in its file, from 1.</param>
/// <param name="Size">The content's bytes.</param>
/// <param name="Sha256">The content's digest, once it is computed.</param>
/// <param name="CreatedAt">When it became the content.</param>
/// <param name="ReplacedAt">When it was replaced; null for the present content.</param>
/// <param name="By">The user or key that made it the content.</param>
/// <param name="With">The name of the program that sent it.</param>
/// <param name="Name">A name that was given to it; it stays as long as its file.</param>
/// <param name="LeavesAt">The earliest time at which it may be freed, if only its age decides.</param>
public sealed record RemoteVersion(
    int Number, long Size, string? Sha256, DateTimeOffset CreatedAt, DateTimeOffset? ReplacedAt, string By, string? With, string? Name,
    DateTimeOffset? LeavesAt);
