using System.Text.Json.Serialization;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>A page of changes.</summary>
internal sealed record ChangesView
{
    public required IReadOnlyList<ChangeView> Items { get; init; }

    /// <summary>The cursor to send as since for the next changes.</summary>
    public required string Cursor { get; init; }

    /// <summary>Whether there are more changes.</summary>
    public required bool More { get; init; }

    /// <summary>Whether the changes since the cursor are no longer available: list the tree again, then continue from cursor.</summary>
    public required bool Reset { get; init; }

    /// <summary>
    /// A number that changes when the service is restored from a backup; missing entries may then never have been removed.
    /// </summary>
    public required long Generation { get; init; }
}

/// <summary>One change of one entry.</summary>
internal sealed record ChangeView
{
    /// <summary>A number that increases by one with each change of a space.</summary>
    public required long Number { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>created, replaced, moved, changed, hashed, removed or restored.</summary>
    public required string Kind { get; init; }

    /// <summary>The subject that made the change.</summary>
    public required string By { get; init; }

    /// <summary>The entry after the change.</summary>
    public required ChangedEntryView Entry { get; init; }

    public static ChangeView Of(TreeChange change) => new()
    {
        Number = change.Number,
        At = change.At,
        Kind = change.Kind,
        By = change.Subject,
        Entry = ChangedEntryView.Of(change.Entry),
    };
}

/// <summary>
/// An entry after a change. The contents of a folder are moved, removed and restored with it, without separate changes.
/// </summary>
internal sealed record ChangedEntryView
{
    public required string Id { get; init; }

    /// <summary>The id of its folder; the id of the root folder is that of the space.</summary>
    public required string? Parent { get; init; }

    public required string Name { get; init; }

    /// <summary>folder, file or link.</summary>
    public required string Kind { get; init; }

    public required long Revision { get; init; }

    public required int? Version { get; init; }

    public required long? Size { get; init; }

    public required string? Sha256 { get; init; }

    public required string ModifiedAt { get; init; }

    public required string? Mode { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LinkTarget { get; init; }

    public required string? FileId { get; init; }

    public static ChangedEntryView Of(Entry entry) => new()
    {
        Id = entry.Id.ToString(),
        Parent = entry.Parent?.ToString(),
        Name = entry.Name,
        Kind = EntryView.KindOf(entry.Kind),
        Revision = entry.Revision,
        Version = entry.Version,
        Size = entry.Size,
        Sha256 = entry.Sha256?.ToString(),
        ModifiedAt = entry.Modified.ToString(),
        Mode = entry.Mode is { } mode ? FileMode.Text(mode) : null,
        LinkTarget = entry.LinkTarget,
        FileId = entry.Upload?.ToString(),
    };
}
