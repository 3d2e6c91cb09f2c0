namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>Matches <c>application/partial-upload</c> in any case and with any parameters.</summary>
internal static class PartialMediaType
{
    public static bool Is(ReadOnlySpan<char> contentType)
    {
        var end = contentType.IndexOf(';');
        return (end < 0 ? contentType : contentType[..end]).Trim(" \t")
            .Equals(ResumableHeaders.PartialUpload, StringComparison.OrdinalIgnoreCase);
    }
}
