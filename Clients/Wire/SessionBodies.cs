using System.Text.Json.Serialization;

namespace ChunkUpload.Wire;

/// <summary>The body of <c>POST /api/sessions</c>.</summary>
public sealed record NewSessionBody
{
    /// <summary>The file's name; kept as it is, and only ever a name. Not needed with a path.</summary>
    public string? FileName { get; init; }

    /// <summary>
    /// Where in the tree the file is published once it is complete; missing folders are made. Without a path it stays unfiled.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>The id of the space that the path is in; without it the default one.</summary>
    // Not written when null, so that the digest that earlier versions kept for an Idempotency-Key still matches.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Space { get; init; }

    /// <summary>When the file was modified: ISO 8601 with up to nine decimals, or seconds since 1970.</summary>
    public string? ModifiedAt { get; init; }

    /// <summary>POSIX permission bits, octal.</summary>
    public string? Mode { get; init; }

    /// <summary>If the name is taken: rename (default), replace or fail.</summary>
    public string? Conflict { get; init; }

    /// <summary>With replace: only the file with this revision is replaced. If it has another one, the session is refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Revision { get; init; }

    /// <summary>Bytes; null when it is not known yet.</summary>
    public long? Size { get; init; }

    /// <summary>The file's media type; application/octet-stream when left out.</summary>
    public string? ContentType { get; init; }

    /// <summary>The whole file's SHA-256 in hexadecimal digits, when it is known already.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Anything about the file: at most 64 names, 16 KiB together.</summary>
    public Dictionary<string, string>? Metadata { get; init; }

    /// <summary>
    /// How large a share of a limited bandwidth the upload gets: low, normal (default) or high. A wish for more than the caller may have is
    /// lowered.
    /// </summary>
    public string? Priority { get; init; }

    /// <summary>How long the session may go without a byte before it is purged.</summary>
    public long? ExpiresInSeconds { get; init; }

    /// <summary>The transfer of a project for which the session relays a file; the session is named by it and lies in no tree.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TransferId { get; init; }

    /// <summary>With a transfer: the claim that the sender's agent holds on its present attempt.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Claim { get; init; }
}

/// <summary>The body of <c>POST …/complete</c>; both fields are optional, and so is the body.</summary>
public sealed record CompleteBody
{
    /// <summary>Bytes; needed when the session was created without.</summary>
    public long? Size { get; init; }

    /// <summary>The whole file's SHA-256 in hexadecimal digits.</summary>
    public string? Sha256 { get; init; }
}
