using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>What tus must say again at the next request, kept with the upload as opaque words of the protocol.</summary>
internal static class ProtocolState
{
    private const string Metadata = "metadata";
    private const string Concat = "concat";

    public static IReadOnlyDictionary<string, string> Of(MetadataField? metadata, string? concat)
    {
        var facts = new Dictionary<string, string>(2, StringComparer.Ordinal);
        if (metadata is not null)
            facts[Metadata] = metadata.Raw;
        if (concat is not null)
            facts[Concat] = concat;
        return facts;
    }

    /// <summary><c>Upload-Metadata</c> byte for byte as it came, or null.</summary>
    public static string? MetadataOf(Upload upload) => upload.Facts.GetValueOrDefault(Metadata);

    /// <summary><c>Upload-Concat</c> byte for byte as it came, or null.</summary>
    public static string? ConcatOf(Upload upload) => upload.Facts.GetValueOrDefault(Concat);

    /// <summary>Joined from others, or waiting to be: it takes no bytes itself.</summary>
    public static bool IsFinal(Upload upload) => upload.Parts.Count > 0;
}
