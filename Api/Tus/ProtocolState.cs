namespace ChunkUpload.Api.Tus;

/// <summary>The protocol's state that later responses repeat, which is stored with the upload.</summary>
internal static class ProtocolState
{
    private const string Metadata = "metadata";
    private const string Concat = "concat";

    public static IReadOnlyDictionary<string, string> Of(MetadataField? metadata, string? concat)
    {
        var state = new Dictionary<string, string>(2, StringComparer.Ordinal);
        if (metadata is not null)
            state[Metadata] = metadata.Raw;
        if (concat is not null)
            state[Concat] = concat;
        return state;
    }

    /// <summary>Returns <c>Upload-Metadata</c> exactly as received, or null.</summary>
    public static string? MetadataOf(Upload upload) => upload.ProtocolState.GetValueOrDefault(Metadata);

    /// <summary>Returns <c>Upload-Concat</c> exactly as received, or null.</summary>
    public static string? ConcatOf(Upload upload) => upload.ProtocolState.GetValueOrDefault(Concat);

    /// <summary>Returns whether the upload is, or will be, joined from others; it accepts no bytes itself.</summary>
    public static bool IsFinal(Upload upload) => upload.Parts.Count > 0;
}
