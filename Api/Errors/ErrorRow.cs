namespace ChunkUpload.Api.Errors;

/// <summary>Whether the same request may succeed later, and when.</summary>
internal enum Retry
{
    /// <summary>Repeating it changes nothing: something else must be done first.</summary>
    Never = 1,

    /// <summary>Right away: waiting gains nothing.</summary>
    AtOnce,

    /// <summary>After a wait that grows with the failures in a row.</summary>
    Backoff,
}

/// <summary>How one kind of failure is told.</summary>
/// <param name="Code">Stable; what a program looks at.</param>
/// <param name="Title">For a person; the same for every occurrence.</param>
internal sealed record ErrorRow(string Code, int Status, Retry Retry, string Title)
{
    public string Type => $"urn:chunkupload:error:{Code}";
}
