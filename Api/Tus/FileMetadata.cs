using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Api.Wire;

namespace ChunkUpload.Api.Tus;

/// <summary>The finished file's name and type, from the metadata keys that clients have agreed on; never a path (T83, T86).</summary>
internal static class FileMetadata
{
    /// <summary>
    /// A name that may be given out: what would be refused elsewhere is mended here, because the client gave it as a remark.
    /// </summary>
    public static string NameOf(MetadataField? metadata) => FileNameRule.MakeSafe(metadata?.Text("filename", "name") ?? "");

    public static string TypeOf(MetadataField? metadata) =>
        metadata?.Text("filetype", "type") is { } type && MediaTypeRule.Allows(type) ? type : MediaTypeRule.Default;
}
