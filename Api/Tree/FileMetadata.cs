using System.Globalization;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;

namespace ChunkUpload.Api.Tree;

/// <summary>Reads the file's name and type from the metadata keys that clients agree on (T83, T86), and its place in the tree.</summary>
internal static class FileMetadata
{
    /// <summary>
    /// Returns a safe name. Invalid characters are replaced, because the name is only a hint from the client.
    /// </summary>
    public static string NameOf(MetadataField? metadata) => FileNameRule.MakeSafe(metadata?.Text("filename", "name") ?? "");

    /// <summary>
    /// Returns where the file is published: from the service's own key, or the path below a selected folder that Uppy sends, where the text
    /// "null" means none. A browser's time is in milliseconds.
    /// </summary>
    public static WantedPlace? TargetOf(MetadataField? metadata, out string? fault)
    {
        string[] keys = ["path", "relativePath"];
        if (metadata is not null
            && keys.Any(key => metadata.Values.GetValueOrDefault(key) is { Length: > 0 } && metadata.Text(key) is null))
        {
            // Do not ignore an invalid path: the owner would not find the file at another place.
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
