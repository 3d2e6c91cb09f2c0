namespace ChunkUpload.Api.Wire;

/// <summary>What reading a header came to.</summary>
internal enum Reading
{
    /// <summary>Not there, or nothing in it that concerns us.</summary>
    Absent,
    Found,
    Malformed,

    /// <summary>Two values that exclude each other.</summary>
    Contradictory,
}
