namespace ChunkUpload.Api.Wire;

/// <summary>The result of parsing a header field.</summary>
internal enum FieldStatus
{
    /// <summary>The field is missing or has no relevant value.</summary>
    Absent,
    Found,
    Malformed,

    /// <summary>Two values contradict each other.</summary>
    Contradictory,
}
