using System.Globalization;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;

namespace ChunkUpload.Api.Tree;

/// <summary>Reads the file's name and type from the metadata keys that clients agree on (T83, T86), and its place in the tree.</summary>
internal static class FileMetadata
{
    /// <summary>
    /// Returns a safe name. Characters that are refused elsewhere are replaced here, because the client gave the name only as a hint.
    /// </summary>
    public static string NameOf(MetadataField? metadata) => FileNameRule.MakeSafe(metadata?.Text("filename", "name") ?? "");

    /// <summary>
    /// Where the file is to be published: the client's own key, or the path below a chosen folder that Uppy sends, where the text "null"
    /// means none. A browser's time is in milliseconds.
    /// </summary>
    public static WantedPlace? TargetOf(MetadataField? metadata, out string? fault)
    {
        string[] keys = ["path", "relativePath"];
        if (metadata is not null
            && keys.Any(key => metadata.Values.GetValueOrDefault(key) is { Length: > 0 } && metadata.Text(key) is null))
        {
            // Without its path the file would be stored where its owner does not look for it.
            fault = "The path must be UTF-8 without U+0000.";
            return null;
        }

        var path = metadata?.Text("path") ?? (metadata?.Text("relativePath") is { } relative and not "null" ? relative : null);
        var modified = metadata?.Text("modifiedAt");
        if (modified is null && long.TryParse(
            metadata?.Text("lastModified"), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
            modified = (milliseconds / 1000m).ToString(CultureInfo.InvariantCulture);
        return WantedPlaceText.Read(path, modified, metadata?.Text("mode"), metadata?.Text("conflict"), out fault);
    }

    public static string TypeOf(MetadataField? metadata) =>
        metadata?.Text("filetype", "type") is { } type && MediaTypeRule.Allows(type) ? type : MediaTypeRule.Default;
}
