using System.Globalization;
using System.Text.Json;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>Converts Graph's drive items to items of transfers.</summary>
internal static class GraphItems
{
    /// <summary>The fields of lists; a single item is returned with all fields and its download address.</summary>
    public const string Fields =
        "id,name,size,eTag,cTag,lastModifiedDateTime,fileSystemInfo,parentReference,file,folder,package,remoteItem,deleted,malware";

    /// <summary>The reason for skipping an item that refers to an inaccessible item of another drive.</summary>
    public const string Closed = "Its target is gone, or is not shared with this account any more.";

    public const string Circle = "It is a shortcut to another shortcut.";

    private static readonly HashSet<string> Rewritten = new(StringComparer.OrdinalIgnoreCase)
    {
        ".docx", ".docm", ".dotx", ".xlsx", ".xlsm", ".xltx", ".xlsb", ".pptx", ".pptm", ".potx", ".ppsx", ".doc", ".xls", ".ppt", ".html",
        ".htm", ".aspx", ".master", ".msg",
    };

    /// <param name="follow">Whether references to items of other drives are resolved.</param>
    public static SourceItem ToSource(JsonElement item, string drive, bool follow) => ItemOf(item, drive, follow) with
    {
        Parent = ParentOf(item, drive)?.ToString(),
        IsShortcut = item.TryGetProperty("remoteItem", out _),
    };

    /// <summary>Returns the id of its folder; null if it is the topmost one.</summary>
    public static GraphId? ParentOf(JsonElement item, string drive)
    {
        var parent = item.TryGetProperty("parentReference", out var found) ? found : default;
        return Text(parent, "id") is { } id ? new GraphId(Text(parent, "driveId") ?? drive, id) : null;
    }

    private static SourceItem ItemOf(JsonElement item, string drive, bool follow)
    {
        var name = Text(item, "name") ?? "";
        if (item.TryGetProperty("remoteItem", out var remote) && remote.ValueKind == JsonValueKind.Object)
            return Remote(item, remote, drive, name, follow);
        var id = IdOf(item, drive).ToString();
        if (item.TryGetProperty("folder", out _))
            return new SourceItem(id, name, StorageItemKind.Folder) { Modified = Time(item) };
        return new SourceItem(id, name, StorageItemKind.File)
        {
            Size = Number(item, "size"),
            Pin = Text(item, "cTag") ?? Text(item, "eTag"),
            Modified = Time(item),
            MediaType = MediaType(item),
            Digests = Digests(item),
            Skip = Skip(item),
        };
    }

    public static SinkEntry ToSink(JsonElement item, string drive) => new(
        IdOf(item, drive).ToString(), Text(item, "name") ?? "",
        item.TryGetProperty("folder", out _) ? StorageItemKind.Folder : StorageItemKind.File)
    {
        Size = item.TryGetProperty("folder", out _) ? null : Number(item, "size"),
        Modified = Time(item),
        Pin = Text(item, "cTag") ?? Text(item, "eTag"),
        Digests = Digests(item),
    };

    /// <param name="drive">The drive to use if the item does not contain one.</param>
    public static GraphId IdOf(JsonElement item, string drive)
    {
        var parent = item.TryGetProperty("parentReference", out var found) ? found : default;
        return new GraphId(Text(parent, "driveId") ?? drive, Text(item, "id") ?? "");
    }

    /// <summary>Returns whether SharePoint may write properties into the file, which changes its size and digests.</summary>
    public static bool MayBeRewritten(SinkEntry entry) =>
        GraphId.Parse(entry.Id) is { IsBusiness: true } && Rewritten.Contains(Path.GetExtension(entry.Name));

    public static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    public static long? Number(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var number) ? number : null;

    /// <summary>Formats a time in whole seconds, as Graph stores it.</summary>
    public static string TimeText(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static DateTimeOffset? Time(JsonElement item)
    {
        var kept = item.TryGetProperty("fileSystemInfo", out var info) ? Text(info, "lastModifiedDateTime") : null;
        return DateTimeOffset.TryParse(
            kept ?? Text(item, "lastModifiedDateTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
    }

    private static SourceItem Remote(JsonElement item, JsonElement remote, string drive, string name, bool follow)
    {
        var target = IdOf(remote, drive);
        var isFolder = remote.TryGetProperty("folder", out _);
        // A shortcut to a folder could form a cycle. In a list it keeps its own id, so that a file that cannot be opened is recognized as a
        // reference.
        var id = follow || isFolder ? target : IdOf(item, drive);
        return new SourceItem(id.ToString(), name, isFolder && follow ? StorageItemKind.Folder : StorageItemKind.File)
        {
            Size = isFolder ? null : Number(remote, "size"),
            Modified = Time(remote) ?? Time(item),
            Skip = target.Item.Length == 0 ? "It is a shortcut whose target is gone."
                : isFolder && !follow ? "It is a shortcut to a folder." : null,
        };
    }

    private static string? Skip(JsonElement item) =>
        item.TryGetProperty("deleted", out _) ? "It is in the recycle bin."
        : item.TryGetProperty("malware", out _) ? "Microsoft has found malware in it."
        : Text(item.TryGetProperty("package", out var package) ? package : default, "type") is { } kind
            ? kind.Equals("oneNote", StringComparison.OrdinalIgnoreCase)
                ? "It is a OneNote notebook, which has no bytes of its own."
                : "It is a kind of document without bytes of its own."
        : item.TryGetProperty("file", out _) ? null : "It is not a file.";

    private static string? MediaType(JsonElement item) =>
        item.TryGetProperty("file", out var file) ? Text(file, "mimeType") : null;

    private static Dictionary<DigestKind, string> Digests(JsonElement item)
    {
        var digests = new Dictionary<DigestKind, string>();
        if (!item.TryGetProperty("file", out var file) || file.ValueKind != JsonValueKind.Object
            || !file.TryGetProperty("hashes", out var hashes))
            return digests;
        if (Text(hashes, "quickXorHash") is { Length: > 0 } quickXor)
            digests[DigestKind.QuickXor] = quickXor;
        if (Text(hashes, "sha256Hash") is { Length: > 0 } sha256)
            digests[DigestKind.Sha256] = sha256.ToLowerInvariant();
        if (Text(hashes, "sha1Hash") is { Length: > 0 } sha1)
            digests[DigestKind.Sha1] = sha1.ToLowerInvariant();
        return digests;
    }
}
