using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>A removed entry, or an earlier content of a file.</summary>
internal sealed record TrashView
{
    /// <summary>The entry's id.</summary>
    public required string Id { get; init; }

    /// <summary>The number of an earlier content; null for a removed entry.</summary>
    public required int? Version { get; init; }

    /// <summary>folder, file or link.</summary>
    public required string Kind { get; init; }

    public required string Name { get; init; }

    /// <summary>The path to which it is restored; null if a folder of the path no longer exists.</summary>
    public required string? Path { get; init; }

    /// <summary>Null for folders and links.</summary>
    public required long? Size { get; init; }

    /// <summary>The time with up to nine decimals.</summary>
    public required string ModifiedAt { get; init; }

    /// <summary>The upload of the content.</summary>
    public required string? FileId { get; init; }

    public required DateTimeOffset RemovedAt { get; init; }

    public required string RemovedBy { get; init; }

    /// <summary>When it is freed at the earliest.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public static TrashView Of(TrashItem item, FilesOptions options) => new()
    {
        Id = item.Entry.Id.ToString(),
        Version = item.Version,
        Kind = EntryView.KindOf(item.Entry.Kind),
        Name = item.Entry.Name,
        Path = item.Path is { } path ? TreePath.Join(path) : null,
        Size = item.Size,
        ModifiedAt = item.Modified.ToString(),
        FileId = item.Upload?.ToString(),
        RemovedAt = item.RemovedAt,
        RemovedBy = item.RemovedBy,
        ExpiresAt = item.RemovedAt + (item.Version is null ? options.KeepDeleted : options.KeepReplaced),
    };
}
