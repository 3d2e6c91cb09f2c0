using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Api.Wire;

namespace ChunkUpload.Api.Tus;

/// <summary>Reads the file's name and type from the metadata keys that clients agree on; never a path (T83, T86).</summary>
internal static class FileMetadata
{
    /// <summary>
    /// Returns a safe name. Characters that are refused elsewhere are replaced here, because the client gave the name only as a hint.
    /// </summary>
    public static string NameOf(MetadataField? metadata) => FileNameRule.MakeSafe(metadata?.Text("filename", "name") ?? "");

    public static string TypeOf(MetadataField? metadata) =>
        metadata?.Text("filetype", "type") is { } type && MediaTypeRule.Allows(type) ? type : MediaTypeRule.Default;
}
