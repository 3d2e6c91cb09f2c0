namespace ChunkUpload.Api.Tus.Wire;

/// <summary>The content type of a body with bytes of the upload.</summary>
internal static class OffsetMediaType
{
    public const string Name = "application/offset+octet-stream";

    /// <summary>Ignores case and parameters (T51).</summary>
    public static bool Is(string? contentType)
    {
        var type = contentType.AsSpan();
        var parameters = type.IndexOf(';');
        if (parameters >= 0)
            type = type[..parameters];
        return type.Trim(" \t").Equals(Name, StringComparison.OrdinalIgnoreCase);
    }
}
