using System.Globalization;
using System.Text.Json;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Converts Drive's file resources to items of transfers.</summary>
internal static class DriveItems
{
    /// <summary>The requested fields; by default Drive only returns id and name.</summary>
    public const string Fields =
        "id,name,size,md5Checksum,sha256Checksum,headRevisionId,version,modifiedTime,mimeType,trashed,parents,capabilities/canDownload,"
        + "shortcutDetails";

    public const string FolderType = "application/vnd.google-apps.folder";

    public const string GoneTarget = "It is a shortcut whose target is gone.";

    private const string ShortcutType = "application/vnd.google-apps.shortcut";
    private const string NativePrefix = "application/vnd.google-apps.";

    private const string Pdf = "application/pdf";

    /// <summary>
    /// The export types and extensions of documents without bytes of their own: for Office, then for OpenDocument.
    /// </summary>
    private static readonly Dictionary<string, (string Type, string Ending, string OpenType, string OpenEnding)> Exports =
        new(StringComparer.Ordinal)
        {
            [NativePrefix + "document"] = (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx",
                "application/vnd.oasis.opendocument.text", ".odt"),
            [NativePrefix + "spreadsheet"] = (
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx",
                "application/vnd.oasis.opendocument.spreadsheet", ".ods"),
            [NativePrefix + "presentation"] = (
                "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx",
                "application/vnd.oasis.opendocument.presentation", ".odp"),
            [NativePrefix + "drawing"] = (Pdf, ".pdf", Pdf, ".pdf"),
        };

    public static SourceItem ToSource(JsonElement file, TransferOptions options) => ItemOf(file, options) with
    {
        Parent = ParentOf(file),
        IsTrashed = IsTrashed(file),
        IsShortcut = Text(file, "mimeType") == ShortcutType,
    };

    /// <summary>Returns the id of its folder; null if it is the topmost one, or in a folder that the account cannot see.</summary>
    public static string? ParentOf(JsonElement file) =>
        file.TryGetProperty("parents", out var parents) && parents.ValueKind == JsonValueKind.Array && parents.GetArrayLength() > 0
            ? parents[0].GetString()
            : null;

    public static bool IsTrashed(JsonElement file) =>
        file.TryGetProperty("trashed", out var trashed) && trashed.ValueKind == JsonValueKind.True;

    private static SourceItem ItemOf(JsonElement file, TransferOptions options)
    {
        var (id, name, type) = (Text(file, "id") ?? "", Text(file, "name") ?? "", Text(file, "mimeType") ?? "");
        if (type == FolderType)
            return new SourceItem(id, name, StorageItemKind.Folder) { Modified = Time(file) };
        if (type == ShortcutType)
            return Shortcut(file, id, name);
        if (type.StartsWith(NativePrefix, StringComparison.Ordinal))
            return Native(file, id, name, type, options);
        return new SourceItem(id, name, StorageItemKind.File)
        {
            Size = Number(file, "size"),
            Pin = Text(file, "headRevisionId") ?? Text(file, "version"),
            Modified = Time(file),
            MediaType = type,
            Digests = Digests(file),
            Skip = IsTrashed(file) ? "It is in the trash."
                : MayDownload(file) ? null : "Its owner does not allow downloads.",
            Detail = Text(file, "headRevisionId") is null ? null : "revision",
            OutlivesChange = Text(file, "headRevisionId") is not null,
        };
    }

    public static SinkEntry ToSink(JsonElement file) => new(
        Text(file, "id") ?? "", Text(file, "name") ?? "",
        Text(file, "mimeType") == FolderType ? StorageItemKind.Folder : StorageItemKind.File)
    {
        Size = Number(file, "size"),
        Modified = Time(file),
        Pin = Text(file, "headRevisionId"),
        Digests = Digests(file),
    };

    public static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>Reads a 64-bit number, which Drive sends as text.</summary>
    public static long? Number(JsonElement json, string name) =>
        Text(json, name) is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    public static string TimeText(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Returns the target of a shortcut; null if it is not a shortcut.</summary>
    public static string? TargetOf(JsonElement file) => Text(Details(file), "targetId");

    private static JsonElement Details(JsonElement file) => file.TryGetProperty("shortcutDetails", out var found) ? found : default;

    // Shortcuts to folders or to other shortcuts could form a cycle.
    private static SourceItem Shortcut(JsonElement file, string id, string name)
    {
        var type = Text(Details(file), "targetMimeType");
        return new SourceItem(id, name, StorageItemKind.File)
        {
            Modified = Time(file),
            Skip = TargetOf(file) is null ? GoneTarget
                : type == FolderType ? "It is a shortcut to a folder."
                : type == ShortcutType ? "It is a shortcut to another shortcut." : null,
        };
    }

    /// <summary>The prefix of the pin of an exported document; the time of its last change follows.</summary>
    public const string ExportPin = "export ";

    private static SourceItem Native(JsonElement file, string id, string name, string type, TransferOptions options)
    {
        var exported = Exports.TryGetValue(type, out var known);
        var (exportType, ending) = options.ExportAs switch
        {
            ExportFormat.Pdf => (Pdf, ".pdf"),
            ExportFormat.OpenDocument => (known.OpenType, known.OpenEnding),
            _ => (known.Type, known.Ending),
        };
        return new SourceItem(id, exported && options.Export ? name + ending : name, StorageItemKind.File)
        {
            // Its version also increases without a change by a user.
            Pin = ExportPin + Text(file, "modifiedTime"),
            Modified = Time(file),
            MediaType = exported ? exportType : type,
            Skip = !exported ? "It is a kind of document that cannot be exported."
                : options.Export ? null : "It is a document without bytes of its own, and the transfer exports none.",
            IsExported = exported,
            Detail = exported && options.Export ? "export" : null,
        };
    }

    private static bool MayDownload(JsonElement file) =>
        !file.TryGetProperty("capabilities", out var can) || !can.TryGetProperty("canDownload", out var may)
        || may.ValueKind != JsonValueKind.False;

    private static Dictionary<DigestKind, string> Digests(JsonElement file)
    {
        var digests = new Dictionary<DigestKind, string>();
        if (Text(file, "sha256Checksum") is { } sha256)
            digests[DigestKind.Sha256] = sha256;
        if (Text(file, "md5Checksum") is { } md5)
            digests[DigestKind.Md5] = md5;
        return digests;
    }

    private static DateTimeOffset? Time(JsonElement file) =>
        Text(file, "modifiedTime") is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
