using System.Text.Json.Serialization;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>A folder, a file or a symbolic link.</summary>
internal sealed record EntryView
{
    public required string Id { get; init; }

    /// <summary>folder, file or link.</summary>
    public required string Kind { get; init; }

    public required string Name { get; init; }

    /// <summary>The names from the root, with "/" between them.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// True in a list if another name in the folder differs only in case or Unicode form: not every file system can hold both.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HasTwin { get; init; }

    /// <summary>In a list: the declared media type of a file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MediaType { get; init; }

    /// <summary>Null for folders and links.</summary>
    public required long? Size { get; init; }

    /// <summary>Null until it is computed.</summary>
    public required string? Sha256 { get; init; }

    /// <summary>The time with up to nine decimals.</summary>
    public required string ModifiedAt { get; init; }

    /// <summary>POSIX permission bits, octal; null if the client did not send them.</summary>
    public required string? Mode { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LinkTarget { get; init; }

    /// <summary>A number that increases with every change of the entry; in the form "r5" it is a value of If-Match.</summary>
    public required long Revision { get; init; }

    /// <summary>The number of a file's content, from 1.</summary>
    public required int? Version { get; init; }

    /// <summary>The upload of a file's content.</summary>
    public required string? FileId { get; init; }

    public required string Owner { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The address of a file's content.</summary>
    public required string? ContentUrl { get; init; }

    /// <summary>For a copied folder: the number of entries that could not be copied.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long LeftOut { get; init; }

    /// <summary>The direct entries of a folder, if counts are requested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FolderCount? Holds { get; init; }

    /// <summary>
    /// Returns the view of an entry that the caller has changed. A caller who may neither read nor list gets no details of its content,
    /// because the file may belong to another user.
    /// </summary>
    public static EntryView For(Caller caller, PlacedEntry placed) =>
        (caller.Scopes & (Scopes.Read | Scopes.List)) != 0
            ? Of(placed)
            : Of(placed) with { Size = null, Sha256 = null, FileId = null, ContentUrl = null };

    public static EntryView Of(PlacedEntry placed) => Of(placed.Entry, TreePath.Join(placed.Path));

    public static EntryView Of(Entry entry, string path) => new()
    {
        Id = entry.Id.ToString(),
        Kind = KindOf(entry.Kind),
        Name = entry.Name,
        Path = path,
        HasTwin = entry.HasTwin,
        MediaType = entry.MediaType,
        Size = entry.Size,
        Sha256 = entry.Sha256?.ToString(),
        ModifiedAt = entry.Modified.ToString(),
        Mode = entry.Mode is { } mode ? FileMode.Text(mode) : null,
        LinkTarget = entry.LinkTarget,
        Revision = entry.Revision,
        Version = entry.Version,
        FileId = entry.Upload?.ToString(),
        Owner = entry.Owner,
        CreatedAt = entry.CreatedAt,
        ContentUrl = entry.Upload is null ? null : $"/api/entries/{entry.Id}/content",
    };

    public static string KindOf(EntryKind kind) => kind switch
    {
        EntryKind.Folder => "folder",
        EntryKind.File => "file",
        _ => "link",
    };
}

/// <summary>A folder with a page of its entries.</summary>
internal sealed record FolderView
{
    public required EntryView Folder { get; init; }

    public required IReadOnlyList<EntryView> Items { get; init; }

    /// <summary>The direct entries of the folder on all pages, if requested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FolderTotals? Totals { get; init; }

    /// <summary>The totals of all entries below the folder, if requested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FolderBelow? Below { get; init; }

    /// <summary>Unfinished uploads that will be published in this folder, if requested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ArrivingView>? Arriving { get; init; }

    /// <summary>The value of arrivingAfter for more unfinished uploads; missing if there are no more.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? NextArriving { get; init; }

    /// <summary>Send it as cursor to get the next page; null on the last one.</summary>
    public required string? NextCursor { get; init; }
}

/// <summary>An unfinished upload that will be published in a folder.</summary>
/// <param name="Speed">The current speed in bytes per second; 0 if no bytes arrive, null unless the upload is open.</param>
/// <param name="Failures">The number of failed requests since the last one that succeeded.</param>
internal sealed record ArrivingView(
    string Id, string Path, string Protocol, string State, long? Size, long ReceivedBytes, double? Speed, int Failures,
    DateTimeOffset? LastByteAt);
