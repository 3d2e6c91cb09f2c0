namespace ChunkUpload.Client.Http;

/// <summary>An answer of the service whose values are checked before anything uses them.</summary>
internal interface IAnswer
{
    /// <summary>
    /// Gets a value that indicates whether the values can be those of a service: nothing that is required is null, and no number is out of
    /// its range.
    /// </summary>
    bool IsValid { get; }
}

/// <summary>A page of a list.</summary>
internal interface IPage
{
    int Count { get; }

    string? NextCursor { get; }
}
