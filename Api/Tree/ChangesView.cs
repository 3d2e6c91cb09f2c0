using System.Text.Json.Serialization;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>A page of changes.</summary>
internal sealed record ChangesView
{
    public required IReadOnlyList<ChangeView> Items { get; init; }

    /// <summary>Send it as since to get what follows.</summary>
    public required string Cursor { get; init; }

    /// <summary>Whether more changes wait already.</summary>
    public required bool More { get; init; }

    /// <summary>The changes since then are no longer known: list the tree again, then continue from cursor.</summary>
    public required bool Reset { get; init; }

    /// <summary>Another one than before: the service was restored from a backup, so what is missing may never have been removed.</summary>
    public required long Generation { get; init; }
}

/// <summary>One change of one entry.</summary>
internal sealed record ChangeView
{
    /// <summary>Rises by one from change to change of a space.</summary>
    public required long Number { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>created, replaced, moved, changed, hashed, removed or restored.</summary>
    public required string Kind { get; init; }

    /// <summary>The subject that made the change.</summary>
    public required string By { get; init; }

    /// <summary>As it was after the change.</summary>
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
/// An entry as it was after a change. What is in a folder moves, goes and comes back with it, without changes of its own.
/// </summary>
internal sealed record ChangedEntryView
{
    public required string Id { get; init; }

    /// <summary>The id of the folder that it is in; that of the root is the id of the space.</summary>
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
